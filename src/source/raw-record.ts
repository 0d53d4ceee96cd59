/** One record as a source has it, before it is checked. */
export interface RawRecord {
  /** Address of the record in the source, for messages: `warehouses[3]`, or `duckgres_managed_warehouses[acme]`. */
  readonly at: string;
  /** Column name to value, exactly as read and not validated. */
  readonly columns: unknown;
}

/**
 * The columns of `duckgres_managed_warehouses` that rendering and `attach` need (docs/facts/duckgres-warehouse-row.md
 * §1.1).
 */
export const warehouseColumns = [
  'org_id',
  'state',
  'iceberg_enabled',
  'iceberg_backend',
  'iceberg_state',
  'iceberg_region',
  'iceberg_lakekeeper_endpoint',
  'iceberg_lakekeeper_warehouse',
  'iceberg_lakekeeper_client_id',
  'iceberg_lakekeeper_o_auth2_server_uri',
  'metadata_store_kind',
  'metadata_store_endpoint',
  'metadata_store_port',
  'metadata_store_database_name',
  'metadata_store_username',
  'data_store_kind',
  'data_store_bucket_name',
  'data_store_region',
  'duckling_name',
] as const;
export type WarehouseColumn = (typeof warehouseColumns)[number];
