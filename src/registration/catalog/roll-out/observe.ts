import type {
  KubernetesClient,
  KubernetesObject,
  ObjectAddress,
} from '../../../clients/kubernetes/kubernetes-client.ts';
import { type Collection, watchCollection, watchObject } from '../../../clients/kubernetes/watch.ts';
import { readObject, resources } from '../../objects/cluster-objects.ts';
import {
  type Condition,
  type JobObject,
  type LakekeeperObject,
  readJob,
  readLakekeeper,
  watchJob,
  watchLakekeeper,
} from '../../objects/operator-objects.ts';
import { latestOf } from './latest-of.ts';
import { currentCondition } from './operator-conditions.ts';

/** The operator's Deployment of one catalog (docs/facts/lakekeeper-crd.md §6). */
export interface DeploymentObject extends KubernetesObject {
  readonly spec?: {
    readonly replicas?: number;
    readonly template?: {
      readonly spec?: {
        readonly terminationGracePeriodSeconds?: number;
        readonly containers?: readonly ContainerObject[];
      };
    };
  };
  readonly status?: {
    readonly observedGeneration?: number;
    readonly replicas?: number;
    readonly updatedReplicas?: number;
    readonly availableReplicas?: number;
    /** Since Kubernetes 1.35. */
    readonly terminatingReplicas?: number;
    readonly conditions?: readonly (Condition & { readonly lastUpdateTime?: string })[];
  };
}

export interface ContainerObject {
  readonly image?: string;
  readonly env?: readonly { readonly name: string; readonly value?: string }[];
}

export interface PodObject extends KubernetesObject {
  readonly status?: { readonly phase?: string; readonly conditions?: readonly Condition[] };
}

/** The objects of one catalog in the cluster. */
export interface ObservedCatalog {
  readonly lakekeeper: LakekeeperObject | undefined;
  /**
   * The migration Job of the current spec; undefined if it does not exist, or was not read because the catalog is
   * Ready.
   */
  readonly migrationJob: JobObject | undefined;
  readonly deployment: DeploymentObject | undefined;
  /** The pods of the server, without those of migration Jobs. */
  readonly pods: readonly PodObject[];
}

/** Namespace and names of a catalog's objects. */
export interface CatalogAddress extends ObjectAddress {
  readonly migrationJob: string;
}

/**
 * The current objects of a catalog. The order of the reads matters: the operator writes the Deployment before the
 * status of its resource, and Kubernetes creates pods before it counts them in the Deployment. So no object is older
 * than one that was read before it.
 *
 * @param showsPods whether the Deployment alone shows that no former pod is left. Then the pods are not listed.
 */
export async function observeCatalog(
  client: KubernetesClient,
  { migrationJob, ...at }: CatalogAddress,
  showsPods: (deployment: DeploymentObject) => boolean = () => false,
): Promise<ObservedCatalog> {
  const lakekeeper = await readLakekeeper(client, at);
  const isReady = lakekeeper !== undefined && currentCondition(lakekeeper, 'Ready')?.status === 'True';
  const job = isReady ? undefined : await readJob(client, { namespace: at.namespace, name: migrationJob });
  const deployment = await readObject<DeploymentObject>(client, resources.deployments, at);
  if (deployment !== undefined && showsPods(deployment))
    return { lakekeeper, migrationJob: job, deployment, pods: [] };
  const { items } = await client.call<{ readonly items: readonly PodObject[] }>({
    verb: 'list',
    resource: resources.pods,
    namespace: at.namespace,
    query: podsOf(at).selector,
  });
  return { lakekeeper, migrationJob: job, deployment, pods: items };
}

/**
 * The objects of a catalog: now, after every change, and again after `repeatAfterMs` without one. Ends only by
 * throwing the signal's reason.
 */
export function watchCatalog(
  client: KubernetesClient,
  { migrationJob, ...at }: CatalogAddress,
  signal: AbortSignal,
  repeatAfterMs: number,
): AsyncGenerator<ObservedCatalog> {
  return latestOf<ObservedCatalog>(
    {
      lakekeeper: (ends) => watchLakekeeper(client, at, ends),
      migrationJob: (ends) => watchJob(client, { namespace: at.namespace, name: migrationJob }, ends),
      deployment: (ends) => watchObject<DeploymentObject>(client, resources.deployments, at, ends),
      pods: (ends) => watchCollection<PodObject>(client, podsOf(at), ends),
    },
    signal,
    repeatAfterMs,
  );
}

/** Pods of migration Jobs lack the label `managed-by` (docs/facts/lakekeeper-crd.md §6.1). */
function podsOf({ namespace, name }: ObjectAddress): Collection {
  const labelSelector = `${serverSelector},${instanceKey}=${name}`;
  return { resource: resources.pods, namespace, selector: { labelSelector } };
}

/** Labels of the Deployments and pods of all catalogs' servers, and the key of the label with the catalog's name. */
export const serverSelector =
  'app.kubernetes.io/name=lakekeeper,app.kubernetes.io/managed-by=lakekeeper-operator';
export const instanceKey = 'app.kubernetes.io/instance';
