import { readFileSync } from 'node:fs';
import { type ClusterObject, connectCluster } from '../support/cluster.ts';
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
 * Secrets as they were when the API server last told of them: a resource that is looked at in the same moment may be
 * told of first, and then its Secret is missing still.
 */
const secrets = new Map<string, ClusterObject>();
const keyOf = ({ metadata }: ClusterObject) => `${metadata.namespace}/${metadata.name}`;
async function cacheSecrets(): Promise<void> {
  for await (const { type, object } of cluster.follow({ apiVersion: 'v1', kind: 'Secret' }, ending.signal))
    if (type === 'DELETED') secrets.delete(keyOf(object));
    else secrets.set(keyOf(object), object);
}

const queue = workQueue(
  (at) =>
    reconcile(at, {
      cluster,
      secret: (namespace, name) => secrets.get(`${namespace}/${name}`),
      management: managementAPI(process.env.HTTP_PROXY),
    }),
  (line) => process.stdout.write(`${line}\n`),
);

async function watchLakekeepers(): Promise<void> {
  const kind = { apiVersion: 'lakekeeper.k8s.lakekeeper.io/v1alpha1', kind: 'Lakekeeper' };
  for await (const { object } of cluster.follow(kind, ending.signal)) queue.add(object.metadata);
}

/** What it owns tells of its owner. Secrets wake nobody (§4). */
async function watchOwned(apiVersion: string, kind: string): Promise<void> {
  for await (const { object } of cluster.follow({ apiVersion, kind }, ending.signal))
    for (const owner of object.metadata.ownerReferences ?? [])
      if (owner.controller && owner.kind === 'Lakekeeper')
        queue.add({ namespace: object.metadata.namespace, name: owner.name });
}

for (const object of await cluster.list({ apiVersion: 'v1', kind: 'Secret' }))
  secrets.set(keyOf(object), object);
await Promise.all([
  cacheSecrets(),
  watchLakekeepers(),
  watchOwned('apps/v1', 'Deployment'),
  watchOwned('v1', 'Service'),
  watchOwned('batch/v1', 'Job'),
]);
queue.stop();
