import type { Lakekeeper } from './lakekeeper.ts';

export interface EnvVar {
  readonly name: string;
  readonly value?: string;
  readonly valueFrom?: { readonly secretKeyRef: { readonly name: string; readonly key: string } };
}

/**
 * Where the operator mounts certificates: one directory for each, the file is named like the Secret's key
 * (docs/facts/lakekeeper-crd.md §6).
 */
export const certificateDirectories = {
  postgres: '/etc/lakekeeper/ssl/pg-root-cert',
  server: '/etc/lakekeeper/ssl/lakekeeper-ssl-cert',
} as const;

type Value = string | number | boolean | readonly string[] | { name: string; key: string } | undefined;

/**
 * The environment of both containers: every variable of §8.2, also those that no server reads. Undefined and empty
 * lists are left out.
 */
export function environment({ spec }: Lakekeeper): EnvVar[] {
  const { server, authentication, authorization, idempotency, taskQueues, requestLimits, ssl } = spec;
  const { postgres } = spec.database;
  const storage = server?.storageSystemCredentials;
  const aws = storage?.enableAWS === undefined ? undefined : storage.aws;
  const vault = spec.secretStore?.type === 'vault-kv2' ? spec.secretStore.vaultKV2 : undefined;
  const openFGA = authorization.backend === 'openfga' ? authorization.openFGA : undefined;
  const { openID, kubernetes } = authentication ?? {};
  const values: Record<string, Value> = {
    BASE_URI: server?.baseURI,
    LISTEN_PORT: server?.listenPort,
    METRICS__PORT: server?.metricsPort,
    ENABLE_DEFAULT_PROJECT: server?.enableDefaultProject,
    PAGE_SIZE_DEFAULT: server?.pagination?.defaultSize,
    PAGE_SIZE_MAX: server?.pagination?.maxSize,
    CORS_ALLOW_ORIGINS: server?.cors?.allowOrigins,
    RESERVED_NAMESPACES: server?.reservedNamespaces,
    STORAGE_CREDENTIAL_BACKEND__AWS__ENABLED: storage?.enableAWS,
    STORAGE_CREDENTIAL_BACKEND__AWS__ASSUME_ROLE_REQUIRE_EXTERNAL_ID: aws?.assumeRoleRequireExternalID,
    STORAGE_CREDENTIAL_BACKEND__AWS__ALLOW_DIRECT_SYSTEM_CREDENTIALS: aws?.allowDirectSystemCredentials,
    STORAGE_CREDENTIAL_BACKEND__AZURE__ENABLED: storage?.enableAzure,
    STORAGE_CREDENTIAL_BACKEND__GCP__ENABLED: storage?.enableGCP,
    PG_HOST_W: postgres.host,
    PG_PORT: postgres.port,
    PG_DATABASE: postgres.database,
    PG_USER: postgres.userSecretRef ?? postgres.user,
    PG_PASSWORD: postgres.passwordSecretRef,
    PG_ENCRYPTION_KEY: postgres.encryptionKeySecretRef,
    PG_HOST_R: postgres.readHost,
    PG_MAX_CONNECTIONS: postgres.maxConnections,
    PG_MIN_IDLE_CONNECTIONS: postgres.minIdleConnections,
    PG_CONNECTION_TIMEOUT: postgres.connectionTimeout,
    PG_SSL_MODE: postgres.sslMode ?? 'require',
    PG_SSL_ROOT_CERT:
      postgres.sslRootCertSecretRef &&
      `${certificateDirectories.postgres}/${postgres.sslRootCertSecretRef.key}`,
    SECRET_BACKEND: spec.secretStore?.type,
    VAULT_URL: vault?.url,
    VAULT_USER: vault?.userSecretRef ?? vault?.user,
    VAULT_PASSWORD: vault?.passwordSecretRef,
    VAULT_SECRET_MOUNT: vault?.secretMount,
    AUTHZ_BACKEND: authorization.backend,
    OPENFGA_ENDPOINT: openFGA?.endpoint,
    OPENFGA_STORE_NAME: openFGA?.storeName,
    OPENFGA_AUTHORIZATION_MODEL_VERSION: openFGA?.authorizationModelVersion,
    OPENFGA_CLIENT_ID: openFGA?.clientID,
    OPENFGA_CLIENT_SECRET: openFGA?.clientSecretRef,
    OPENID_PROVIDER_URI: openID?.providerURI,
    OPENID_AUDIENCE: openID?.audience,
    OPENID_SUBJECT_CLAIM: openID?.subjectClaim,
    OPENID_ROLES_CLAIM: openID?.rolesClaim,
    OPENID_SCOPES: openID?.scopes,
    K8S_AUTH_ENABLED: kubernetes?.enabled,
    K8S_AUTH_AUDIENCES: kubernetes?.audiences,
    K8S_AUTH_ACCEPT_LEGACY_TOKENS: kubernetes?.acceptLegacyTokens,
    IDEMPOTENCY_ENABLED: idempotency?.enabled,
    IDEMPOTENCY_LIFETIME: idempotency?.lifetime,
    IDEMPOTENCY_GRACE_PERIOD: idempotency?.gracePeriod,
    IDEMPOTENCY_CLEANUP_TIMEOUT: idempotency?.cleanupTimeout,
    TASK_QUEUE_POLL_INTERVAL: taskQueues?.pollInterval,
    TASK_QUEUE_TABULAR_EXPIRATION_WORKERS: taskQueues?.tabularExpirationWorkers,
    TASK_QUEUE_TABULAR_PURGE_WORKERS: taskQueues?.tabularPurgeWorkers,
    TASK_QUEUE_EXPIRE_SNAPSHOTS_WORKERS: taskQueues?.expireSnapshotsWorkers,
    MAX_REQUEST_BODY_SIZE: requestLimits?.maxRequestBodySize,
    MAX_REQUEST_TIME: requestLimits?.maxRequestTime,
    SSL_CERT_FILE: ssl?.certFileSecretRef && `${certificateDirectories.server}/${ssl.certFileSecretRef.key}`,
  };
  return Object.entries(values).flatMap(([suffix, value]): EnvVar[] => {
    const name = `LAKEKEEPER__${suffix}`;
    if (value === undefined || (Array.isArray(value) && value.length === 0)) return [];
    if (typeof value === 'object' && 'key' in value) return [{ name, valueFrom: { secretKeyRef: value } }];
    return [{ name, value: String(value) }];
  });
}
