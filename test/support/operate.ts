import type pg from 'pg';
import type { StandInObject } from './kubernetes-stand-in.ts';
import type { LakekeeperStandIn } from './lakekeeper-stand-in.ts';
import { rollOut, type SimulatedRollOut } from './roll-out.ts';

/** A catalog whose pods and operator are simulated. */
export interface SimulatedCatalog extends SimulatedRollOut {
  readonly lakekeeper: LakekeeperStandIn;
  /** Logs in to the catalog's database, as its pods do. */
  connect(user: string, password: string): Promise<pg.Client>;
  /** The extensions that its migration creates. The default is one, because five take a test much longer. */
  readonly extensions?: readonly string[];
}

type ConditionWords = readonly [type: string, status: 'True' | 'False', reason: string, message: string];

/** Says of a resource what the operator says, word by word (docs/facts/operator-recordings.md §2). */
export function say(
  { cluster, namespace, name }: SimulatedRollOut,
  conditions: readonly ConditionWords[],
  status: object = {},
): void {
  const resource = cluster.get('lakekeepers', namespace, name);
  if (resource === undefined) return;
  const observedGeneration = resource.metadata.generation;
  const said = conditions.map(([type, status, reason, message]) => ({
    type,
    status,
    reason,
    message,
    observedGeneration,
  }));
  cluster.put('lakekeepers', { ...resource, status: { conditions: said, ...status } });
}

/** The recorded state 01. */
export function saySecretMissing(catalog: SimulatedRollOut): void {
  const missing = `secret ${catalog.name} not found in namespace ${catalog.namespace}`;
  say(catalog, [
    ['Degraded', 'True', 'SecretValidationFailed', missing],
    ['Ready', 'False', 'SecretValidationFailed', 'Required secrets are missing or inaccessible'],
  ]);
}

/**
 * What the operator does when its resource changed: it migrates with what the Secret says, starts the server, and
 * bootstraps it.
 */
export async function operate(catalog: SimulatedCatalog): Promise<void> {
  const { cluster, lakekeeper, namespace, name } = catalog;
  const secret = cluster.get('secrets', namespace, name);
  const found = cluster.get('lakekeepers', namespace, name);
  if (found === undefined) return;
  if (secret === undefined) return saySecretMissing(catalog);
  if (!isMigrated(found)) await migrate(catalog, secret);
  // As it is now: somebody may have written it during the migration.
  const resource = cluster.get('lakekeepers', namespace, name);
  if (resource === undefined) return;
  // Without a token, it cannot bootstrap a server that wants one.
  const isBootstrapped = lakekeeper.settings.tokens === undefined;
  lakekeeper.isBootstrapped ||= isBootstrapped;
  const replicas = (resource.spec as { replicas?: number } | undefined)?.replicas ?? 1;
  rollOut(catalog, replicas);
  say(
    catalog,
    [
      ['Degraded', 'False', 'Healthy', 'All pods are running and ready'],
      ['Ready', 'True', 'MinimumReplicasAvailable', `${replicas}/${replicas} pods ready`],
      ['Migrated', 'True', 'MigrationSucceeded', 'Migration Job completed successfully'],
      isBootstrapped
        ? ['Bootstrapped', 'True', 'Bootstrapped', 'Lakekeeper server was bootstrapped by the operator']
        : ['Bootstrapped', 'False', 'ServerNotReachable', 'Lakekeeper is not yet reachable'],
    ],
    {
      ...(isBootstrapped && { bootstrappedAt: '2026-11-23T00:00:00Z' }),
      observedGeneration: resource.metadata.generation,
      replicas,
      readyReplicas: replicas,
    },
  );
}

/** When it looks again later, the operator does not migrate again (docs/facts/lakekeeper-crd.md §6.3). */
function isMigrated({ status: state }: StandInObject): boolean {
  const { conditions = [] } = (state ?? {}) as { conditions?: { type: string; status: string }[] };
  return conditions.some(({ type, status }) => type === 'Migrated' && status === 'True');
}

async function migrate(
  { connect, extensions = ['pg_trgm'] }: SimulatedCatalog,
  { data }: StandInObject,
): Promise<void> {
  const value = (key: string) =>
    Buffer.from((data as Record<string, string>)[key] ?? '', 'base64').toString();
  const client = await connect(value('db-user'), value('db-password'));
  await client.query(
    `${extensions.map((name) => `CREATE EXTENSION IF NOT EXISTS "${name}";`).join('')}
      CREATE TABLE IF NOT EXISTS _sqlx_migrations (version bigint);
      CREATE TABLE IF NOT EXISTS tabular (tabular_id uuid);
      CREATE TABLE IF NOT EXISTS warehouse (
        warehouse_id uuid, warehouse_name text, project_id text, status text)`,
  );
  await client.end();
}
