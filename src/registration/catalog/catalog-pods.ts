import type {
  KubernetesClient,
  KubernetesObject,
  ObjectAddress,
} from '../../clients/kubernetes/kubernetes-client.ts';
import { hasCode } from '../../clients/kubernetes/kubernetes-errors.ts';
import { watchCollection } from '../../clients/kubernetes/watch.ts';
import type { Condition } from '../kubernetes-objects.ts';
import { resources } from '../kubernetes-objects.ts';

export interface PodObject extends KubernetesObject {
  readonly status?: { readonly conditions?: readonly Condition[] };
}

/** The server's pods, without those of its migration Job (docs/facts/lakekeeper-crd.md §6.1). */
export function watchCatalogPods(
  client: KubernetesClient,
  { namespace, name }: ObjectAddress,
  signal: AbortSignal,
): AsyncGenerator<readonly PodObject[]> {
  const labels = { name: 'lakekeeper', instance: name, 'managed-by': 'lakekeeper-operator' };
  const labelSelector = Object.entries(labels)
    .map(([key, value]) => `app.kubernetes.io/${key}=${value}`)
    .join(',');
  return watchCollection<PodObject>(
    client,
    { resource: resources.pods, namespace, selector: { labelSelector } },
    signal,
  );
}

/**
 * Asks for a pod to go, within what disruption budgets allow (429 until they do: tried again). It names the uid, so that
 * a repeated request never takes the pod that came after it.
 */
export async function evictPod(
  client: KubernetesClient,
  { metadata }: PodObject,
): Promise<'evicted' | 'gone'> {
  const { namespace = '', name, uid } = metadata;
  const body = {
    apiVersion: 'policy/v1',
    kind: 'Eviction',
    metadata: { name, namespace },
    deleteOptions: { preconditions: { uid } },
  };
  try {
    await client.call({
      verb: 'create',
      resource: resources.pods,
      namespace,
      name,
      subresource: 'eviction',
      body,
    });
    return 'evicted';
  } catch (error) {
    // 409: the pod of that name is another one.
    if (hasCode(error, 404) || hasCode(error, 409)) return 'gone';
    throw error;
  }
}

/**
 * Replaces the catalog's pods one at a time: each is evicted only when as many are ready as there were. The operator does
 * not do it when the Secret changes (docs/facts/lakekeeper-crd.md §4).
 *
 * @returns how many were replaced.
 */
export async function replaceCatalogPods(
  client: KubernetesClient,
  at: ObjectAddress,
  signal: AbortSignal,
): Promise<number> {
  let old: Set<string> | undefined;
  let wanted = 0;
  let replaced = 0;
  const stop = new AbortController();
  try {
    for await (const pods of watchCatalogPods(client, at, AbortSignal.any([signal, stop.signal]))) {
      const staying = pods.filter(({ metadata }) => metadata.deletionTimestamp === undefined);
      if (old === undefined) {
        old = new Set(pods.map(({ metadata }) => metadata.uid));
        wanted = staying.length;
      }
      const before = old;
      const present = pods.filter(({ metadata }) => before.has(metadata.uid));
      const ready = staying.filter(isReady).length;
      if (present.length === 0 && ready >= wanted) return replaced;
      const isUnderWay = present.some(({ metadata }) => metadata.deletionTimestamp !== undefined);
      // A pod that is not ready serves nobody: with the old password it never will be.
      const next = staying.find((pod) => before.has(pod.metadata.uid) && (!isReady(pod) || ready >= wanted));
      if (next === undefined || isUnderWay) continue;
      if ((await evictPod(client, next)) === 'evicted') replaced += 1;
    }
    return replaced;
  } finally {
    stop.abort();
  }
}

function isReady({ status }: PodObject): boolean {
  return status?.conditions?.some(({ type, status: is }) => type === 'Ready' && is === 'True') ?? false;
}
