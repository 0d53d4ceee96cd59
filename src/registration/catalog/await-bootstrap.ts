import type { KubernetesClient, ObjectAddress } from '../../clients/kubernetes/kubernetes-client.ts';
import { PermanentError } from '../../text/errors.ts';
import {
  type Condition,
  type JobObject,
  type LakekeeperObject,
  wakeOperator,
  watchJob,
  watchLakekeeper,
} from '../kubernetes-objects.ts';

/**
 * What has to have happened: with authentication on the operator cannot see that the server is bootstrapped
 * (docs/facts/lakekeeper-crd.md §7).
 */
export type AwaitedState = 'bootstrapped' | 'ready';

export interface BootstrapFailure {
  readonly failed: string;
  readonly message: string;
  /** A command that shows more. */
  readonly whereToLook: string;
}

/** `wake`: the operator has given up over something that is no failure; it looks again when the resource is touched. */
export type BootstrapState = 'waiting' | 'wake' | 'bootstrapped' | BootstrapFailure;

/**
 * Where a catalog stands. The operator's conditions count only at the current generation; a failure is also read from
 * the migration Job itself, because the operator counts containers, not the Job's conditions, and can say
 * MigrationInProgress for ever (docs/facts/lakekeeper-crd.md §6.3). A missing Secret is waiting: the operator says so
 * until it looks again.
 *
 * @param lakekeeper the custom resource; undefined when it is not there.
 * @param migrationJob the Job of the current spec; undefined before it is made and after it was cleaned up.
 */
export function bootstrapState(
  lakekeeper: LakekeeperObject | undefined,
  migrationJob: JobObject | undefined,
  awaited: AwaitedState = 'bootstrapped',
): BootstrapState {
  if (lakekeeper === undefined || lakekeeper.metadata.deletionTimestamp !== undefined)
    return {
      failed: lakekeeper === undefined ? 'NotFound' : 'BeingDeleted',
      message: `the Lakekeeper resource ${lakekeeper === undefined ? 'is not there' : 'is being deleted'}`,
      whereToLook: 'the Argo CD application of the org',
    };
  const ready = currentCondition(lakekeeper, 'Ready');
  const migrated = currentCondition(lakekeeper, 'Migrated');
  if (ready?.status === 'True') {
    if (ready.reason === 'ScaledToZero')
      return {
        failed: 'ScaledToZero',
        message: 'the catalog is scaled to zero replicas, so that there is no server to register with',
        whereToLook: describe(lakekeeper),
      };
    return awaited === 'ready' || lakekeeper.status?.bootstrappedAt ? 'bootstrapped' : 'waiting';
  }
  const failedJob = migrationJob?.status?.conditions?.find(
    ({ type, status }) => type === 'Failed' && status === 'True',
  );
  if (migrationJob !== undefined && failedJob !== undefined && migrated?.status !== 'True') {
    const { namespace = '', name } = migrationJob.metadata;
    return {
      failed: failedJob.reason ?? 'MigrationFailed',
      message: `the migration Job ${namespace}/${name} failed: ${said(failedJob)}`,
      // The Job is removed after ten minutes and its pods with it; made anew, it may succeed.
      whereToLook: `kubectl -n ${namespace} logs job/${name}; once its cause is gone: kubectl -n ${namespace} delete job ${name}`,
    };
  }
  if (migrated?.reason === 'MigrationFailed' || ready?.reason === 'MigrationFailed') {
    // The operator also says so after any error while it read the Job.
    if (migrationJob !== undefined && (migrationJob.status?.failed ?? 0) < 3) return 'wake';
    const { namespace = '' } = lakekeeper.metadata;
    const job = lakekeeper.status?.migrationJob;
    return {
      failed: 'MigrationFailed',
      message: `the operator reports that the migration failed: ${said(migrated ?? ready)}`,
      whereToLook: job
        ? `kubectl -n ${namespace} logs job/${job}; once its cause is gone: kubectl -n ${namespace} delete job ${job}`
        : describe(lakekeeper),
    };
  }
  return 'waiting';
}

/** The operator's reason while a Secret or a key of it is not there. */
const secretMissing = 'SecretValidationFailed';

/** What awaiting needs of the cluster. */
export interface BootstrapWatch {
  lakekeeper(signal: AbortSignal): AsyncGenerator<LakekeeperObject | undefined>;
  migrationJob(signal: AbortSignal): AsyncGenerator<JobObject | undefined>;
  /** Touches the custom resource. @param occasion what it is for: the same one never wakes twice. */
  wake(occasion: string): Promise<unknown>;
}

/** What waiting for a catalog needs, of this cluster. */
export function bootstrapWatch(
  client: KubernetesClient,
  at: ObjectAddress,
  migrationJob: string,
): BootstrapWatch {
  return {
    lakekeeper: (signal) => watchLakekeeper(client, at, signal),
    migrationJob: (signal) => watchJob(client, { namespace: at.namespace, name: migrationJob }, signal),
    wake: (wokenFor) => wakeOperator(client, at, { wokenFor }),
  };
}

/**
 * How long an operator may go on saying that the Secret is missing before it is woken again. It reads Secrets from a
 * cache: woken at once, it may have looked before it heard of the Secret, and does not look again by itself for a
 * quarter of an hour.
 */
const patience = 10_000;

/**
 * Waits until the catalog is bootstrapped, or ready. The Secret is there: who says that it is missing has not looked
 * since.
 *
 * @param signal the deadline, or the end of the run.
 * @param progress called with the operator's words when they change.
 * @throws PermanentError when waiting cannot help; an Error that says what was last seen when `signal` comes first.
 */
export async function awaitBootstrap(
  watch: BootstrapWatch,
  {
    awaited,
    signal,
    progress = () => {},
    patienceMs = patience,
  }: {
    readonly awaited: AwaitedState;
    readonly signal: AbortSignal;
    readonly progress?: (text: string) => void;
    readonly patienceMs?: number;
  },
): Promise<LakekeeperObject> {
  const stop = new AbortController();
  const both = AbortSignal.any([signal, stop.signal]);
  const sources = { lakekeeper: watch.lakekeeper(both), migrationJob: watch.migrationJob(both) };
  // A watch may fail while something else is awaited; whoever awaits it next is told.
  const held = <T>(promise: Promise<T>): Promise<T> => {
    promise.catch(() => {});
    return promise;
  };
  const nextLakekeeper = () =>
    held(
      sources.lakekeeper.next().then(({ value }) => ({ lakekeeper: value as LakekeeperObject | undefined })),
    );
  const nextJob = () =>
    held(sources.migrationJob.next().then(({ value }) => ({ migrationJob: value as JobObject | undefined })));
  let seen = 'nothing yet';
  let timer: NodeJS.Timeout | undefined;
  const patienceIsOver = (milliseconds: number) =>
    new Promise<'patience is over'>((resolve) => {
      timer = setTimeout(resolve, milliseconds, 'patience is over');
    });
  let next = patienceMs;
  const pending = { lakekeeper: nextLakekeeper(), migrationJob: nextJob() };
  try {
    // Both are read before anything is decided: an old failure of the one may be explained by the other.
    let [{ lakekeeper }, { migrationJob }] = await Promise.all([pending.lakekeeper, pending.migrationJob]);
    pending.lakekeeper = nextLakekeeper();
    pending.migrationJob = nextJob();
    for (;;) {
      const state = bootstrapState(lakekeeper, migrationJob, awaited);
      if (state === 'bootstrapped' && lakekeeper) return lakekeeper;
      if (typeof state === 'object')
        throw new PermanentError(`${state.message} (${state.failed}); look at: ${state.whereToLook}`);
      const now = summary(lakekeeper, migrationJob);
      if (now !== seen) progress(now);
      seen = now;
      if (state === 'wake') await watch.wake(occasionOf(lakekeeper));
      const missesSecret = lakekeeper && currentCondition(lakekeeper, 'Ready')?.reason === secretMissing;
      const news = await Promise.race([
        pending.lakekeeper,
        pending.migrationJob,
        ...(missesSecret ? [patienceIsOver(next)] : []),
      ]);
      clearTimeout(timer);
      if (news === 'patience is over') {
        await watch.wake(`secret-${new Date().toISOString()}`);
        next *= 2;
      } else if ('lakekeeper' in news) {
        lakekeeper = news.lakekeeper;
        pending.lakekeeper = nextLakekeeper();
      } else {
        migrationJob = news.migrationJob;
        pending.migrationJob = nextJob();
      }
    }
  } catch (cause) {
    if (!signal.aborted || cause instanceof PermanentError) throw cause;
    throw new Error(
      `stopped while waiting until the catalog is ${awaited}; last seen: ${seen}. Run register again: it goes on from here`,
      { cause },
    );
  } finally {
    clearTimeout(timer);
    stop.abort();
    await Promise.allSettled([pending.lakekeeper, pending.migrationJob]);
  }
}

/** A condition, when it speaks of the resource as it is now. */
function currentCondition({ metadata, status }: LakekeeperObject, type: string): Condition | undefined {
  const condition = status?.conditions?.find((candidate) => candidate.type === type);
  return condition && (condition.observedGeneration ?? 0) >= (metadata.generation ?? 0)
    ? condition
    : undefined;
}

function occasionOf(lakekeeper: LakekeeperObject | undefined): string {
  const { generation = 0 } = lakekeeper?.metadata ?? {};
  const since = lakekeeper?.status?.conditions?.find(({ type }) => type === 'Migrated')?.lastTransitionTime;
  return `migration-${generation}-${since ?? 'unknown'}`;
}

function summary(lakekeeper: LakekeeperObject | undefined, migrationJob: JobObject | undefined): string {
  const conditions = (lakekeeper?.status?.conditions ?? [])
    .filter(({ type }) => ['Ready', 'Migrated', 'Bootstrapped'].includes(type))
    .map((condition) => `${condition.type}=${condition.status} (${said(condition)})`);
  const job = migrationJob && `migration Job ${migrationJob.metadata.name}: ${jobState(migrationJob)}`;
  return [...conditions, ...(job ? [job] : [])].join('; ') || 'the operator has not said anything';
}

function jobState({ status }: JobObject): string {
  if (status?.succeeded) return 'succeeded';
  return status?.failed ? `failed ${status.failed} times` : 'running';
}

function said(condition: Condition | undefined): string {
  return [condition?.reason, condition?.message].filter(Boolean).join(': ') || 'no reason given';
}

function describe({ metadata }: LakekeeperObject): string {
  return `kubectl -n ${metadata.namespace ?? ''} describe lakekeeper ${metadata.name}`;
}
