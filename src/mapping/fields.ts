import type { WarehouseColumn } from './raw-record.ts';

interface Field {
  /** The column of the built-in mapping. */
  readonly column: WarehouseColumn;
  /** What duckgres gives that column (docs/facts/duckgres-warehouse-row.md §1.1), for messages only. */
  readonly type: string;
  /** What the field holds, for messages. */
  readonly what: string;
  /** Other names under which control planes have it, the likeliest first. */
  readonly alike: readonly string[];
}

/** The fields of a warehouse record, as settings name them, in the order of `warehouseColumns`. */
export const fields = {
  org: {
    column: 'org_id',
    type: 'varchar(255)',
    what: 'the id of the organisation',
    alike: ['id', 'org', 'tenant_id', 'tenant', 'organization_id', 'slug', 'name'],
  },
  state: {
    column: 'state',
    type: 'varchar(32)',
    what: 'the state of the warehouse',
    alike: ['status', 'warehouse_state', 'phase'],
  },
  icebergEnabled: {
    column: 'iceberg_enabled',
    type: 'boolean',
    what: 'whether the org wants a catalog',
    alike: ['enabled', 'iceberg', 'catalog_enabled'],
  },
  icebergBackend: {
    column: 'iceberg_backend',
    type: 'varchar(32)',
    what: 'lakekeeper, or another catalog',
    alike: ['backend', 'catalog'],
  },
  catalogState: {
    column: 'iceberg_state',
    type: 'varchar(32)',
    what: 'the state of the catalog, where retirement is recorded',
    alike: ['catalog_state', 'iceberg_status'],
  },
  icebergRegion: {
    column: 'iceberg_region',
    type: 'varchar(64)',
    what: 'the region where dataStoreRegion is empty',
    alike: [],
  },
  catalogEndpoint: {
    column: 'iceberg_lakekeeper_endpoint',
    type: 'varchar(512)',
    what: 'the recorded endpoint',
    alike: ['catalog_endpoint', 'endpoint', 'catalog_url'],
  },
  lakekeeperWarehouse: {
    column: 'iceberg_lakekeeper_warehouse',
    type: 'varchar(128)',
    what: "the recorded name of Lakekeeper's warehouse",
    alike: ['lakekeeper_warehouse', 'catalog_warehouse'],
  },
  oauthClientId: {
    column: 'iceberg_lakekeeper_client_id',
    type: 'varchar(128)',
    what: 'the recorded OAuth client',
    alike: ['oauth_client_id', 'client_id'],
  },
  oauthServerURI: {
    column: 'iceberg_lakekeeper_o_auth2_server_uri',
    type: 'varchar(512)',
    what: 'the recorded token endpoint',
    alike: ['oauth_server_uri', 'token_endpoint', 'token_url'],
  },
  clientSecretName: {
    column: 'iceberg_lakekeeper_client_credentials_name',
    type: 'varchar(255)',
    what: 'the recorded name of the Secret, which is that of the catalog',
    alike: ['secret_name', 'client_secret_name'],
  },
  metadataStoreKind: {
    column: 'metadata_store_kind',
    type: 'varchar(64)',
    what: 'a key of metadataStores',
    alike: ['metadata_kind', 'database_kind'],
  },
  metadataStoreHost: {
    column: 'metadata_store_endpoint',
    type: 'varchar(512)',
    what: 'the host of its Postgres',
    alike: ['database_host', 'db_host', 'metadata_host'],
  },
  metadataStorePort: {
    column: 'metadata_store_port',
    type: 'bigint',
    what: 'the port of its Postgres',
    alike: ['database_port', 'db_port', 'metadata_port'],
  },
  metadataStoreDatabase: {
    column: 'metadata_store_database_name',
    type: 'varchar(255)',
    what: 'the database of its Postgres',
    alike: ['database_name', 'db_name', 'metadata_database'],
  },
  metadataStoreUser: {
    column: 'metadata_store_username',
    type: 'varchar(255)',
    what: 'the user of its Postgres',
    alike: ['database_user', 'db_user', 'metadata_user'],
  },
  dataStoreKind: {
    column: 'data_store_kind',
    type: 'varchar(32)',
    what: 'a key of dataStores',
    alike: ['storage_kind', 'bucket_kind'],
  },
  dataStoreBucket: {
    column: 'data_store_bucket_name',
    type: 'varchar(255)',
    what: 'the bucket',
    alike: ['bucket', 'bucket_name', 's3_bucket', 'storage_bucket'],
  },
  dataStoreRegion: {
    column: 'data_store_region',
    type: 'varchar(64)',
    what: 'the region of the bucket',
    alike: ['region', 'bucket_region', 's3_region', 'aws_region'],
  },
  ducklingName: {
    column: 'duckling_name',
    type: 'varchar(255)',
    what: "the name of the org's Duckling resource",
    alike: ['duckling'],
  },
} as const satisfies Record<string, Field>;

export type FieldName = keyof typeof fields;
export const fieldNames = Object.keys(fields) as FieldName[];

/** Without them it is unknown which orgs want a catalog. */
export const requiredFields: readonly FieldName[] = ['org', 'icebergEnabled'];

const byColumn = new Map(fieldNames.map((name) => [fields[name].column, name]));

/** The field that has a column in the built-in mapping. */
export function fieldOf(column: WarehouseColumn): FieldName {
  const name = byColumn.get(column);
  if (name === undefined) throw new Error(`no field has the column ${column}`);
  return name;
}

/** Columns of the built-in mapping with their types, for messages. */
export function describedColumns(columns: readonly WarehouseColumn[]): string {
  return columns.map((column) => `${column} ${fields[fieldOf(column)].type}`).join(', ');
}
