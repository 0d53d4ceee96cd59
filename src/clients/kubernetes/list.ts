import type { KubernetesClient, KubernetesObject } from './kubernetes-client.ts';
import { isRefusedAs } from './kubernetes-errors.ts';
import type { Resource } from './kubernetes-request.ts';

export interface ListedCollection {
  readonly resource: Resource;
  /** Empty for all namespaces. */
  readonly namespace: string;
  readonly labelSelector?: string;
}

interface Page<T> {
  readonly metadata?: { readonly continue?: string };
  readonly items: readonly T[];
}

/** As kubectl's `--chunk-size`. */
const pageSize = 500;
/** How often a list may restart because its resource version expired between two pages. */
const maxRestarts = 3;

/**
 * Lists a collection in pages of 500 objects, which limits the memory of both sides.
 *
 * @param keep maps an object to the value to return for it; undefined leaves it out.
 * @returns these values, by `namespace/name`.
 * @throws as `KubernetesClient.call`.
 */
export async function listObjects<T extends KubernetesObject, R>(
  client: KubernetesClient,
  { resource, namespace, labelSelector }: ListedCollection,
  keep: (object: T) => R | undefined,
): Promise<Map<string, R>> {
  for (let restarts = 0; ; restarts += 1) {
    const found = new Map<string, R>();
    let from: string | undefined;
    try {
      do {
        const query = {
          limit: String(pageSize),
          ...(labelSelector && { labelSelector }),
          ...(from && { continue: from }),
        };
        const page: Page<T> = await client.call({ verb: 'list', resource, namespace, query });
        for (const object of page.items) {
          const kept = keep(object);
          if (kept !== undefined)
            found.set(`${object.metadata.namespace ?? ''}/${object.metadata.name}`, kept);
        }
        from = page.metadata?.continue;
      } while (from);
      return found;
    } catch (error) {
      // The resource version of the pages has expired.
      if (!isRefusedAs(error, 'expired') || restarts === maxRestarts) throw error;
    }
  }
}
