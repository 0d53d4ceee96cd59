import type { KubernetesClient, ObjectAddress } from '../../clients/kubernetes/kubernetes-client.ts';
import { isRefusedAs } from '../../clients/kubernetes/kubernetes-errors.ts';
import type { Resource } from '../../clients/kubernetes/kubernetes-request.ts';
import { ducklingResource } from '../../mapping/duckling-paths.ts';

/**
 * The kinds of objects that registration and retirement read and write. Their rights:
 * `manifests/registration-access.ts`.
 */
export const resources = {
  secrets: { group: '', version: 'v1', plural: 'secrets' },
  configMaps: { group: '', version: 'v1', plural: 'configmaps' },
  namespaces: { group: '', version: 'v1', plural: 'namespaces' },
  serviceAccounts: { group: '', version: 'v1', plural: 'serviceaccounts' },
  pods: { group: '', version: 'v1', plural: 'pods' },
  deployments: { group: 'apps', version: 'v1', plural: 'deployments' },
  jobs: { group: 'batch', version: 'v1', plural: 'jobs' },
  events: { group: 'events.k8s.io', version: 'v1', plural: 'events' },
  lakekeepers: { group: 'lakekeeper.k8s.lakekeeper.io', version: 'v1alpha1', plural: 'lakekeepers' },
  ducklings: ducklingResource,
} as const satisfies Record<string, Resource>;

/** @returns the object; undefined if it does not exist. */
export async function readObject<T>(
  client: KubernetesClient,
  resource: Resource,
  { namespace, name }: ObjectAddress,
): Promise<T | undefined> {
  try {
    return await client.call<T>({ verb: 'get', resource, namespace, name });
  } catch (error) {
    if (isRefusedAs(error, 'notFound')) return undefined;
    throw error;
  }
}
