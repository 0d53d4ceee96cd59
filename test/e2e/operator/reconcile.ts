import { type Cluster, type ClusterObject, Refusal } from '../support/cluster.ts';
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
import type { Request } from './work-queue.ts';

const finalizer = 'lakekeeper.k8s.lakekeeper.io/finalizer';
const [secondsToNextLookAtMigration, bootstrapCheck] = [10, 15];

export interface World {
  readonly cluster: Cluster;
  /** The Secret, as far as it was heard of. */
  secret(namespace: string, name: string): ClusterObject | undefined;
  readonly management: ManagementAPI;
}

/**
 * One look at a resource, in the order of docs/facts/lakekeeper-crd.md §4.
 *
 * @returns in how many seconds to look again; undefined: when something happens.
 * @throws what is to be tried again later.
 */
export async function reconcile(
  at: Request,
  { cluster, secret, management }: World,
): Promise<number | undefined> {
  const reference = { apiVersion, kind: 'Lakekeeper', metadata: at as { name: string } };
  const lakekeeper = await cluster.get<Lakekeeper>(reference);
  if (lakekeeper === undefined) return undefined;
  const finalizers = lakekeeper.metadata.finalizers ?? [];
  if (lakekeeper.metadata.deletionTimestamp !== undefined) {
    if (finalizers.includes(finalizer))
      await cluster.patch(reference, {
        metadata: { finalizers: finalizers.filter((other) => other !== finalizer) },
      });
    return undefined;
  }
  if (!finalizers.includes(finalizer)) {
    await cluster.patch(reference, { metadata: { finalizers: [...finalizers, finalizer] } });
    return 0;
  }

  let status = lakekeeper.status ?? {};
  const set = (type: string, value: Condition['status'], reason: string, message: string) => {
    status = withCondition(status, lakekeeper, { type, status: value, reason, message });
  };
  const write = () => cluster.patch(reference, { status }, 'status');

  const missing = firstMissingSecret(lakekeeper, secret);
  if (missing !== undefined) {
    set('Degraded', 'True', 'SecretValidationFailed', missing);
    set('Ready', 'False', 'SecretValidationFailed', 'a Secret that is needed is not as it should be');
    await write();
    throw new Error(missing);
  }
  const ignored = unimplementedFields(lakekeeper);
  if (ignored.length > 0) set('ConfigWarning', 'True', 'UnimplementedFieldsConfigured', ignored.join(', '));
  else set('ConfigWarning', 'False', 'NoUnimplementedFields', 'nothing is ignored');

  const migration = await migrate(lakekeeper, cluster);
  const name = migrationJobName(lakekeeper);
  if (migration.state !== 'succeeded') {
    const reasons = {
      running: 'MigrationInProgress',
      failed: 'MigrationFailed',
      refused: 'MigrationJobCreationFailed',
    } as const;
    const reason = reasons[migration.state];
    set('Migrated', 'False', reason, migration.message);
    set('Ready', 'False', reason, migration.message);
    if (migration.state === 'failed') set('Degraded', 'True', reason, migration.message);
    if (migration.state !== 'refused') status = { ...status, migrationJob: name };
    await write();
    if (migration.state === 'refused') throw new Error(migration.message);
    return migration.state === 'running' ? secondsToNextLookAtMigration : undefined;
  }
  // Said once: a later generation that needs no other migration finds it said.
  const isSaid = status.conditions?.some(({ type, status }) => type === 'Migrated' && status === 'True');
  if (!isSaid) {
    set('Migrated', 'True', 'MigrationSucceeded', migration.message);
    status = { ...status, migrationJob: name };
  }

  const observed = await make('DeploymentReconciliationFailed', () => put(cluster, deployment(lakekeeper)));
  await make('ServiceReconciliationFailed', async () => {
    for (const service of services(lakekeeper)) await put(cluster, service);
  });
  async function make<T>(reason: string, work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      set('Degraded', 'True', reason, String(error));
      set('Ready', 'False', reason, 'an object of the catalog could not be written');
      await write();
      throw error;
    }
  }

  const { replicas = 0, readyReplicas = 0 } = observed.status ?? {};
  const wanted = lakekeeper.spec.replicas ?? 1;
  status = { ...status, replicas, readyReplicas, observedGeneration: lakekeeper.metadata.generation };
  if (wanted === 0) {
    set('Ready', 'True', 'ScaledToZero', 'no replicas are wanted');
    set('Degraded', 'False', 'Healthy', 'no replicas are wanted');
  } else if (readyReplicas > 0) {
    set('Ready', 'True', 'MinimumReplicasAvailable', `${readyReplicas} of ${wanted} pods are ready`);
    set('Degraded', 'False', 'Healthy', `${readyReplicas} of ${wanted} pods are ready`);
  } else {
    set('Ready', 'False', 'MinimumReplicasUnavailable', 'no pod is ready');
    if (replicas > 0) set('Degraded', 'True', 'NoPodsReady', 'there are pods, and none is ready');
  }
  if (readyReplicas > 0 && status.bootstrappedAt === undefined) {
    const { finding, status: found } = await findBootstrap(lakekeeper, management);
    if (finding) set('Bootstrapped', finding.status, finding.reason, finding.message);
    status = { ...status, ...found };
  }
  await write();
  if (status.bootstrappedAt !== undefined || wanted === 0) return undefined;
  return seconds(lakekeeper.spec.bootstrap?.checkInterval);
}

function firstMissingSecret(lakekeeper: Lakekeeper, secretOf: World['secret']): string | undefined {
  const { namespace } = lakekeeper.metadata;
  for (const { name, key } of neededSecrets(lakekeeper)) {
    const secret = secretOf(namespace, name);
    if (secret === undefined) return `there is no Secret ${namespace}/${name}`;
    if (!Object.hasOwn(secret.data ?? {}, key)) return `the Secret ${namespace}/${name} has no key ${key}`;
  }
  return undefined;
}

interface Migration {
  readonly state: 'succeeded' | 'running' | 'failed' | 'refused';
  readonly message: string;
}

/** §6.3: the Job's counters say how it is, not its conditions. */
async function migrate(lakekeeper: Lakekeeper, cluster: Cluster): Promise<Migration> {
  const desired = migrationJob(lakekeeper);
  const { name } = desired.metadata;
  let job: ClusterObject | undefined;
  try {
    job = await cluster.get(desired);
  } catch (error) {
    return { state: 'failed', message: `the Job ${name} could not be read: ${error}` };
  }
  if (job === undefined) {
    const { migrationJob: last, conditions = [] } = lakekeeper.status ?? {};
    const isDone = conditions.some(({ type, status }) => type === 'Migrated' && status === 'True');
    // Cleaned up after it had done its work.
    if (last === name && isDone) return { state: 'succeeded', message: `the Job ${name} had succeeded` };
    try {
      await cluster.create(desired);
    } catch (error) {
      if (error instanceof Refusal && error.reason === 'AlreadyExists')
        return { state: 'running', message: `the Job ${name} is running` };
      return { state: 'refused', message: `the Job ${name} could not be created: ${error}` };
    }
  }
  const { succeeded = 0, failed = 0 } = job?.status ?? {};
  if (succeeded > 0) return { state: 'succeeded', message: `the Job ${name} has succeeded` };
  if (failed >= 3) return { state: 'failed', message: `the Job ${name} failed ${failed} times` };
  return { state: 'running', message: `the Job ${name} is running` };
}

/** Creates it, or overwrites its spec: what somebody else changed there is gone. */
async function put(cluster: Cluster, desired: ClusterObject): Promise<ClusterObject> {
  const observed = await cluster.get(desired);
  if (observed === undefined) return cluster.create(desired);
  const { labels, ownerReferences } = desired.metadata;
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
  { metadata }: Lakekeeper,
  condition: Omit<Condition, 'lastTransitionTime' | 'observedGeneration'>,
): LakekeeperStatus {
  const conditions = status.conditions ?? [];
  const former = conditions.find(({ type }) => type === condition.type);
  const lastTransitionTime =
    former?.status === condition.status
      ? former.lastTransitionTime
      : new Date().toISOString().replace(/\.\d+/, '');
  const next = { ...condition, lastTransitionTime, observedGeneration: metadata.generation };
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
