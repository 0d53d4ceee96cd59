import { expect, test } from 'vitest';
import { kubernetesClient } from '../../src/clients/kubernetes/kubernetes-client.ts';
import { appliedInputs } from '../../src/repair/applied-inputs.ts';
import { startKubernetesStandIn } from '../support/kubernetes-stand-in.ts';

const partOf = { 'app.kubernetes.io/part-of': 'lakekeeper-gitops' };
const ofCatalogs = { ...partOf, 'lakekeeper-gitops/catalogs': 'true' };
const orgs = ['acme', 'globex'];

type Cluster = Awaited<ReturnType<typeof startKubernetesStandIn>>;

async function withNamespacePerOrg(work: (cluster: Cluster) => Promise<void>): Promise<void> {
  await using cluster = await startKubernetesStandIn([]);
  for (const org of orgs) {
    cluster.put('namespaces', { metadata: { name: `lakekeeper-${org}`, labels: ofCatalogs } });
    const metadata = {
      namespace: `lakekeeper-${org}`,
      name: `lakekeeper-${org}-registration`,
      labels: partOf,
    };
    cluster.put('configmaps', { metadata, data: { 'inputs.json': org } });
  }
  await work(cluster);
}

function applied({ server }: Cluster) {
  const options = async () => ({ headers: { authorization: 'Bearer admin-token' } });
  return appliedInputs(kubernetesClient({ server, options }, { wait: async () => {} }), undefined);
}

test('the namespace of an org that is retired is not read: the right to read it is gone', () =>
  withNamespacePerOrg(async (cluster) => {
    const labels = { ...ofCatalogs, 'lakekeeper-gitops/retired': 'true' };
    cluster.put('namespaces', { metadata: { name: 'lakekeeper-acme', labels } });
    expect(await applied(cluster)).toMatchObject([{ name: 'lakekeeper-globex', text: 'globex' }]);
  }));

test('a namespace that may not be read is one result, and the others are read', () =>
  withNamespacePerOrg(async (cluster) => {
    cluster.faults.push(({ plural, namespace }) =>
      plural === 'configmaps' && namespace === 'lakekeeper-acme'
        ? { code: 403, text: JSON.stringify({ message: 'User "repair" cannot list configmaps' }) }
        : undefined,
    );
    expect(await applied(cluster)).toMatchObject([
      { name: 'lakekeeper-acme', error: { message: expect.stringContaining('namespace lakekeeper-acme') } },
      { name: 'lakekeeper-globex', text: 'globex' },
    ]);
  }));
