/** One record as a source has it, before it is checked. */
export interface RawRecord {
  /** Address of the record in the source, for messages: `warehouses[3]`, or `duckgres_managed_warehouses[acme]`. */
  readonly at: string;
  /** Names of the built-in mapping `duckgres` to values, exactly as read and not validated. */
  readonly columns: unknown;
  /** The names that columns have in the source, where it has a mapping of its own; for messages. */
  readonly names?: Readonly<Partial<Record<WarehouseColumn, string>>> | undefined;
  /** Where the record is a Kubernetes object: which one. */
  readonly resource?: ResourceAddress | undefined;
}

/** Of a Kubernetes object; without a namespace, it is one of the cluster. */
interface ResourceAddress {
  readonly namespace: string | undefined;
  readonly name: string;
}

/** The address of a value, by the name that its column has in the source. */
export function columnAddress(
  { at, names }: Pick<RawRecord, 'at' | 'names'>,
  column: WarehouseColumn,
): string {
  return `${at}.${names?.[column] ?? column}`;
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
  'iceberg_lakekeeper_client_credentials_name',
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
