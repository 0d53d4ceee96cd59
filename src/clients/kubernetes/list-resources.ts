import { UsageError } from '../../text/errors.ts';
import { kubernetesClient } from './kubernetes-client.ts';
import { connectKubernetes } from './kubernetes-connection.ts';
import { KubernetesError } from './kubernetes-errors.ts';
import type { Resource } from './kubernetes-request.ts';
import { listObjects } from './list.ts';

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

/**
 * Lists resources of an API group in the cluster of the kubeconfig, or in the one of the pod.
 *
 * @throws UsageError when the cluster refuses, or does not have the kind; any other error when trying again may help.
 */
export async function listResources(listed: ListedResources): Promise<unknown[]> {
  const client = kubernetesClient(await connectKubernetes(), { attempts: 3 });
  const { namespace = '', labelSelector, ...resource } = listed;
  const collection = { resource, namespace, ...(labelSelector && { labelSelector }) };
  try {
    return [...(await listObjects(client, collection, (object) => object)).values()];
  } catch (error) {
    throw whileListing(listed, client.server, error);
  }
}

/** The HTTP status of the answer that an error is about. */
function codeOf(error: unknown): number | undefined {
  for (let e = error; e instanceof Error; e = e.cause) if (e instanceof KubernetesError) return e.code;
  return undefined;
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
