import { UsageError } from '../text/errors.ts';
import { parseText, readText } from '../text/text-file.ts';
import { type Ducklings, parseDucklings } from './ducklings.ts';

/**
 * Reads the Duckling resources.
 *
 * @param from a file with the output of `kubectl get ducklings -A -o json` (or yaml); `cluster` for the cluster of the
 *   kubeconfig; undefined for none.
 * @throws UsageError when the file is not such a list, or the cluster refuses.
 */
export async function readDucklings(from: string | undefined): Promise<Ducklings> {
  if (from === undefined) return new Map();
  const content = from === 'cluster' ? await listFromCluster() : parseText(from, await readText(from));
  const ducklings = parseDucklings(content);
  if (ducklings !== undefined) return ducklings;
  throw new UsageError(
    `${from}: is not a list of Ducklings; expected the output of: kubectl get ducklings -A -o json`,
  );
}

async function listFromCluster(): Promise<unknown> {
  const { CustomObjectsApi, KubeConfig } = await import('../clients/kubernetes/client-node.ts');
  const config = new KubeConfig();
  config.loadFromDefault();
  const cluster = config.getCurrentCluster()?.server ?? 'the cluster of the kubeconfig';
  const api = config.makeApiClient(CustomObjectsApi);
  const items: unknown[] = [];
  let next: string | undefined;
  do {
    const page = await api
      .listClusterCustomObject({
        group: 'k8s.posthog.com',
        version: 'v1alpha1',
        plural: 'ducklings',
        limit: 500,
        ...(next ? { _continue: next } : {}),
      })
      .catch((cause: unknown) => {
        throw whileListing(cluster, cause);
      });
    items.push(...((page as { items?: unknown[] }).items ?? []));
    next = (page as { metadata?: { continue?: string } }).metadata?.continue;
  } while (next);
  return { items };
}

function whileListing(cluster: string, cause: unknown): Error {
  const { code } = cause as { code?: number };
  if (code === 401 || code === 403)
    return new UsageError(
      `while listing Ducklings in ${cluster}: refused (${code}); you need the right to list ` +
        'ducklings.k8s.posthog.com in all namespaces',
    );
  if (code === 404)
    return new UsageError(
      `while listing Ducklings in ${cluster}: it has no resource ducklings.k8s.posthog.com/v1alpha1`,
    );
  return new Error(`while listing Ducklings in ${cluster}`, { cause });
}
