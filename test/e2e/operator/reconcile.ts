import { type Cluster, type ClusterObject, type Reference, Refusal } from '../support/cluster.ts';
import { findBootstrap, type ManagementAPI } from './bootstrap.ts';
import {
  apiVersion,
  type Condition,
  type Lakekeeper,
  type LakekeeperStatus,
  neededSecrets,
  unimplementedFields,
} from './lakekeeper.ts';
import { deployment, migrationJob, migrationJobName, services } from './objects.ts';
import { canonicalQuantity } from './quantity.ts';
import type { Request } from './work-queue.ts';

const finalizer = 'lakekeeper.k8s.lakekeeper.io/finalizer';
const [secondsToNextLookAtMigration, bootstrapCheck] = [10, 15];

export interface World {
  readonly cluster: Cluster;
  /** An object as it was when the API server last sent it: writes that rest on it may be refused as conflicts. */
  cached<T extends ClusterObject = ClusterObject>(of: Reference): T | undefined;
  readonly management: ManagementAPI;
}

/**
 * One look at a resource, in the order of docs/facts/lakekeeper-crd.md §4; conditions, reasons and words as recorded in
 * test/contracts/recordings/operator.
 *
 * @returns in how many seconds to look again; undefined: when something happens.
 * @throws what is to be tried again later.
 */
export async function reconcile(at: Request, world: World): Promise<number | undefined> {
  const { cluster, cached, management } = world;
  let lakekeeper = cached<Lakekeeper>({ apiVersion, kind: 'Lakekeeper', metadata: at as { name: string } });
  if (lakekeeper === undefined) return undefined;
  const { finalizers = [], deletionTimestamp } = lakekeeper.metadata;
  if (deletionTimestamp !== undefined) {
    if (finalizers.includes(finalizer))
      await cluster.replace(
        withFinalizers(
          lakekeeper,
          finalizers.filter((other) => other !== finalizer),
        ),
      );
    return undefined;
  }
  if (!finalizers.includes(finalizer)) {
    await cluster.replace(withFinalizers(lakekeeper, [...finalizers, finalizer]));
    return undefined;
  }

  let status = lakekeeper.status ?? {};
  const { generation } = lakekeeper.metadata;
  const set = (type: string, value: Condition['status'], reason: string, message: string) => {
    status = withCondition(status, generation, { type, status: value, reason, message });
  };
  const write = async (observed: Lakekeeper) => cluster.replace({ ...observed, status }, 'status');

  const missing = firstMissingSecret(lakekeeper, cached);
  if (missing !== undefined) {
    set('Degraded', 'True', 'SecretValidationFailed', missing);
    set('Ready', 'False', 'SecretValidationFailed', 'Required secrets are missing or inaccessible');
    await write(lakekeeper);
    throw new Error(missing);
  }
  const ignored = unimplementedFields(lakekeeper);
  if (ignored.length > 0)
    set(
      'ConfigWarning',
      'True',
      'UnimplementedFieldsConfigured',
      `The following fields are configured but not yet implemented: ${ignored.join(', ')}`,
    );
  else set('ConfigWarning', 'False', 'NoUnimplementedFields', 'All configured fields are implemented');

  const migration = await migrate(lakekeeper, world);
  const name = migrationJobName(lakekeeper);
  if (migration.state !== 'succeeded') {
    const { reason, ready } = unfinished[migration.state];
    set('Migrated', 'False', reason, migration.message);
    set('Ready', 'False', reason, ready);
    if (migration.state === 'failed')
      set('Degraded', 'True', reason, 'Database migration failed permanently');
    if (migration.state !== 'refused') status = { ...status, migrationJob: name };
    await write(lakekeeper);
    if (migration.state === 'refused') throw new Error(migration.message);
    return migration.state === 'running' ? secondsToNextLookAtMigration : undefined;
  }
  // Said once: a later generation that needs no other migration finds it said, and back at an earlier image it names
  // the other's Job.
  const isSaid = status.conditions?.some(({ type, status }) => type === 'Migrated' && status === 'True');
  if (!isSaid) {
    set('Migrated', 'True', 'MigrationSucceeded', migration.message);
    status = { ...status, migrationJob: name };
    lakekeeper = await write(lakekeeper);
  }

  const owner = lakekeeper;
  const make = async <T>(reason: string, ready: string, what: string, work: () => Promise<T>): Promise<T> => {
    try {
      return await work();
    } catch (error) {
      const said = error instanceof Refusal ? error.said : (error as Error).message;
      set('Ready', 'False', reason, ready);
      set('Degraded', 'True', reason, `failed to reconcile ${what}: ${said}`);
      await write(owner);
      throw error;
    }
  };
  const observed = await make(
    'DeploymentReconciliationFailed',
    'Failed to reconcile Deployment',
    'deployment',
    () => put(world, deployment(owner)),
  );
  for (const [index, service] of services(owner).entries())
    await make(
      'ServiceReconciliationFailed',
      'Failed to reconcile Services',
      index === 0 ? 'main service' : 'metrics service',
      () => put(world, service),
    );

  const { replicas = 0, readyReplicas = 0 } = observed.status ?? {};
  const wanted = lakekeeper.spec.replicas ?? 1;
  status = { ...status, replicas, readyReplicas, observedGeneration: generation };
  if (wanted === 0) {
    set('Ready', 'True', 'ScaledToZero', 'Deployment intentionally scaled to zero');
    set('Degraded', 'False', 'Healthy', 'Scaled to zero by user');
  } else if (readyReplicas > 0) {
    set('Ready', 'True', 'MinimumReplicasAvailable', `${readyReplicas}/${wanted} pods ready`);
    set('Degraded', 'False', 'Healthy', 'All pods are running and ready');
  } else {
    set('Ready', 'False', 'MinimumReplicasUnavailable', `${readyReplicas}/${wanted} pods ready`);
    if (replicas > 0)
      set('Degraded', 'True', 'NoPodsReady', `Deployment has ${replicas} replicas but 0 are ready`);
  }
  if (readyReplicas > 0 && status.bootstrappedAt === undefined) {
    const { finding, status: found } = await findBootstrap(lakekeeper, management);
    if (finding) set('Bootstrapped', finding.status, finding.reason, finding.message);
    status = { ...status, ...found };
  }
  await write(lakekeeper);
  if (status.bootstrappedAt !== undefined || wanted === 0) return undefined;
  return seconds(lakekeeper.spec.bootstrap?.checkInterval);
}

/** The whole resource as the operator writes it: what it read as quantities goes back in Kubernetes' own spelling. */
function withFinalizers(lakekeeper: Lakekeeper, finalizers: readonly string[]): Lakekeeper {
  const { metadata, spec } = lakekeeper;
  const canonical = (quantities: Readonly<Record<string, string | number>> = {}) =>
    Object.fromEntries(
      Object.entries(quantities).map(([name, value]) => [name, canonicalQuantity(String(value))]),
    );
  const resources = Object.fromEntries(
    Object.entries(spec.resources ?? {}).map(([kind, quantities]) => [kind, canonical(quantities)]),
  );
  return {
    ...lakekeeper,
    metadata: { ...metadata, finalizers },
    spec: { ...spec, ...(spec.resources && { resources }) },
  };
}

function firstMissingSecret(lakekeeper: Lakekeeper, cached: World['cached']): string | undefined {
  const { namespace } = lakekeeper.metadata;
  for (const { name, key } of neededSecrets(lakekeeper)) {
    const secret = cached({ apiVersion: 'v1', kind: 'Secret', metadata: { namespace, name } });
    if (secret === undefined) return `secret ${name} not found in namespace ${namespace}`;
    if (!Object.hasOwn(secret.data ?? {}, key)) return `key ${key} not found in secret ${name}`;
  }
  return undefined;
}

const unfinished = {
  running: { reason: 'MigrationInProgress', ready: 'Waiting for migration to complete' },
  failed: { reason: 'MigrationFailed', ready: 'Database migration failed' },
  refused: { reason: 'MigrationJobCreationFailed', ready: 'Migration Job creation failed' },
} as const;

interface Migration {
  readonly state: 'succeeded' | keyof typeof unfinished;
  readonly message: string;
}

/** §6.3: the Job's counters say how it is, not its conditions. */
async function migrate(lakekeeper: Lakekeeper, { cluster, cached }: World): Promise<Migration> {
  const desired = migrationJob(lakekeeper);
  const { name } = desired.metadata;
  const running = { state: 'running', message: `Migration Job ${name} is running` } as const;
  const succeeded = {
    state: 'succeeded',
    message: `Migration Job ${name} completed successfully`,
  } as const;
  const job = cached(desired);
  if (job === undefined) {
    const { migrationJob: last, conditions = [] } = lakekeeper.status ?? {};
    const isDone = conditions.some(({ type, status }) => type === 'Migrated' && status === 'True');
    // Cleaned up after it had done its work.
    if (last === name && isDone) return succeeded;
    try {
      await cluster.create(desired);
    } catch (error) {
      if (error instanceof Refusal && error.reason === 'AlreadyExists') return running;
      const said = error instanceof Refusal ? error.said : String(error);
      return {
        state: 'refused',
        message: `Failed to create migration Job: failed to create migration job: ${said}`,
      };
    }
  }
  const { succeeded: completed = 0, failed = 0 } = job?.status ?? {};
  if (completed > 0) return succeeded;
  if (failed >= 3)
    return { state: 'failed', message: `migration job ${name} failed after ${failed} attempts` };
  return running;
}

/** Creates it, or overwrites its spec: what somebody else changed there is gone. */
async function put({ cluster, cached }: World, desired: ClusterObject): Promise<ClusterObject> {
  const observed = cached(desired);
  if (observed === undefined) return cluster.create(desired);
  const { labels, ownerReferences = [] } = desired.metadata;
  const [owner] = ownerReferences;
  const other = observed.metadata.ownerReferences?.find(({ controller }) => controller);
  if (other !== undefined && other.uid !== owner?.uid) {
    const { namespace, name } = observed.metadata;
    const whose = `another ${other.kind} controller ${other.name}`;
    throw new Error(
      `failed to set controller reference: Object ${namespace}/${name} is already owned by ${whose}`,
    );
  }
  const { clusterIP, clusterIPs } = observed.spec;
  const kept = desired.kind === 'Service' ? { clusterIP, clusterIPs } : {};
  return cluster.replace({
    ...observed,
    metadata: {
      ...observed.metadata,
      labels: { ...observed.metadata.labels, ...labels },
      ownerReferences,
    } as never,
    spec: { ...desired.spec, ...kept },
  });
}

function withCondition(
  status: LakekeeperStatus,
  observedGeneration: number,
  condition: Omit<Condition, 'lastTransitionTime' | 'observedGeneration'>,
): LakekeeperStatus {
  const conditions = status.conditions ?? [];
  const former = conditions.find(({ type }) => type === condition.type);
  const lastTransitionTime =
    former?.status === condition.status
      ? former.lastTransitionTime
      : new Date().toISOString().replace(/\.\d+/, '');
  const next = { ...condition, lastTransitionTime, observedGeneration };
  return {
    ...status,
    conditions: former ? conditions.map((other) => (other === former ? next : other)) : [...conditions, next],
  };
}

/** Of a duration in Go's spelling. */
function seconds(duration = `${bootstrapCheck}s`): number {
  const units: Record<string, number> = { ns: 1e-9, us: 1e-6, µs: 1e-6, ms: 1e-3, s: 1, m: 60, h: 3600 };
  return [...duration.matchAll(/([\d.]+)(ns|us|µs|ms|s|m|h)/g)].reduce(
    (sum, [, count, unit]) => sum + Number(count) * (units[unit ?? ''] ?? 0),
    0,
  );
}
