import type { ClusterObject } from './cluster.ts';
import type { Fleet } from './fleet.ts';

/** What there is of an org beside its catalog; the parts that are not there are undefined. */
export interface OrgRemains {
  readonly encryptionKey?: string;
  readonly password?: string;
  /** The Secret's label. */
  readonly retired?: string;
  /** Its oid: another database of the same name has another. */
  readonly database?: number;
  /** Whether the role can log in. */
  readonly login?: boolean;
  readonly state: string;
  readonly endpoint: string;
}

/** @param org whose id is the end of all its names. */
export async function remainsOf(
  { scene, sql }: Fleet,
  org: string,
  namespace = 'lakekeeper',
): Promise<OrgRemains> {
  const database = `lakekeeper_${org}`;
  const metadata = { namespace, name: `lakekeeper-${org}` };
  const secret = await scene.cluster.get({ apiVersion: 'v1', kind: 'Secret', metadata });
  const [row] = await sql(
    `SELECT iceberg_state AS state, iceberg_lakekeeper_endpoint AS endpoint,
        (SELECT oid FROM pg_database WHERE datname = $2) AS database,
        (SELECT rolcanlogin FROM pg_roles WHERE rolname = $2) AS login
      FROM duckgres_managed_warehouses WHERE org_id = $1`,
    [org, database],
  );
  return {
    encryptionKey: secret?.data['encryption-key'],
    password: secret?.data['db-password'],
    retired: secret?.metadata.labels?.['lakekeeper-gitops/retired'],
    ...row,
    database: row?.database ?? undefined,
    login: row?.login ?? undefined,
  } as OrgRemains;
}

/** How many rules of its NetworkPolicies let a catalog's pods reach something, or be reached. */
export async function openingsOf({ scene }: Fleet, catalog: string): Promise<number> {
  const policies = await scene.cluster.list<ClusterObject>(
    { apiVersion: 'networking.k8s.io/v1', kind: 'NetworkPolicy' },
    'lakekeeper',
  );
  return policies
    .filter(({ spec }) => spec.podSelector.matchLabels?.['app.kubernetes.io/instance'] === catalog)
    .flatMap(({ spec }) => [...(spec.ingress ?? []), ...(spec.egress ?? [])]).length;
}
