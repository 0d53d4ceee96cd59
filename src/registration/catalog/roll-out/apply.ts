import { setTimeout as sleep } from 'node:timers/promises';
import type { KubernetesClient } from '../../../clients/kubernetes/kubernetes-client.ts';
import { isRefusedAs } from '../../../clients/kubernetes/kubernetes-errors.ts';
import { PermanentError } from '../../../text/errors.ts';
import type { RegistrationAction } from '../../actions.ts';
import { resources } from '../../objects/cluster-objects.ts';
import { requestReconcile } from '../../objects/operator-objects.ts';
import { type CatalogAddress, type PodObject, watchCatalog } from './observe.ts';
import { planCatalog, type SettledCriteria } from './plan.ts';

export interface AwaitCatalog {
  /** Ends the wait: the deadline of the run, or SIGTERM. */
  readonly signal: AbortSignal;
  readonly onAction: (action: RegistrationAction) => void;
  /** Called with the reason of the wait, when it changes. */
  readonly progress: (text: string) => void;
  /** The time before a second reconcile is requested. It doubles each time. The default is 10 s. */
  readonly reconcilePauseMs?: number;
}

/** The operator reads Secrets from a cache, which may be some seconds old. */
const reconcilePauseDefaultMs = 10_000;
const maxRepeatMs = 1000;

/**
 * Waits until the catalog is settled (`planCatalog`) by its watches. Each may be behind, and not as far as the others,
 * so the caller has to observe the catalog again. Meanwhile it requests reconciles of the operator, and evicts
 * pods that were started with former values, one at a time. Two runs for one org may do so at the same time: both
 * choose the same pod, and no other one before that is replaced.
 *
 * @throws PermanentError if waiting cannot help; after `signal`, an Error with what was last waited for.
 */
export async function awaitCatalog(
  client: KubernetesClient,
  at: CatalogAddress,
  criteria: SettledCriteria,
  { signal, onAction, progress, reconcilePauseMs = reconcilePauseDefaultMs }: AwaitCatalog,
): Promise<void> {
  const object = `${at.namespace}/${at.name}`;
  const replaced = new Set<string>();
  let waitsFor = 'nothing seen yet';
  let nextRequestAt = 0;
  let pauseMs = reconcilePauseMs;
  const repeatAfterMs = Math.min(reconcilePauseMs, maxRepeatMs);
  try {
    for await (const observed of watchCatalog(client, at, signal, repeatAfterMs)) {
      const step = planCatalog(observed, criteria);
      if (step.kind === 'settled') return;
      if (step.kind === 'fail') throw new PermanentError(step.message);
      if (step.for !== waitsFor) progress(step.for);
      waitsFor = step.for;
      if (step.kind === 'requestReconcile' && Date.now() >= nextRequestAt) {
        await requestReconcile(client, at);
        onAction({ kind: 'requestReconcile', object });
        nextRequestAt = step.isRepeated ? Date.now() + pauseMs : Number.POSITIVE_INFINITY;
        pauseMs *= 2;
      }
      if (step.kind === 'replacePod') {
        await untilNextSecond(criteria.startValuesChangedAt, signal);
        if ((await evictPod(client, step.pod)) === 'evicted') replaced.add(step.pod.metadata.uid);
      }
    }
    throw new Error('the watches of the catalog ended');
  } catch (cause) {
    if (!signal.aborted || cause instanceof PermanentError) throw cause;
    const message =
      `stopped while waiting for the catalog; last seen: ${waitsFor}. Run register again: it goes on ` +
      'from here';
    throw new Error(message, { cause });
  } finally {
    if (replaced.size > 0) onAction({ kind: 'replacePods', object, detail: `${replaced.size} in all` });
  }
}

/**
 * Kubernetes' times are whole seconds. The next run would regard a pod that is created in the second of the change as
 * a former one.
 */
async function untilNextSecond(changedAt: number, signal: AbortSignal): Promise<void> {
  const left = changedAt + 1000 - Date.now();
  if (left > 0) await sleep(Math.min(left, 1000), undefined, { signal });
}

/**
 * Evicts a pod, as far as PodDisruptionBudgets allow. The uid is a precondition, so that a repeated request does not
 * evict the replacement.
 *
 * @returns `forbidden` while a PodDisruptionBudget prevents it (429).
 */
export async function evictPod(
  client: KubernetesClient,
  { metadata }: PodObject,
): Promise<'evicted' | 'gone' | 'forbidden'> {
  const { namespace = '', name, uid } = metadata;
  const body = {
    apiVersion: 'policy/v1',
    kind: 'Eviction',
    metadata: { name, namespace },
    deleteOptions: { preconditions: { uid } },
  };
  const call = { resource: resources.pods, namespace, name, subresource: 'eviction', body };
  try {
    await client.call({ verb: 'create', ...call });
    return 'evicted';
  } catch (error) {
    // 409: the pod with this name has another uid.
    if (isRefusedAs(error, 'notFound') || isRefusedAs(error, 'conflict')) return 'gone';
    if (isRefusedAs(error, 'busy')) return 'forbidden';
    throw error;
  }
}
