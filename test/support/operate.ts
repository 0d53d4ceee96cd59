import type pg from 'pg';
import type { KubernetesStandIn, StandInObject } from './kubernetes-stand-in.ts';
import type { LakekeeperStandIn } from './lakekeeper-stand-in.ts';

/** A catalog whose pods and operator are simulated. */
export interface SimulatedCatalog {
  readonly cluster: KubernetesStandIn;
  readonly lakekeeper: LakekeeperStandIn;
  readonly namespace: string;
  /** Of the custom resource and the Secret. */
  readonly name: string;
  /** Logs in to the catalog's database, as its pods do. */
  connect(user: string, password: string): Promise<pg.Client>;
}

/** What the operator does once it is woken: it migrates with what the Secret says, starts the server, and bootstraps it. */
export async function operate(catalog: SimulatedCatalog): Promise<void> {
  const { cluster, lakekeeper, namespace, name } = catalog;
  const secret = cluster.get('secrets', namespace, name);
  const found = cluster.get('lakekeepers', namespace, name);
  if (secret === undefined || found === undefined) return;
  if (!isMigrated(found)) await migrate(catalog, secret);
  // As it is now: somebody may have written it during the migration.
  const resource = cluster.get('lakekeepers', namespace, name);
  if (resource === undefined) return;
  // Without a token, it cannot bootstrap a server that wants one.
  const isBootstrapped = lakekeeper.settings.tokens === undefined;
  lakekeeper.isBootstrapped ||= isBootstrapped;
  const observedGeneration = resource.metadata.generation;
  const condition = (type: string) => ({
    type,
    status: 'True',
    reason: 'Done',
    message: '',
    observedGeneration,
  });
  const replicas = (resource.spec as { replicas?: number } | undefined)?.replicas ?? 1;
  cluster.put('lakekeepers', {
    ...resource,
    status: {
      conditions: ['Migrated', 'Ready', ...(isBootstrapped ? ['Bootstrapped'] : [])].map(condition),
      ...(isBootstrapped && { bootstrappedAt: '2026-11-23T00:00:00Z' }),
      observedGeneration,
      replicas,
      readyReplicas: replicas,
    },
  });
}

/** Another wake-up later, the operator does not migrate again (docs/facts/lakekeeper-crd.md §6.3). */
function isMigrated({ status: state }: StandInObject): boolean {
  const { conditions = [] } = (state ?? {}) as { conditions?: { type: string; status: string }[] };
  return conditions.some(({ type, status }) => type === 'Migrated' && status === 'True');
}

async function migrate({ connect }: SimulatedCatalog, { data }: StandInObject): Promise<void> {
  const value = (key: string) =>
    Buffer.from((data as Record<string, string>)[key] ?? '', 'base64').toString();
  const client = await connect(value('db-user'), value('db-password'));
  await client.query(
    'CREATE EXTENSION IF NOT EXISTS pg_trgm; CREATE TABLE IF NOT EXISTS _sqlx_migrations (version bigint)',
  );
  await client.end();
}
