import { readFileSync } from 'node:fs';
import { type ClusterObject, connectCluster, type Reference } from '../support/cluster.ts';
import { managementAPI } from './bootstrap.ts';
import { reconcile } from './reconcile.ts';
import { workQueue } from './work-queue.ts';

/**
 * A stand-in for the upstream lakekeeper-operator, whose Go module cannot be had from the module proxy. It is written
 * from docs/facts/lakekeeper-crd.md §3 to §8 and held to `test/contracts/operator.ts`, the suite that a real one can be
 * held to as well (`LAKEKEEPER_OPERATOR`). A process of its own, with its own identity: KUBECONFIG says where the API
 * server is, HTTP_PROXY how catalogs are reached by their service names.
 */
const config = JSON.parse(readFileSync(process.env.KUBECONFIG ?? '', 'utf8'));
const cluster = connectCluster({
  server: config.clusters[0].cluster.server,
  ca: readFileSync(config.clusters[0].cluster['certificate-authority'], 'utf8'),
  token: config.users[0].user.token,
});
const ending = new AbortController();
for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => ending.abort());

/**
 * Objects as they were when the API server last sent them, by kind, namespace and name. The operator reads nothing
 * else.
 */
const cache = new Map<string, ClusterObject>();
const keyOf = ({ kind, metadata }: Reference) => `${kind} ${metadata.namespace}/${metadata.name}`;

const queue = workQueue(
  (at) =>
    reconcile(at, {
      cluster,
      cached: <T extends ClusterObject>(of: Reference) => cache.get(keyOf(of)) as T | undefined,
      management: managementAPI(process.env.HTTP_PROXY),
    }),
  (line) => process.stdout.write(`${line}\n`),
);

const lakekeepers = { apiVersion: 'lakekeeper.k8s.lakekeeper.io/v1alpha1', kind: 'Lakekeeper' };
const secrets = { apiVersion: 'v1', kind: 'Secret' };
const owned = [
  { apiVersion: 'apps/v1', kind: 'Deployment' },
  { apiVersion: 'v1', kind: 'Service' },
  { apiVersion: 'batch/v1', kind: 'Job' },
];

async function keep(kind: typeof secrets, wake: (object: ClusterObject) => void): Promise<void> {
  for await (const { type, object } of cluster.follow(kind, ending.signal)) {
    if (type === 'DELETED') cache.delete(keyOf(object));
    else cache.set(keyOf(object), object);
    wake(object);
  }
}

/** What it owns wakes its owner. */
function wakeOwner({ metadata }: ClusterObject): void {
  for (const { controller, kind, name } of metadata.ownerReferences ?? [])
    if (controller && kind === lakekeepers.kind) queue.add({ namespace: metadata.namespace, name });
}

// Looks begin when everything is known.
for (const kind of [secrets, ...owned])
  for (const object of await cluster.list(kind)) cache.set(keyOf(object), object);
await Promise.all([
  // A Secret wakes nobody (§4).
  keep(secrets, () => {}),
  ...owned.map((kind) => keep(kind, wakeOwner)),
  keep(lakekeepers, ({ metadata }) => queue.add(metadata)),
]);
queue.stop();
