import type { ClusterObject } from '../support/cluster.ts';

export const apiVersion = 'lakekeeper.k8s.lakekeeper.io/v1alpha1';

interface SecretKey {
  readonly name: string;
  readonly key: string;
}

/** The custom resource as the API server returns it, defaults filled in (docs/facts/lakekeeper-crd.md §2 and §3). */
export interface Lakekeeper extends ClusterObject {
  readonly metadata: ClusterObject['metadata'] & { readonly namespace: string; readonly generation: number };
  readonly spec: {
    readonly image: string;
    readonly replicas?: number;
    readonly resources?: Readonly<Record<string, Readonly<Record<string, string | number>>>>;
    readonly database: {
      readonly postgres: {
        readonly host: string;
        readonly port: number;
        readonly database: string;
        readonly user?: string;
        readonly userSecretRef?: SecretKey;
        readonly passwordSecretRef: SecretKey;
        readonly encryptionKeySecretRef: SecretKey;
        readonly readHost?: string;
        readonly maxConnections?: number;
        readonly minIdleConnections?: number;
        readonly connectionTimeout?: string;
        readonly sslMode?: string;
        readonly sslRootCertSecretRef?: SecretKey;
      };
    };
    readonly server?: {
      readonly baseURI?: string;
      readonly listenPort: number;
      readonly metricsPort: number;
      readonly enableDefaultProject: boolean;
      readonly pagination?: { readonly defaultSize: number; readonly maxSize: number };
      readonly cors?: {
        readonly allowOrigins?: string[];
        readonly allowHeaders?: string[];
        readonly allowMethods?: string[];
      };
      readonly reservedNamespaces?: string[];
      readonly storageSystemCredentials?: {
        readonly enableAWS?: boolean;
        readonly enableAzure?: boolean;
        readonly enableGCP?: boolean;
        readonly aws?: {
          readonly assumeRoleRequireExternalID: boolean;
          readonly allowDirectSystemCredentials: boolean;
        };
        readonly azure?: object;
        readonly gcp?: object;
      };
    };
    readonly secretStore?: {
      readonly type: string;
      readonly vaultKV2?: {
        readonly url: string;
        readonly user?: string;
        readonly userSecretRef?: SecretKey;
        readonly passwordSecretRef: SecretKey;
        readonly secretMount: string;
      };
    };
    readonly authentication?: {
      readonly openID?: {
        readonly providerURI: string;
        readonly audience: string;
        readonly subjectClaim: string;
        readonly rolesClaim: string;
        readonly scopes?: string[];
      };
      readonly kubernetes?: {
        readonly enabled: boolean;
        readonly audiences?: string[];
        readonly acceptLegacyTokens: boolean;
      };
    };
    readonly authorization: {
      readonly backend: string;
      readonly openFGA?: {
        readonly endpoint: string;
        readonly storeName: string;
        readonly authorizationModelVersion?: string;
        readonly clientID?: string;
        readonly clientSecretRef?: SecretKey;
      };
    };
    readonly idempotency?: {
      readonly enabled: boolean;
      readonly lifetime: string;
      readonly gracePeriod?: string;
      readonly cleanupTimeout?: string;
    };
    readonly taskQueues?: {
      readonly pollInterval?: string;
      readonly tabularExpirationWorkers?: number;
      readonly tabularPurgeWorkers?: number;
      readonly expireSnapshotsWorkers?: number;
    };
    readonly requestLimits?: { readonly maxRequestBodySize?: string; readonly maxRequestTime?: string };
    readonly ssl?: { readonly certFileSecretRef?: SecretKey; readonly certDirConfigMapRef?: SecretKey };
    readonly bootstrap?: { readonly enabled?: boolean; readonly checkInterval: string };
  };
  readonly status?: LakekeeperStatus;
}

export interface LakekeeperStatus {
  readonly conditions?: readonly Condition[];
  readonly bootstrappedAt?: string;
  readonly serverID?: string;
  readonly migrationJob?: string;
  readonly observedGeneration?: number;
  readonly replicas?: number;
  readonly readyReplicas?: number;
}

export interface Condition {
  readonly type: string;
  readonly status: 'True' | 'False' | 'Unknown';
  readonly reason: string;
  readonly message: string;
  readonly lastTransitionTime: string;
  readonly observedGeneration: number;
}

/** Every Secret and key that has to be there before anything starts (§5). */
export function neededSecrets({ spec }: Lakekeeper): SecretKey[] {
  const { postgres } = spec.database;
  const vault = spec.secretStore?.type === 'vault-kv2' ? spec.secretStore.vaultKV2 : undefined;
  const openFGA = spec.authorization.backend === 'openfga' ? spec.authorization.openFGA : undefined;
  return [
    postgres.passwordSecretRef,
    postgres.encryptionKeySecretRef,
    postgres.userSecretRef,
    postgres.sslRootCertSecretRef,
    vault?.passwordSecretRef,
    vault?.userSecretRef,
    openFGA?.clientSecretRef,
    spec.ssl?.certFileSecretRef,
  ].filter((reference) => reference !== undefined);
}

/** What the resource says that the operator does nothing about and warns of (§3.1). */
export function unimplementedFields({ spec }: Lakekeeper): string[] {
  const { cors, storageSystemCredentials: storage } = spec.server ?? {};
  return Object.entries({
    'spec.ssl.certDirConfigMapRef': spec.ssl?.certDirConfigMapRef,
    'spec.server.cors.allowHeaders': cors?.allowHeaders,
    'spec.server.cors.allowMethods': cors?.allowMethods,
    'spec.server.storageSystemCredentials.azure': storage?.enableAzure ? storage.azure : undefined,
    'spec.server.storageSystemCredentials.gcp': storage?.enableGCP ? storage.gcp : undefined,
  }).flatMap(([field, value]) => (value === undefined ? [] : [field]));
}
