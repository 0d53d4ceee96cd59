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

/** The operator's Deployment of one catalog: `docs/facts/lakekeeper-crd.md` §6. */
export interface DeploymentObject extends KubernetesObject {
  readonly spec?: {
    readonly replicas?: number;
    readonly template?: {
      readonly spec?: {
        /** In seconds. */
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
    /** Of pods that are about to go; since Kubernetes 1.35. */
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

/** What is seen of one catalog in the cluster. */
export interface ObservedCatalog {
  readonly lakekeeper: LakekeeperObject | undefined;
  /**
   * The migration Job of the present spec; undefined before it is made, after it was cleaned up, and where it
   * does not matter.
   */
  readonly migrationJob: JobObject | undefined;
  readonly deployment: DeploymentObject | undefined;
  /** The server's, without those of migration Jobs. */
  readonly pods: readonly PodObject[];
}

/** Where a catalog's objects are. */
export interface CatalogAddress extends ObjectAddress {
  readonly migrationJob: string;
}

/**
 * The catalog as it is now. Read in this order: the operator writes the Deployment before it says so in the
 * status of its resource, and Kubernetes makes pods before it counts them in the Deployment, so what is read
 * later is never older.
 *
 * @param showsPods whether the Deployment says all that there is to know of its pods: then they are not listed.
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
 * The catalog as it is now, after every change, and when nothing changed for a while. Ends only by throwing the
 * signal's reason.
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

/** Pods of migration Jobs have no `managed-by` (`docs/facts/lakekeeper-crd.md` §6.1). */
function podsOf({ namespace, name }: ObjectAddress): Collection {
  const labelSelector = `${serverSelector},${instanceKey}=${name}`;
  return { resource: resources.pods, namespace, selector: { labelSelector } };
}

/** Deployments and pods of all catalogs' servers, and the label with the name of the catalog. */
export const serverSelector =
  'app.kubernetes.io/name=lakekeeper,app.kubernetes.io/managed-by=lakekeeper-operator';
export const instanceKey = 'app.kubernetes.io/instance';
