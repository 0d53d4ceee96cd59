import { setTimeout as sleep } from 'node:timers/promises';
import type { KubernetesClient } from '../../../clients/kubernetes/kubernetes-client.ts';
import { hasCode } from '../../../clients/kubernetes/kubernetes-errors.ts';
import { PermanentError } from '../../../text/errors.ts';
import type { RegistrationAction } from '../../actions.ts';
import { resources } from '../../objects/cluster-objects.ts';
import { requestReconcile } from '../../objects/operator-objects.ts';
import { type CatalogAddress, type ObservedCatalog, type PodObject, watchCatalog } from './observe.ts';
import { planCatalog, type SettledCriteria } from './plan.ts';

export interface AwaitCatalog {
  /** The deadline, or the end of the run. */
  readonly signal: AbortSignal;
  readonly onAction: (action: RegistrationAction) => void;
  /** Called with what is waited for, when that changes. */
  readonly progress: (text: string) => void;
  /**
   * How long an operator may go on waiting for what is there until it is asked again, in milliseconds; doubled
   * each time.
   */
  readonly reconcilePauseMs?: number;
}

/** The operator reads Secrets from a cache, which may lag: a request at once may be too early. */
const reconcilePauseDefaultMs = 10_000;
const maxRepeatMs = 1000;

/**
 * Waits until the catalog is settled (`planCatalog`), and does what has to be done for it: asks the operator to
 * look again, and replaces pods that were started with former values, one at a time. Holds nothing that others
 * need. Two runs for one org may do so at once: both take the same pod, and no other before it is replaced.
 *
 * @returns the settled catalog, as the watches said. They may be behind: one more look is due.
 * @throws PermanentError when waiting cannot help; an Error that says what was last waited for when `signal`
 * comes first.
 */
export async function awaitCatalog(
  client: KubernetesClient,
  at: CatalogAddress,
  criteria: SettledCriteria,
  { signal, onAction, progress, reconcilePauseMs = reconcilePauseDefaultMs }: AwaitCatalog,
): Promise<ObservedCatalog> {
  const object = `${at.namespace}/${at.name}`;
  const replaced = new Set<string>();
  let waitsFor = 'nothing seen yet';
  let nextRequestAt = 0;
  let pauseMs = reconcilePauseMs;
  const repeatAfterMs = Math.min(reconcilePauseMs, maxRepeatMs);
  try {
    for await (const observed of watchCatalog(client, at, signal, repeatAfterMs)) {
      const step = planCatalog(observed, criteria);
      if (step.kind === 'settled') return observed;
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
 * Kubernetes tells times in whole seconds. A pod that is made in the second of the change would be taken for a
 * former one by the next run.
 */
async function untilNextSecond(changedAt: number, signal: AbortSignal): Promise<void> {
  const left = changedAt + 1000 - Date.now();
  if (left > 0) await sleep(Math.min(left, 1000), undefined, { signal });
}

/**
 * Asks for a pod to go, within what disruption budgets allow. It names the uid, so that a repeated request
 * never takes the pod that came after it.
 *
 * @returns `forbidden` while a disruption budget is against it (429).
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
    // 409: the pod of that name is another one.
    if (hasCode(error, 404) || hasCode(error, 409)) return 'gone';
    if (hasCode(error, 429)) return 'forbidden';
    throw error;
  }
}
