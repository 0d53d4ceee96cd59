import type { RegistrationInputs } from '../../catalog/registration-inputs.ts';
import { brokerContainer, tokenURLVariable } from '../../catalog/worker-login.ts';
import type { KubernetesClient, KubernetesObject } from '../../clients/kubernetes/kubernetes-client.ts';
import { listObjects } from '../../clients/kubernetes/list.ts';
import { resources } from '../objects/cluster-objects.ts';

/** The fields of a worker's pod that its login depends on. */
export interface WorkerPod extends KubernetesObject {
  readonly spec?: {
    readonly containers?: readonly Container[];
    readonly initContainers?: readonly Container[];
    readonly volumes?: readonly Volume[];
  };
  readonly status?: {
    readonly phase?: string;
    readonly containerStatuses?: readonly ContainerStatus[];
    readonly initContainerStatuses?: readonly ContainerStatus[];
  };
}
interface Container {
  readonly name: string;
  readonly env?: readonly { readonly name: string; readonly value?: string }[];
  readonly volumeMounts?: readonly { readonly name: string }[];
}
interface ContainerStatus {
  readonly name: string;
  readonly ready?: boolean;
}
interface Volume {
  readonly name: string;
  readonly projected?: {
    readonly sources?: readonly { readonly serviceAccountToken?: { readonly audience?: string } }[];
  };
}

/** The current values in the patch of the org's workers. */
export interface WorkerLogin {
  readonly audience: string;
  readonly tokenURL: string;
}

/**
 * A reason for each worker of an org that cannot log in, with the name of its pod, sorted. Empty if no worker needs a
 * token broker.
 *
 * @throws as `KubernetesClient.call`.
 */
export async function workersWithoutLogin(
  client: KubernetesClient,
  { workers, authentication, record }: RegistrationInputs,
): Promise<string[]> {
  if (workers === undefined || authentication.mode === 'none') return [];
  const login = { audience: authentication.audience, tokenURL: record.oauthServerURI };
  const labelSelector = Object.entries(workers.podSelector)
    .map((label) => label.join('='))
    .join(',');
  const reasons = await listObjects<WorkerPod, string>(
    client,
    { resource: resources.pods, namespace: workers.namespace, labelSelector },
    (pod) => whyNoLogin(pod, login),
  );
  return [...reasons].sort().map(([name, reason]) => `${name} ${reason}`);
}

/** Why a worker cannot log in; undefined if it can, or if it has ended. */
export function whyNoLogin(pod: WorkerPod, { audience, tokenURL }: WorkerLogin): string | undefined {
  const { spec = {}, status = {}, metadata } = pod;
  const hasEnded = status.phase === 'Succeeded' || status.phase === 'Failed';
  if (hasEnded || metadata.deletionTimestamp !== undefined) return undefined;
  const containers = [...(spec.initContainers ?? []), ...(spec.containers ?? [])];
  const broker = containers.find(({ name }) => name === brokerContainer);
  if (broker === undefined)
    return `has no container ${brokerContainer}; patch the workers (worker-patch), and replace the pod`;
  const mounted = new Set(broker.volumeMounts?.map(({ name }) => name));
  const audiences = (spec.volumes ?? [])
    .filter(({ name }) => mounted.has(name))
    .flatMap(({ projected }) => projected?.sources ?? [])
    .flatMap(({ serviceAccountToken: token }) => token?.audience ?? []);
  if (!audiences.includes(audience))
    return (
      `has a token for ${audiences.join(', ') || 'no audience'}, not for ${audience}; it is older than the patch of ` +
      'its org: replace it'
    );
  const urls = containers.flatMap(({ env = [] }) =>
    env.flatMap(({ name, value }) => (name === tokenURLVariable ? (value ?? '') : [])),
  );
  if (!urls.includes(tokenURL))
    return `has ${tokenURLVariable}=${urls.join(', ')}, not ${tokenURL}; it is older than the patch: replace it`;
  const statuses = [...(status.initContainerStatuses ?? []), ...(status.containerStatuses ?? [])];
  return statuses.some(({ name, ready }) => name === brokerContainer && ready === true)
    ? undefined
    : `has a container ${brokerContainer} that is not ready`;
}
