import { setTimeout as sleep } from 'node:timers/promises';
import type { Cluster, ClusterObject } from './cluster.ts';

/** Applies objects in their order; a kind that was just defined is waited for. @throws Error with what the API server says against one. */
export async function install(cluster: Cluster, ...objects: readonly ClusterObject[]): Promise<void> {
  for (const object of objects) {
    const { status, body } = await cluster.apply(object);
    if (status >= 300)
      throw new Error(`${object.kind} ${object.metadata.name} was refused: ${body.message ?? body}`);
    if (object.kind === 'CustomResourceDefinition') await untilServed(cluster, object);
  }
}

async function untilServed(cluster: Cluster, { spec }: ClusterObject): Promise<void> {
  const { group, names, versions } = spec;
  const path = `/apis/${group}/${versions[0].name}/${names.plural}`;
  for (let attempt = 0; attempt < 100; attempt += 1) {
    if ((await cluster.send('GET', path)).status === 200) return;
    await sleep(100);
  }
  throw new Error(`${path} is not served ten seconds after its definition was accepted`);
}
