/**
 * Fields of the custom resource that the operator passes to the server under a name that the server does not read, or
 * with a value that stops it. They are not settings, because they would have no effect. The message for each says what
 * would happen and what to do instead. Source: docs/facts/lakekeeper-crd.md §8.2.
 */
interface IgnoredSetting {
  /** Path under `catalog`, as in the custom resource's spec. */
  readonly path: string;
  readonly why: string;
  /** The setting to use instead. */
  readonly instead: string;
}

const environment = (...variables: string[]) =>
  `set ${variables.map((v) => `catalog.environment.LAKEKEEPER__${v}`).join(' and ')} (needs operator.amendments)`;
const notRead = (variable: string) =>
  `the operator writes it as LAKEKEEPER__${variable}, which no Lakekeeper version reads`;

export const ignoredSettings: readonly IgnoredSetting[] = [
  {
    path: 'server.pagination',
    why: notRead('PAGE_SIZE_DEFAULT and _MAX'),
    instead: environment('PAGINATION_SIZE_DEFAULT', 'PAGINATION_SIZE_MAX'),
  },
  { path: 'server.cors', why: notRead('CORS_ALLOW_ORIGINS'), instead: environment('ALLOW_ORIGIN') },
  {
    path: 'server.storageSystemCredentials',
    why: notRead('STORAGE_CREDENTIAL_BACKEND__…'),
    instead:
      'give the data store a credential of type systemIdentity (needs operator.amendments or the fork)',
  },
  {
    path: 'database.maxConnections',
    why: notRead('PG_MAX_CONNECTIONS'),
    instead: environment('PG_READ_POOL_CONNECTIONS', 'PG_WRITE_POOL_CONNECTIONS'),
  },
  {
    path: 'database.minIdleConnections',
    why: notRead('PG_MIN_IDLE_CONNECTIONS'),
    instead: 'leave it out; the server has no such setting',
  },
  {
    path: 'database.connectionTimeout',
    why: notRead('PG_CONNECTION_TIMEOUT'),
    instead: environment('PG_ACQUIRE_TIMEOUT'),
  },
  {
    path: 'secretStore',
    why: 'the server refuses to start on the value that the operator writes for vault-kv2',
    instead: 'leave it out; Postgres is the secret store',
  },
  {
    path: 'idempotency',
    why: notRead('IDEMPOTENCY_ENABLED'),
    instead: environment('IDEMPOTENCY__ENABLED', 'IDEMPOTENCY__LIFETIME'),
  },
  {
    path: 'taskQueues',
    why: notRead('TASK_QUEUE_…'),
    instead: environment('TASK_POLL_INTERVAL', 'TASK_TABULAR_PURGE_WORKERS'),
  },
  {
    path: 'requestLimits.maxRequestBodySize',
    why: 'the server reads plain bytes, and the custom resource forces a unit: every admissible value crashes it',
    instead: environment('MAX_REQUEST_BODY_SIZE'),
  },
  {
    path: 'requestLimits.maxRequestTime',
    why: 'it has a name of its own here',
    instead: 'set catalog.maxRequestTime',
  },
  {
    path: 'ssl',
    why: 'the operator writes LAKEKEEPER__SSL_CERT_FILE, and the server reads SSL_CERT_FILE',
    instead: 'set catalog.environment.SSL_CERT_FILE (needs operator.amendments)',
  },
  {
    path: 'authorization',
    why:
      'openfga does not start under the operator, and cedar (or any other word) is open access in the ' +
      'open-source server',
    instead:
      'leave it out; authorization is allowall, and authentication and NetworkPolicies protect the catalog',
  },
];

/** The message for the setting at `path` (like `catalog.server.pagination`); undefined when it is not in the list. */
export function ignoredSetting(path: string): string | undefined {
  const found = ignoredSettings.find(
    ({ path: ignored }) => path === `catalog.${ignored}` || `catalog.${ignored}`.startsWith(`${path}.`),
  );
  return found && `is not rendered, because it would not work: ${found.why}; ${found.instead}`;
}

/** Variables that the operator sets on the container. They override the same name from elsewhere. */
export const operatorVariables: readonly string[] = [
  'AUTHZ_BACKEND',
  'BASE_URI',
  'ENABLE_DEFAULT_PROJECT',
  'LISTEN_PORT',
  'MAX_REQUEST_TIME',
  'METRICS__PORT',
  'OPENID_AUDIENCE',
  'OPENID_PROVIDER_URI',
  'OPENID_ROLES_CLAIM',
  'OPENID_SUBJECT_CLAIM',
  'PG_DATABASE',
  'PG_ENCRYPTION_KEY',
  'PG_HOST_R',
  'PG_HOST_W',
  'PG_PASSWORD',
  'PG_PORT',
  'PG_SSL_MODE',
  'PG_SSL_ROOT_CERT',
  'PG_USER',
  'RESERVED_NAMESPACES',
].map((name) => `LAKEKEEPER__${name}`);

/** Variables that are derived from other settings: authentication and credentials of data stores. */
export const derivedVariables: readonly string[] = [
  'ENABLE_AWS_SYSTEM_CREDENTIALS',
  'ENABLE_AZURE_SYSTEM_CREDENTIALS',
  'ENABLE_GCP_SYSTEM_CREDENTIALS',
  'ENABLE_KUBERNETES_AUTHENTICATION',
  'KUBERNETES_AUTHENTICATION_AUDIENCE',
  'INSTANCE_ADMINS',
  'KUBERNETES_AUTHENTICATION_ACCEPT_LEGACY_SERVICEACCOUNT',
  'KUBERNETES_AUTHENTICATION_SUBJECT_SOURCE',
  'S3_ENABLE_DIRECT_SYSTEM_CREDENTIALS',
  'S3_REQUIRE_EXTERNAL_ID_FOR_SYSTEM_CREDENTIALS',
].map((name) => `LAKEKEEPER__${name}`);
