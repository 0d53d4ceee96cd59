import { ApiObject } from 'cdk8s';
import type { Construct } from 'constructs';
import {
  Lakekeeper,
  type LakekeeperSpecAuthentication,
  LakekeeperSpecAuthorizationBackend,
  type LakekeeperSpecDatabasePostgres,
  LakekeeperSpecDatabasePostgresSslMode,
  LakekeeperSpecDatabaseType,
  LakekeeperSpecResourcesLimits,
  LakekeeperSpecResourcesRequests,
  type LakekeeperSpecServer,
  type LakekeeperSpecServerStorageSystemCredentials,
} from '../../imports/lakekeeper.k8s.lakekeeper.io.ts';
import { type Authentication, type Catalog, secretKeys } from '../catalog/catalog.ts';
import { cloudIdentityFor } from '../catalog/cloud-identity.ts';
import type { DataStore } from '../catalog/data-store-inputs.ts';
import { enforcedAuthentication, enforcedKey } from '../catalog/worker-login.ts';
import type { Platform, Resources, SslMode } from '../platform/platform-settings.ts';
import { scrapeAnnotations } from './amendments.ts';
import { orgMetadata } from './metadata.ts';

/**
 * The org's Lakekeeper resource. It has only fields that the installed operator knows and whose variable the server
 * reads (docs/facts/lakekeeper-crd.md §8). Defaults that matter are explicit.
 */
export function lakekeeper(scope: Construct, catalog: Catalog, platform: Platform): void {
  const { authentication, image, replicas, resources } = catalog;
  const enforced = enforcedAuthentication(authentication);
  const manifest = Lakekeeper.manifest({
    // A prune by mistake would remove a catalog that engines use.
    metadata: orgMetadata(catalog, '', {
      'argocd.argoproj.io/sync-options': 'Prune=confirm,Delete=confirm',
      ...optional(enforcedKey, enforced),
    }),
    spec: {
      image,
      // Left out, the field belongs to what scales the resource: Argo CD compares only what is rendered.
      ...(replicas === 'external' ? {} : { replicas }),
      resources: resourceRequirements(resources),
      authorization: { backend: LakekeeperSpecAuthorizationBackend.ALLOWALL },
      ...optional('authentication', authenticationBlock(authentication)),
      // The operator sends no token, so with authentication registration bootstraps the server.
      bootstrap: {
        enabled: enforced === undefined,
        // Without a token it never sees that the server is bootstrapped, and goes on checking, with four writes each
        // time (docs/facts/operator-recordings.md §3).
        checkInterval:
          enforced === undefined ? platform.catalog.bootstrapCheckInterval : checkIntervalWithAuthentication,
      },
      database: { type: LakekeeperSpecDatabaseType.POSTGRES, postgres: postgres(catalog, platform) },
      server: server(catalog, platform),
      ...optional(
        'requestLimits',
        platform.catalog.maxRequestTime && { maxRequestTime: platform.catalog.maxRequestTime },
      ),
    },
  });
  const forkSpec = platform.operator.flavor === 'fork' ? fieldsOfTheFork(catalog, platform) : {};
  new ApiObject(scope, 'lakekeeper', { ...manifest, spec: { ...manifest.spec, ...forkSpec } });
}

const checkIntervalWithAuthentication = '24h';

/** Fields that the upstream CRD, and so the generated types, do not have. */
function fieldsOfTheFork({ names, authentication }: Catalog, platform: Platform): object {
  return {
    serviceAccountName: names.serviceAccount,
    ...optional('podMetadata', platform.monitoring && { annotations: scrapeAnnotations(platform) }),
    ...optional(
      'authentication',
      authentication.mode === 'kubernetes' && authentication.rollout === 'enforce'
        ? { kubernetes: { enabled: true, audiences: [authentication.audience] } }
        : undefined,
    ),
  };
}

function authenticationBlock(authentication: Authentication): LakekeeperSpecAuthentication | undefined {
  if (authentication.mode !== 'openID' || authentication.rollout === 'prepare') return undefined;
  return {
    openId: {
      providerUri: authentication.providerURI,
      audience: authentication.audience,
      subjectClaim: authentication.subjectClaim,
      // The operator always sets a roles claim, although ServiceAccount tokens have none.
      rolesClaim: (authentication.issuer === 'external' ? authentication.rolesClaim : undefined) ?? 'roles',
    },
  };
}

function postgres({ names, metadataStore }: Catalog, platform: Platform): LakekeeperSpecDatabasePostgres {
  const key = (name: string) => ({ name: names.kubernetes, key: name });
  return {
    host: metadataStore.host,
    port: metadataStore.port,
    database: metadataStore.database,
    userSecretRef: key(secretKeys.user),
    passwordSecretRef: key(secretKeys.password),
    encryptionKeySecretRef: key(secretKeys.encryptionKey),
    ...optional('readHost', platform.catalog.readHost),
    sslMode: sslModes[metadataStore.sslMode],
    ...optional('sslRootCertSecretRef', metadataStore.sslRootCertSecret),
  };
}

function server({ baseURI, dataStore }: Catalog, platform: Platform): LakekeeperSpecServer {
  const { listenPort, metricsPort, enableDefaultProject, reservedNamespaces } = platform.catalog.server;
  return {
    baseUri: baseURI,
    listenPort,
    metricsPort,
    enableDefaultProject,
    ...optional('reservedNamespaces', reservedNamespaces),
    ...optional(
      'storageSystemCredentials',
      platform.operator.flavor === 'fork' ? systemCredentials(dataStore) : undefined,
    ),
  };
}

/** System credentials of the clouds: only that of the data store's identity is enabled. */
function systemCredentials(dataStore: DataStore): LakekeeperSpecServerStorageSystemCredentials | undefined {
  const identity = cloudIdentityFor(dataStore);
  if (identity === undefined) return undefined;
  if (identity.cloud === 'gcp') return { enableGcp: true };
  if (identity.cloud === 'azure') return { enableAzure: true };
  const { hasExternalId } = identity;
  return {
    enableAws: true,
    aws: { assumeRoleRequireExternalId: hasExternalId, allowDirectSystemCredentials: true },
  };
}

function resourceRequirements({ requests, limits }: Resources) {
  return {
    ...optional('requests', requests && quantities(requests, LakekeeperSpecResourcesRequests)),
    ...optional('limits', limits && quantities(limits, LakekeeperSpecResourcesLimits)),
  };
}

function quantities<Q>(
  values: Record<string, string | number>,
  type: { fromString(value: string): Q },
): Record<string, Q> {
  return Object.fromEntries(
    Object.entries(values).map(([name, value]) => [name, type.fromString(String(value))]),
  );
}

const sslModes: Record<SslMode, LakekeeperSpecDatabasePostgresSslMode> = {
  disable: LakekeeperSpecDatabasePostgresSslMode.DISABLE,
  require: LakekeeperSpecDatabasePostgresSslMode.REQUIRE,
  'verify-ca': LakekeeperSpecDatabasePostgresSslMode.VERIFY_HYPHEN_CA,
  'verify-full': LakekeeperSpecDatabasePostgresSslMode.VERIFY_HYPHEN_FULL,
};

/** A property, or none when the value is empty: Argo CD would report a null field as a difference. */
function optional<K extends string, V>(key: K, value: V | undefined | ''): { [P in K]?: V } {
  return (value === undefined || value === '' ? {} : { [key]: value }) as { [P in K]?: V };
}
