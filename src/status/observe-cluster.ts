import { orgKey } from '../catalog/names.ts';
import { labelSelector, partOf } from '../catalog/object-labels.ts';
import type { KubernetesClient, KubernetesObject } from '../clients/kubernetes/kubernetes-client.ts';
import { type ListedCollection, listObjects } from '../clients/kubernetes/list.ts';
import {
  type DeploymentObject,
  instanceKey,
  type PodObject,
  serverSelector,
} from '../registration/catalog/roll-out/observe.ts';
import { resources } from '../registration/objects/cluster-objects.ts';
import type { ConfigMapObject } from '../registration/objects/configmap-objects.ts';
import type { JobObject, LakekeeperObject } from '../registration/objects/operator-objects.ts';
import type { SecretObject } from '../registration/objects/secret-objects.ts';
import { withLeanFields } from '../registration/secret/observe.ts';
import type { Workers } from './observation.ts';
import { type Observed, observe } from './observed.ts';

/** Where the objects of a fleet are. */
export interface FleetPlaces {
  /** Of the catalogs; undefined where each org has its own. */
  readonly namespace: string | undefined;
  /** Of the workers, likewise. */
  readonly workerNamespace: string | undefined;
  /** Keys of the labels by which workers are selected. */
  readonly workerKeys: readonly string[];
}

type Objects<T> = Observed<ReadonlyMap<string, T>>;

/** All objects of the fleet in the cluster, by `namespace/name`, listed at about the same time. */
export interface ClusterObjects {
  readonly lakekeepers: Objects<LakekeeperObject>;
  /** Only Secrets that registration created. */
  readonly secrets: Objects<SecretObject>;
  readonly configMaps: Objects<ConfigMapObject>;
  /** Migration Jobs. */
  readonly migrationJobs: Objects<JobObject>;
  readonly hookJobs: Objects<JobObject>;
  readonly deployments: Objects<DeploymentObject>;
  /** By `namespace/name` of the catalog. */
  readonly pods: Observed<ReadonlyMap<string, readonly PodObject[]>>;
  /** By `workersKey`. */
  readonly workers: Observed<ReadonlyMap<string, Workers>>;
}

const ours = labelSelector(partOf);
const migrations = 'app.kubernetes.io/name=lakekeeper,app.kubernetes.io/component=migration';

/** A request or a few for each kind, however many orgs there are. Never throws: what cannot be listed is unknown. */
export async function observeCluster(client: KubernetesClient, places: FleetPlaces): Promise<ClusterObjects> {
  const list = <T extends KubernetesObject>(
    resource: ListedCollection['resource'],
    labelSelector: string | undefined,
    keep: (object: T) => T,
  ): Promise<Objects<T>> => {
    const { namespace = '' } = places;
    return observe(() =>
      listObjects<T, T>(client, { resource, namespace, ...(labelSelector && { labelSelector }) }, keep),
    );
  };
  // The operator writes objects before conditions, so conditions are read first.
  const lakekeepers = await list<LakekeeperObject>(resources.lakekeepers, undefined, lean);
  const [secrets, configMaps, migrationJobs, hookJobs, deployments, workers] = await Promise.all([
    list<SecretObject>(resources.secrets, ours, withLeanFields),
    list<ConfigMapObject>(resources.configMaps, ours, leanConfigMap),
    list<JobObject>(resources.jobs, migrations, lean),
    list<JobObject>(resources.jobs, ours, lean),
    list<DeploymentObject>(resources.deployments, serverSelector, lean),
    observe(() => listWorkers(client, places)),
  ]);
  const pods = await list<PodObject>(resources.pods, serverSelector, leanPod);
  const byCatalog = 'value' in pods ? { value: groupedByCatalog(pods.value) } : pods;
  return { lakekeepers, secrets, configMaps, migrationJobs, hookJobs, deployments, pods: byCatalog, workers };
}

/** What is judged of an object: a fleet's managed fields would be most of the memory. */
function lean<T extends KubernetesObject & { readonly spec?: object; readonly status?: object }>(
  object: T,
): T {
  const { spec = {}, status } = object as { spec?: { replicas?: number }; status?: object };
  return { metadata: leanMetadata(object), spec: { replicas: spec.replicas }, status } as unknown as T;
}

function leanPod(object: PodObject): PodObject {
  const ready = object.status?.conditions?.filter(({ type }) => type === 'Ready') ?? [];
  return { metadata: leanMetadata(object), status: { conditions: ready } };
}

function leanMetadata({ metadata }: KubernetesObject): KubernetesObject['metadata'] {
  const {
    name,
    namespace = '',
    uid,
    resourceVersion,
    generation,
    creationTimestamp,
    deletionTimestamp,
  } = metadata;
  const org = metadata.annotations?.[orgKey];
  const instance = metadata.labels?.[instanceKey];
  return {
    ...{ name, namespace, uid, resourceVersion },
    ...(generation !== undefined && { generation }),
    ...(creationTimestamp !== undefined && { creationTimestamp }),
    ...(deletionTimestamp !== undefined && { deletionTimestamp }),
    ...(org !== undefined && { annotations: { [orgKey]: org } }),
    ...(instance !== undefined && { labels: { [instanceKey]: instance } }),
  };
}

/** Only the fingerprint is kept of a registration's ConfigMap: the inputs would take most of the memory. */
function leanConfigMap(object: ConfigMapObject): ConfigMapObject {
  const { fingerprint } = object.data ?? {};
  return fingerprint === undefined
    ? withLeanFields(object)
    : { metadata: leanMetadata(object), data: { fingerprint } };
}

function groupedByCatalog(pods: ReadonlyMap<string, PodObject>): Map<string, PodObject[]> {
  const grouped = new Map<string, PodObject[]>();
  for (const pod of pods.values()) {
    const key = `${pod.metadata.namespace}/${pod.metadata.labels?.[instanceKey]}`;
    const known = grouped.get(key);
    if (known === undefined) grouped.set(key, [pod]);
    else known.push(pod);
  }
  return grouped;
}

/** The key by which workers belong to an org. */
export function workersKey(namespace: string, labels: Readonly<Record<string, string>>): string {
  return JSON.stringify([
    namespace,
    ...Object.keys(labels)
      .sort()
      .map((key) => labels[key]),
  ]);
}

async function listWorkers(client: KubernetesClient, places: FleetPlaces): Promise<Map<string, Workers>> {
  const { workerNamespace: namespace = '', workerKeys } = places;
  const workers = new Map<string, Workers>();
  await listObjects<PodObject, never>(
    client,
    { resource: resources.pods, namespace, labelSelector: workerKeys.join(',') },
    ({ metadata, status }) => {
      if (status?.phase !== 'Running' || metadata.deletionTimestamp !== undefined) return undefined;
      const labels = Object.fromEntries(workerKeys.map((key) => [key, metadata.labels?.[key] ?? '']));
      const key = workersKey(metadata.namespace ?? '', labels);
      const { running, ready } = workers.get(key) ?? { running: 0, ready: 0 };
      const isReady = status.conditions?.some((one) => one.type === 'Ready' && one.status === 'True');
      workers.set(key, { running: running + 1, ready: ready + (isReady ? 1 : 0) });
      return undefined;
    },
  );
  return workers;
}
