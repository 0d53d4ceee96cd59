import { expect, test } from 'vitest';
import { kubernetesClient } from '../../../src/clients/kubernetes/kubernetes-client.ts';
import { listObjects } from '../../../src/clients/kubernetes/list.ts';
import { resources } from '../../../src/registration/objects/cluster-objects.ts';
import { startKubernetesStandIn } from '../../support/kubernetes-stand-in.ts';

const all = { resource: resources.configMaps, namespace: '' };

async function withObjects(count: number, work: (list: Listing) => Promise<void>): Promise<void> {
  await using cluster = await startKubernetesStandIn(['one', 'two']);
  for (let i = 0; i < count; i += 1)
    cluster.put('configmaps', { metadata: { namespace: i % 2 ? 'one' : 'two', name: `c-${i}` } });
  const options = async () => ({ headers: { authorization: 'Bearer admin-token' } });
  const client = kubernetesClient({ server: cluster.server, options }, { wait: async () => {} });
  await work({ cluster, client });
}
interface Listing {
  readonly cluster: Awaited<ReturnType<typeof startKubernetesStandIn>>;
  readonly client: ReturnType<typeof kubernetesClient>;
}

test('lists more than a page, of all namespaces, by their addresses, and keeps what it is told to keep', () =>
  withObjects(1201, async ({ cluster, client }) => {
    const found = await listObjects(client, all, ({ metadata }) =>
      metadata.name === 'c-0' ? undefined : metadata.name,
    );
    expect(found.size).toBe(1200);
    expect(found.get('one/c-1')).toBe('c-1');
    expect(cluster.requests.map(({ query }) => query.limit)).toEqual(['500', '500', '500']);
  }));

test('begins anew when the server has forgotten the version of the pages, and not for ever', () =>
  withObjects(600, async ({ cluster, client }) => {
    let expired = 1;
    cluster.faults.push(({ query }) => (query.continue && expired-- > 0 ? { code: 410 } : undefined));
    expect((await listObjects(client, all, ({ metadata }) => metadata.name)).size).toBe(600);
    expect(cluster.requests).toHaveLength(4);
    expired = Number.POSITIVE_INFINITY;
    await expect(listObjects(client, all, ({ metadata }) => metadata.name)).rejects.toThrow(/410/);
  }));

test('a right that is missing is named', () =>
  withObjects(1, async ({ cluster }) => {
    cluster.users.set('nobody', 'nobody');
    const options = async () => ({ headers: { authorization: 'Bearer nobody' } });
    const client = kubernetesClient({ server: cluster.server, options });
    await expect(listObjects(client, all, () => 1)).rejects.toThrow(
      'the right to list configmaps, in all namespaces is missing (403)',
    );
  }));
