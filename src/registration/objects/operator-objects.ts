import type {
  KubernetesClient,
  KubernetesObject,
  ObjectAddress,
} from '../../clients/kubernetes/kubernetes-client.ts';
import { watchObject } from '../../clients/kubernetes/watch.ts';
import { readObject, resources } from './cluster-objects.ts';

export interface Condition {
  readonly type: string;
  readonly status: 'True' | 'False' | 'Unknown';
  readonly reason?: string;
  readonly message?: string;
  /** The generation of the resource that it is about. Only Lakekeeper resources have it. */
  readonly observedGeneration?: number;
  readonly lastTransitionTime?: string;
}

/** The operator's custom resource (docs/facts/lakekeeper-crd.md §3). */
export interface LakekeeperObject extends KubernetesObject {
  readonly spec?: { readonly replicas?: number };
  readonly status?: {
    readonly conditions?: readonly Condition[];
    readonly bootstrappedAt?: string;
    readonly serverID?: string;
    readonly migrationJob?: string;
  };
}

export interface JobObject extends KubernetesObject {
  readonly status?: {
    readonly conditions?: readonly Condition[];
    readonly active?: number;
    readonly succeeded?: number;
    readonly failed?: number;
  };
}

/** Annotation of the custom resource: the time of the last request to reconcile. */
const reconcileRequestedAtKey = 'lakekeeper-gitops/reconcile-requested-at';

export function readLakekeeper(
  client: KubernetesClient,
  at: ObjectAddress,
): Promise<LakekeeperObject | undefined> {
  return readObject<LakekeeperObject>(client, resources.lakekeepers, at);
}

export function watchLakekeeper(client: KubernetesClient, at: ObjectAddress, signal: AbortSignal) {
  return watchObject<LakekeeperObject>(client, resources.lakekeepers, at, signal);
}

export function readJob(client: KubernetesClient, at: ObjectAddress): Promise<JobObject | undefined> {
  return readObject<JobObject>(client, resources.jobs, at);
}

export function watchJob(client: KubernetesClient, at: ObjectAddress, signal: AbortSignal) {
  return watchObject<JobObject>(client, resources.jobs, at, signal);
}

/** Requests a reconcile by a change of the resource: the operator does not watch Secrets. */
export async function requestReconcile(client: KubernetesClient, at: ObjectAddress): Promise<void> {
  const body = { metadata: { annotations: { [reconcileRequestedAtKey]: new Date().toISOString() } } };
  await client.call({ verb: 'patch', resource: resources.lakekeepers, ...at, body });
}
