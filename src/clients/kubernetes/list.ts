import type { KubernetesClient, KubernetesObject } from './kubernetes-client.ts';
import { hasCode } from './kubernetes-errors.ts';
import type { Resource } from './kubernetes-request.ts';

export interface ListedCollection {
  readonly resource: Resource;
  /** Empty for all namespaces. */
  readonly namespace: string;
  readonly labelSelector?: string;
}

interface Page<T> {
  readonly metadata: { readonly continue?: string };
  readonly items: readonly T[];
}

/** As kubectl asks for them. */
const pageSize = 500;
/** How often a list is begun anew whose version the server has forgotten before its end. */
const mostRestarts = 3;

/**
 * All objects of a collection, page by page, so that neither side holds all of them as text at a time.
 *
 * @param keep what is kept of an object; `undefined` for one that is of no interest.
 * @returns what was kept, by `namespace/name`.
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
        from = page.metadata.continue;
      } while (from);
      return found;
    } catch (error) {
      // The version that the pages are of is no longer there.
      if (!hasCode(error, 410) || restarts === mostRestarts) throw error;
    }
  }
}
