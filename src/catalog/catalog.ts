import type { TableTarget } from '../mapping/record-table.ts';
import type { ResourceTarget } from '../mapping/recorded-resource.ts';
import type { PeerLists } from '../platform/peers.ts';
import type { PodSettings, Replicas, Resources } from '../platform/platform-settings.ts';
import type { OrgId } from '../source/warehouse-record.ts';
import type { DataStore, SecretKey } from './data-store-inputs.ts';
import type { MetadataStore } from './metadata-store-inputs.ts';

/** One org's Lakekeeper, as desired. Plain data: `manifests/` and the registration inputs are rendered from it. */
export interface Catalog {
  readonly org: OrgId;
  readonly names: CatalogNames;
  /** Whether the namespace holds this catalog alone. */
  readonly hasOwnNamespace: boolean;
  readonly image: string;
  readonly replicas: Replicas;
  readonly resources: Resources;
  /** Annotations of the pods' ServiceAccount: their cloud identity. */
  readonly identityAnnotations: Readonly<Record<string, string>>;
  /** URL of the server's root, without a slash at its end: `http://lakekeeper-acme.lakekeeper.svc:8181`. */
  readonly baseURI: string;
  /** A move of the org is confirmed (`moves.confirm`): it has a catalog already. */
  readonly isMoved?: true | undefined;
  readonly metadataStore: MetadataStore;
  readonly dataStore: DataStore;
  readonly authentication: Authentication;
  readonly record: RecordTarget;
  /** Lists of peers whose templates are filled in for this org; other lists are those of the settings. */
  readonly peers: Partial<PeerLists>;
  /** Settings of the registration Job's pods; undefined when those of the platform have no templates. */
  readonly jobPods: PodSettings | undefined;
}

/** All names of the org: derived (`names.ts`), adopted (`adoption.ts`) or overridden. */
interface CatalogNames {
  /** Custom resource, Deployment, Service, Secret and ServiceAccount; also the directory in `dist/orgs`. */
  readonly kubernetes: string;
  readonly namespace: string;
  /** Value of the org label, by which workers are selected. */
  readonly orgLabel: string;
  readonly serviceAccount: string;
  /** The Job with which the operator migrates the metadata store; see `migration-job.ts`. */
  readonly migrationJob: string;
  readonly lakekeeperWarehouse: string;
  readonly oauthClientId: string;
  readonly workerNamespace: string;
  readonly workerLabels: Readonly<Record<string, string>>;
}

/** The names and labels of an org's objects. */
export interface NamedOrg {
  readonly org: string;
  readonly names: Pick<CatalogNames, 'kubernetes' | 'namespace' | 'orgLabel'>;
}

/** `prepare`: the server stays open until the row and the workers are ready. */
type Rollout = 'prepare' | 'enforce';

export type Authentication =
  | { readonly mode: 'none' }
  | { readonly mode: 'kubernetes'; readonly rollout: Rollout; readonly audience: string }
  | {
      readonly mode: 'openID';
      readonly issuer: 'cluster';
      readonly rollout: Rollout;
      readonly audience: string;
      readonly providerURI: string;
      readonly subjectClaim: string;
    }
  | {
      readonly mode: 'openID';
      readonly issuer: 'external';
      readonly rollout: Rollout;
      readonly audience: string;
      readonly providerURI: string;
      readonly subjectClaim: string;
      readonly rolesClaim: string | undefined;
      readonly tokenEndpoint: string;
      readonly scope: string | undefined;
      readonly client: { readonly id: string; readonly secret: SecretKey };
    };

/** Where registration writes the endpoint: the org's row or resource, or a ConfigMap when there is neither. */
export type RecordTarget =
  | { readonly resource: ResourceTarget }
  | { readonly warehouseDatabase: { readonly url: SecretKey } & TableTarget }
  | { readonly configMap: { readonly namespace: string; readonly name: string } };

/** Keys of the org's Secret, which the registration Job writes and the custom resource refers to. */
export const secretKeys = {
  user: 'db-user',
  password: 'db-password',
  encryptionKey: 'encryption-key',
  oauthClientSecret: 'oauth2-client-secret',
  /** Value of `LAKEKEEPER__INSTANCE_ADMINS`, where the Job's user id is not known from the settings. */
  instanceAdmins: 'instance-admins',
} as const;
