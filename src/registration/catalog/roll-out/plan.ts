import type { Condition, JobObject, LakekeeperObject } from '../../objects/operator-objects.ts';
import type { DeploymentObject, ObservedCatalog, PodObject } from './observe.ts';
import {
  conditionText,
  currentCondition,
  missingSecret,
  mostSpecificCondition,
} from './operator-conditions.ts';
import { deploymentConditions, outcomeOfReason } from './operator-reasons.ts';

/** The criteria of a settled catalog. */
export interface SettledCriteria {
  /**
   * What the operator has to report. With authentication it has no token, and never reports that the server is
   * bootstrapped (docs/facts/lakekeeper-crd.md §7).
   */
  readonly operatorReports: 'bootstrapped' | 'ready';
  /**
   * The last change of the values that pods read at their start, in milliseconds since 1970 by the API server's clock.
   * Older pods run with former values.
   */
  readonly startValuesChangedAt: number;
}

/** The next action. */
export type CatalogStep =
  /** The answers of the server can be used. */
  | { readonly kind: 'settled' }
  | { readonly kind: 'wait'; readonly for: string }
  /** The operator waits for an object that exists. It reconciles again after a change of its resource. */
  | { readonly kind: 'requestReconcile'; readonly for: string; readonly isRepeated: boolean }
  | { readonly kind: 'replacePod'; readonly pod: PodObject; readonly for: string }
  /** Waiting cannot help. */
  | { readonly kind: 'fail'; readonly message: string };

/**
 * The next step towards a settled catalog: migrated, rolled out, and without pods that were started with former
 * values.
 *
 * - Only conditions of the current generation are used. `Ready` does not mean that a roll-out is complete: it is true
 * as soon as the Deployment is written, with the former pods (docs/facts/operator-recordings.md §1, states 09 and
 * 12).
 * - A failed migration is detected by its Job, because the operator keeps MigrationInProgress (recordings 19, 30).
 * - For a missing Secret that registration does not write, a reconcile is requested only once (recording 27).
 */
export function planCatalog(observed: ObservedCatalog, criteria: SettledCriteria): CatalogStep {
  const { lakekeeper } = observed;
  if (lakekeeper === undefined || lakekeeper.metadata.deletionTimestamp !== undefined)
    return fail(
      `the Lakekeeper resource ${lakekeeper === undefined ? 'does not exist' : 'is being deleted'}; ` +
        'check the Argo CD Application of the org',
    );
  return (
    planOperator(lakekeeper, observed.migrationJob) ??
    planRollOut(observed, criteria) ??
    planBootstrap(lakekeeper, criteria)
  );
}

/** Whether a Deployment, and so all its pods, is newer than the last change of the values. */
export function isNewerThanValues(
  { metadata }: DeploymentObject,
  { startValuesChangedAt }: Pick<SettledCriteria, 'startValuesChangedAt'>,
): boolean {
  return Date.parse(metadata.creationTimestamp ?? '') > startValuesChangedAt;
}

/**
 * Whether a Deployment shows that no pod of a former template is left. Before Kubernetes 1.35 it has no count of
 * terminating pods. Then the time since the end of the last roll-out has to exceed the pods' grace period.
 *
 * @param now in milliseconds since 1970.
 */
export function showsNoFormerPod({ spec, status }: DeploymentObject, now: number): boolean {
  if (status?.terminatingReplicas !== undefined) return status.terminatingReplicas === 0;
  const { terminationGracePeriodSeconds = 30 } = spec?.template?.spec ?? {};
  const rolledOut = status?.conditions?.find(
    ({ type, reason }) => type === 'Progressing' && reason === 'NewReplicaSetAvailable',
  );
  const endedAt = Date.parse(rolledOut?.lastUpdateTime ?? '');
  return now - endedAt > terminationGracePeriodSeconds * 1000 + clockSkewMs;
}
const clockSkewMs = 120_000;

/** Whether Deployment and pods are the same in two observations, so that no roll-out began between them. */
export function isSameRollOut(before: ObservedCatalog, after: ObservedCatalog): boolean {
  const key = ({ lakekeeper, deployment, pods }: ObservedCatalog) =>
    JSON.stringify([
      lakekeeper?.metadata.generation,
      deployment?.metadata.generation,
      pods.map(({ metadata }) => metadata.uid).sort(),
    ]);
  return key(before) === key(after);
}

function planOperator(
  lakekeeper: LakekeeperObject,
  migrationJob: JobObject | undefined,
): CatalogStep | undefined {
  const ready = currentCondition(lakekeeper, 'Ready');
  if (ready?.status === 'True')
    return ready.reason === 'ScaledToZero'
      ? fail(
          'the catalog is scaled to zero replicas, so that there is no server to register with; ' +
            `scale it up: ${describe(lakekeeper)}`,
        )
      : undefined;
  const failed = failedMigration(lakekeeper, migrationJob);
  if (failed !== undefined) return failed;
  if (ready?.reason === 'SecretValidationFailed') return planMissingSecret(lakekeeper);
  // Pods may be unready because they run with former credentials, and then have to be replaced.
  return ready?.reason === 'MinimumReplicasUnavailable'
    ? undefined
    : wait(operatorMessage(lakekeeper, migrationJob));
}

function failedMigration(
  lakekeeper: LakekeeperObject,
  migrationJob: JobObject | undefined,
): CatalogStep | undefined {
  const migrated = lakekeeper.status?.conditions?.find(({ type }) => type === 'Migrated');
  if (migrated?.status === 'True') return undefined;
  const { namespace = '' } = lakekeeper.metadata;
  const condition = migrationJob?.status?.conditions?.find(
    ({ type, status }) => type === 'Failed' && status === 'True',
  );
  if (migrationJob !== undefined && condition !== undefined)
    return fail(
      `the migration Job ${namespace}/${migrationJob.metadata.name} failed: ${conditionText(condition)}. ` +
        `${migrateAgain(namespace, migrationJob.metadata.name)}`,
    );
  const current = ['Migrated', 'Ready'].map((type) => currentCondition(lakekeeper, type));
  const byOperator = current.find((one) => one?.reason === 'MigrationFailed');
  if (byOperator === undefined) return undefined;
  // The operator also reports it after any error while reading the Job (docs/facts/lakekeeper-crd.md §6.3).
  if (migrationJob !== undefined && (migrationJob.status?.failed ?? 0) < 3)
    return requestReconcile('the operator calls a migration failed that is not', true);
  const job = lakekeeper.status?.migrationJob;
  const advice = job ? migrateAgain(namespace, job) : describe(lakekeeper);
  return fail(`the operator reports that the migration failed: ${conditionText(byOperator)}. ${advice}`);
}

/** The failed pod and its log are deleted (recordings 19, 30), so only another run shows the cause. */
function migrateAgain(namespace: string, job: string): string {
  return (
    `Its pod is gone with its log; run the migration again and watch it: kubectl -n ${namespace} ` +
    `delete job ${job}, then kubectl -n ${namespace} logs -f job/${job}`
  );
}

function planMissingSecret(lakekeeper: LakekeeperObject): CatalogStep {
  const { namespace = '', name } = lakekeeper.metadata;
  const missing = missingSecret(lakekeeper);
  if (missing === undefined || missing.secret === name)
    return requestReconcile(`the operator has not seen the Secret ${namespace}/${name} yet`, true);
  const what = missing.key === undefined ? '' : `the key ${missing.key} of `;
  return requestReconcile(
    `the operator misses ${what}the Secret ${namespace}/${missing.secret}, which registration does ` +
      'not write: make it, and run register again',
    false,
  );
}

function planRollOut(
  { deployment, pods }: ObservedCatalog,
  { startValuesChangedAt }: SettledCriteria,
): CatalogStep | undefined {
  if (deployment === undefined) return wait('the operator has not made the Deployment yet');
  const wanted = deployment.spec?.replicas ?? 1;
  const {
    observedGeneration = 0,
    replicas = 0,
    updatedReplicas = 0,
    availableReplicas = 0,
  } = deployment.status ?? {};
  const counts = `${updatedReplicas} of ${wanted} pods updated, ${availableReplicas} available`;
  const progress = `${counts}${stalled(deployment)}`;
  if (observedGeneration < (deployment.metadata.generation ?? 0))
    return wait('the Deployment has been changed, and its roll-out has not begun');
  if (updatedReplicas < wanted || replicas > updatedReplicas)
    return wait(`the Deployment is rolling out: ${progress}${notReady(pods)}`);

  // Times are whole seconds: a pod of the same second may be older.
  const isFormer = ({ metadata }: PodObject) =>
    Date.parse(metadata.creationTimestamp ?? '') <= startValuesChangedAt;
  const remaining = pods.filter(({ metadata }) => metadata.deletionTimestamp === undefined);
  const terminating = pods.filter((pod) => pod.metadata.deletionTimestamp !== undefined && isReady(pod));
  if (terminating.length > 0) return wait(`pods still serve that are about to go: ${names(terminating)}`);
  // Unready pods come first, since they serve nobody. With a former password they never become ready.
  const [next] = remaining.filter(isFormer).sort(byReadinessThenAge);
  if (next !== undefined) {
    const why = `pods run with former credentials, key or settings: ${names(remaining.filter(isFormer))}`;
    return !isReady(next) || remaining.filter(isReady).length >= wanted
      ? { kind: 'replacePod', pod: next, for: why }
      : wait(`${why}; ${progress}${notReady(remaining)}`);
  }
  return availableReplicas < wanted ? wait(`pods start: ${progress}${notReady(pods)}`) : undefined;
}

function planBootstrap(lakekeeper: LakekeeperObject, { operatorReports }: SettledCriteria): CatalogStep {
  const isReady = currentCondition(lakekeeper, 'Ready')?.status === 'True';
  const isSeen = operatorReports === 'ready' || lakekeeper.status?.bootstrappedAt !== undefined;
  return isReady && isSeen ? { kind: 'settled' } : wait(operatorMessage(lakekeeper, undefined));
}

const wait = (reason: string): CatalogStep => ({ kind: 'wait', for: reason });
const fail = (message: string): CatalogStep => ({ kind: 'fail', message });
const requestReconcile = (reason: string, isRepeated: boolean): CatalogStep => ({
  kind: 'requestReconcile',
  for: reason,
  isRepeated,
});

function operatorMessage(lakekeeper: LakekeeperObject, migrationJob: JobObject | undefined): string {
  const telling = mostSpecificCondition(lakekeeper);
  if (telling === undefined) return 'the operator has not observed the current generation of the resource';
  const { succeeded, failed } = migrationJob?.status ?? {};
  const job = succeeded ? ' (it succeeded)' : failed ? ` (failed ${failed} times)` : '';
  const { whatToDo } = outcomeOfReason(telling.reason);
  return `the operator says ${conditionText(telling)}${job}${whatToDo.startsWith('nothing') ? '' : ` (${whatToDo})`}`;
}

/** The conditions of a roll-out that makes no progress. Kubernetes continues it nevertheless. */
function stalled({ status }: DeploymentObject): string {
  const { ReplicaFailure, Progressing } = deploymentConditions;
  const texts = (status?.conditions ?? []).map((condition) => {
    if (condition.type === 'ReplicaFailure' && condition.status === 'True')
      return `, ${conditionText(condition)} (${ReplicaFailure.whatToDo})`;
    if (condition.type === 'Progressing' && condition.status === 'False')
      return `, ${conditionText(condition)} (${Progressing.whatToDo})`;
    return '';
  });
  return texts.join('');
}

function notReady(pods: readonly PodObject[]): string {
  const unready = pods.filter((pod) => !isReady(pod));
  return unready.length === 0 ? '' : `; not ready: ${names(unready)}`;
}

function names(pods: readonly PodObject[]): string {
  return pods.map(({ metadata }) => metadata.name).join(', ');
}

function isReady({ status }: PodObject): boolean {
  return status?.conditions?.some((one: Condition) => one.type === 'Ready' && one.status === 'True') ?? false;
}

/** A total order, so that two runs at the same time replace the same pod. */
function byReadinessThenAge(one: PodObject, other: PodObject): number {
  const key = (pod: PodObject) =>
    `${isReady(pod) ? 1 : 0} ${pod.metadata.creationTimestamp} ${pod.metadata.name}`;
  return key(one) < key(other) ? -1 : 1;
}

function describe({ metadata }: LakekeeperObject): string {
  return `kubectl -n ${metadata.namespace ?? ''} describe lakekeeper ${metadata.name}`;
}
