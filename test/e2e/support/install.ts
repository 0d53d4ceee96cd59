import { setTimeout as sleep } from 'node:timers/promises';
import type { Cluster, ClusterObject } from './cluster.ts';

/**
 * Applies objects in their order; a kind that was just defined is waited for. @throws Error with what the API server
 * says against one.
 */
export async function install(cluster: Cluster, ...objects: readonly ClusterObject[]): Promise<void> {
  for (const object of objects) {
    const { status, body } = await cluster.apply(object);
    if (status >= 300)
      throw new Error(`${object.kind} ${object.metadata.name} was refused: ${body.message ?? body}`);
    if (object.kind === 'CustomResourceDefinition') await untilServed(cluster, object);
  }
}

/**
 * Discovery tells of a kind later than the kind is served: of two in one group, of the second one seconds later on a
 * busy machine.
 */
async function untilServed(cluster: Cluster, { spec }: ClusterObject): Promise<void> {
  const { group, names, versions } = spec;
  const version = `/apis/${group}/${versions[0].name}`;
  for (let attempt = 0; attempt < 300; attempt += 1) {
    const served = await cluster.send('GET', `${version}/${names.plural}`);
    const { body } = await cluster.send('GET', version);
    const resources: { name: string }[] = body?.resources ?? [];
    if (served.status === 200 && resources.some(({ name }) => name === names.plural)) return;
    await sleep(100);
  }
  throw new Error(`${version}/${names.plural} is not served half a minute after its definition was accepted`);
}
