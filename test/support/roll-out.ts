import type { KubernetesStandIn, StandInObject } from './kubernetes-stand-in.ts';

/** Where a catalog's objects are, in a cluster without controllers. */
export interface SimulatedRollOut {
  readonly cluster: KubernetesStandIn;
  readonly namespace: string;
  readonly name: string;
  /** What its pods run. */
  readonly image?: string;
}

/** As the operator labels pods and their Deployment (`test/contracts/recordings/operator/04-ready`). */
export const labelsOf = (name: string) => ({
  'app.kubernetes.io/name': 'lakekeeper',
  'app.kubernetes.io/instance': name,
  'app.kubernetes.io/managed-by': 'lakekeeper-operator',
});

/** How many pods a cluster has had, so that their names are the same in every run of a test. */
const serials = new WeakMap<KubernetesStandIn, number>();

/** One more pod, ready, which reads the Secret and the amendments as they are now. */
export function startPod({ cluster, namespace, name }: SimulatedRollOut, isReady = true): StandInObject {
  const serial = (serials.get(cluster) ?? 0) + 1;
  serials.set(cluster, serial);
  const secret = cluster.get('secrets', namespace, name)?.data as Record<string, string> | undefined;
  const decoded = Object.entries(secret ?? {}).map(([key, value]) => [
    key,
    Buffer.from(value, 'base64').toString(),
  ]);
  return cluster.put('pods', {
    metadata: { namespace, name: `${name}-88695b9f9-${serial}`, labels: labelsOf(name) },
    status: { phase: 'Running', conditions: [{ type: 'Ready', status: isReady ? 'True' : 'False' }] },
    startedWith: {
      ...Object.fromEntries(decoded),
      amendments: cluster.get('configmaps', namespace, `${name}-amendments`)?.data,
    },
  });
}

/** The pods of a catalog, the oldest first. */
export function podsOf({ cluster, namespace, name }: SimulatedRollOut): StandInObject[] {
  return cluster
    .all('pods', namespace)
    .filter(({ metadata }) => metadata.name.startsWith(`${name}-`))
    .sort((one, other) =>
      String(one.metadata.creationTimestamp) < String(other.metadata.creationTimestamp) ? -1 : 1,
    );
}

/** What the pods of a catalog read at their start. */
export function startedWith(rollOut: SimulatedRollOut): Record<string, unknown>[] {
  return podsOf(rollOut).map((pod) => pod.startedWith as Record<string, unknown>);
}

/** The operator's Deployment, and what Kubernetes does with it at once: as many pods as it wants, all of them ready. */
export function rollOut(where: SimulatedRollOut, replicas: number): void {
  const { cluster, namespace, name, image } = where;
  for (let missing = replicas - podsOf(where).length; missing > 0; missing--) startPod(where);
  const metadata = { namespace, name, labels: labelsOf(name) };
  const env = [{ name: 'LAKEKEEPER__BASE_URI', value: `http://${name}.${namespace}.svc:8181` }];
  const spec = { replicas, template: { spec: { containers: [{ name: 'lakekeeper', image, env }] } } };
  const {
    metadata: { generation },
  } = cluster.put('deployments', { metadata, spec });
  const counts = {
    replicas,
    updatedReplicas: replicas,
    readyReplicas: replicas,
    availableReplicas: replicas,
    terminatingReplicas: 0,
  };
  cluster.put('deployments', {
    metadata,
    spec,
    status: { observedGeneration: generation, ...counts },
  });
}

/** Starts another pod for each that is evicted, as the ReplicaSet does. */
export function replaceEvicted(cluster: KubernetesStandIn): void {
  cluster.faults.push(({ verb, subresource, namespace, name = '' }) => {
    if (verb !== 'create' || subresource !== 'eviction') return undefined;
    const { uid, labels } = cluster.get('pods', namespace, name)?.metadata ?? { labels: {} };
    const { 'app.kubernetes.io/instance': catalog } = { ...(labels as Record<string, string>) };
    // The pod is gone once this request is answered.
    setImmediate(() => {
      const isGone = cluster.get('pods', namespace, name)?.metadata.uid !== uid;
      if (uid !== undefined && isGone && catalog !== undefined)
        startPod({ cluster, namespace, name: catalog });
    });
    return undefined;
  });
}
