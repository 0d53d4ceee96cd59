import { UsageError } from '../../text/errors.ts';
import type { Resource } from './kubernetes-request.ts';

/** Resources of one kind that a person, or CI, lists. */
export interface ListedResources extends Resource {
  /** All namespaces when left out. */
  readonly namespace?: string | undefined;
  /** In the form of kubectl's `--selector`. */
  readonly labelSelector?: string | undefined;
}

/** The kind in messages, as kubectl takes it: `ducklings.k8s.posthog.com`. */
export function kindName({ group, plural }: Resource): string {
  return `${plural}.${group}`;
}

/** As kubectl's `--chunk-size`. */
const pageSize = 500;
/** How often a list may restart because its resource version expired between two pages. */
const maxRestarts = 3;

/**
 * Lists resources of an API group in the cluster of the kubeconfig, or in the one of the pod.
 *
 * @throws UsageError when the cluster refuses, or does not have the kind; any other error when trying again may help.
 */
export async function listResources(listed: ListedResources): Promise<unknown[]> {
  const { CustomObjectsApi, KubeConfig } = await import('./client-node.ts');
  const config = new KubeConfig();
  config.loadFromDefault();
  const server = config.getCurrentCluster()?.server ?? 'the cluster of the kubeconfig';
  const api = config.makeApiClient(CustomObjectsApi);
  const { group, version, plural, namespace, labelSelector } = listed;
  const kind = { group, version, plural, limit: pageSize, ...(labelSelector && { labelSelector }) };
  for (let restarts = 0; ; restarts += 1) {
    try {
      const items: unknown[] = [];
      let next: string | undefined;
      do {
        const query = { ...kind, ...(next && { _continue: next }) };
        const page: Page = await (namespace === undefined
          ? api.listClusterCustomObject(query)
          : api.listNamespacedCustomObject({ ...query, namespace }));
        items.push(...(page.items ?? []));
        next = page.metadata?.continue;
      } while (next);
      return items;
    } catch (error) {
      if (codeOf(error) !== 410 || restarts === maxRestarts) throw whileListing(listed, server, error);
    }
  }
}

interface Page {
  readonly items?: readonly unknown[];
  readonly metadata?: { readonly continue?: string };
}

function codeOf(error: unknown): number | undefined {
  return (error as { code?: number }).code;
}

function whileListing(listed: ListedResources, server: string, cause: unknown): Error {
  const { group, version, namespace, labelSelector } = listed;
  const kind = kindName(listed);
  const place = namespace === undefined ? 'all namespaces' : `namespace ${namespace}`;
  const at = `while listing ${kind} of ${place} in ${server}`;
  switch (codeOf(cause)) {
    case 401:
    case 403:
      return new UsageError(
        `${at}: refused (${codeOf(cause)}); you need the right to list ${kind} in ${place}`,
      );
    case 404:
      return new UsageError(
        `${at}: it has no resource ${kind}/${version}; what it has is listed by: ` +
          `kubectl api-resources --api-group ${group}`,
      );
    case 400:
      return new UsageError(
        `${at}: it does not accept the label selector ${JSON.stringify(labelSelector)} (400)`,
      );
    default:
      return new Error(at, { cause });
  }
}
