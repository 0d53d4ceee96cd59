/** What registration records of an org, as settings name it, and the column of each in duckgres's table. */
export const recordFields = {
  icebergBackend: 'iceberg_backend',
  catalogEndpoint: 'iceberg_lakekeeper_endpoint',
  lakekeeperWarehouse: 'iceberg_lakekeeper_warehouse',
  oauthClientId: 'iceberg_lakekeeper_client_id',
  // The control plane's ORM splits the acronym (incident 25).
  oauthServerURI: 'iceberg_lakekeeper_o_auth2_server_uri',
  clientSecretNamespace: 'iceberg_lakekeeper_client_credentials_namespace',
  clientSecretName: 'iceberg_lakekeeper_client_credentials_name',
  clientSecretKey: 'iceberg_lakekeeper_client_credentials_key',
  icebergRegion: 'iceberg_region',
  catalogState: 'iceberg_state',
  message: 'status_message',
  updatedAt: 'updated_at',
} as const;

export type RecordField = keyof typeof recordFields;
export type RecordColumn = (typeof recordFields)[RecordField];
export const recordFieldNames = Object.keys(recordFields) as RecordField[];

/** Columns whose values registration compares, in the order in which they are written. */
export const recordColumns = [
  'iceberg_backend',
  'iceberg_lakekeeper_endpoint',
  'iceberg_lakekeeper_warehouse',
  'iceberg_lakekeeper_client_id',
  'iceberg_lakekeeper_o_auth2_server_uri',
  'iceberg_lakekeeper_client_credentials_namespace',
  'iceberg_lakekeeper_client_credentials_name',
  'iceberg_lakekeeper_client_credentials_key',
  'iceberg_region',
  'iceberg_state',
] as const;

/** Columns of a table of our own, whose key is `org`. */
export const ownColumns: Readonly<Partial<Record<RecordField, string>>> = {
  catalogEndpoint: 'endpoint',
  lakekeeperWarehouse: 'warehouse',
  oauthClientId: 'client_id',
  oauthServerURI: 'token_endpoint',
  clientSecretNamespace: 'secret_namespace',
  clientSecretName: 'secret_name',
  clientSecretKey: 'secret_key',
  icebergRegion: 'region',
  catalogState: 'state',
  message: 'message',
  updatedAt: 'updated_at',
};
export const ownKey = 'org';
