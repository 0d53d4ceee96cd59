import { expect, test } from 'vitest';
import { registrationInputs } from '../../../../src/catalog/registration-inputs.ts';
import { kubernetesClient } from '../../../../src/clients/kubernetes/kubernetes-client.ts';
import { verifyWorkerRights } from '../../../../src/registration/catalog/proof/worker-rights.ts';
import { StaleCacheError } from '../../../../src/registration/catalog/warehouse/stale-cache.ts';
import { Redactions } from '../../../../src/text/redactions.ts';
import { catalog, platform } from '../../../support/fleet.ts';
import { startKubernetesStandIn } from '../../../support/kubernetes-stand-in.ts';
import { type StandInSettings, startLakekeeper } from '../../../support/lakekeeper-stand-in.ts';

const job = 'token-of-the-job';
/** As the stand-in of the API server makes it. */
const ordinary = 'token-of-lakekeeper-acme.proof-for-lakekeeper-acme';
const warehouse = { id: '22222222-3333-4444-8555-666666666666', name: 'org-acme' };
const managed: StandInSettings = { tokens: [job, ordinary], instanceAdmins: [job] };

/** How the proof ends on such a server, and what it did. */
async function proof(settings: StandInSettings, managedBy: string, version = 'v0.13.3') {
  await using cluster = await startKubernetesStandIn();
  cluster.put('serviceaccounts', { metadata: { namespace: 'lakekeeper', name: 'lakekeeper-acme.proof' } });
  const server = await startLakekeeper({ version: '0.13.3', isBootstrapped: true, ...settings });
  server.warehouses.push({ ...warehouse, isActive: true, profile: {}, credential: undefined, managedBy });
  const checked = platform({
    operator: { amendments: true },
    catalog: { image: `quay.io/lakekeeper/catalog:${version}` },
    authentication: { mode: 'kubernetes' },
  });
  const options = async () => ({ headers: { authorization: 'Bearer admin-token' } });
  const registration = {
    inputs: registrationInputs(catalog('acme', checked), checked),
    sources: {
      kubernetes: kubernetesClient({ server: cluster.server, options }),
      environment: {},
      redactions: new Redactions(),
    },
  };
  const access = { serverURL: server.url, token: async () => job, redactions: new Redactions(), attempts: 1 };
  try {
    const ended: unknown = await verifyWorkerRights(registration, access, warehouse).catch(
      (error: unknown) => error,
    );
    return {
      ended,
      name: server.warehouses[0]?.name,
      sent: server.requests.map(({ method, url, authorization, body }) => [method, url, authorization, body]),
      asked: cluster.requests.map(({ verb, plural, subresource, name, body }) => [
        [verb, plural, subresource, name].join(' '),
        body.spec,
      ]),
    };
  } finally {
    await server.stop();
  }
}

test('a rename with the token of an ordinary account is tried, and refused', async () => {
  const { ended, sent, asked } = await proof(managed, 'instance-admin');
  expect(ended).toBe(undefined);
  expect(asked).toEqual([
    [
      'create serviceaccounts token lakekeeper-acme.proof',
      { audiences: ['lakekeeper-acme'], expirationSeconds: 600 },
    ],
  ]);
  const path = `/management/v1/warehouse/${warehouse.id}/rename`;
  expect(sent).toEqual([['POST', path, `Bearer ${ordinary}`, '{"new-name":"org-acme"}']]);
});

test('one that is accepted changes nothing, and is awaited: a server may have read a former state', async () => {
  const { ended, name } = await proof(managed, 'self-managed');
  expect(name).toBe(warehouse.name);
  expect(ended).toBeInstanceOf(StaleCacheError);
  expect(String(ended)).toMatch(
    /waiting until the .* org-acme can be changed by its instance admin alone.*LAKEKEEPER__INSTANCE_ADMINS/,
  );
});

test('a server for which everybody is an instance admin is not registered', async () => {
  const { ended } = await proof({ ...managed, instanceAdmins: [job, ordinary] }, 'instance-admin');
  expect(ended).toBeInstanceOf(StaleCacheError);
});

test('a catalog that refuses the ordinary account would refuse the workers', async () => {
  const { ended } = await proof({ ...managed, tokens: [job] }, 'instance-admin');
  expect(String(ended)).toMatch(
    /with the token of lakekeeper\/lakekeeper-acme.proof; .*no worker could log in/,
  );
});

test('nothing is tried where the Job is no instance admin', async () => {
  const { ended, sent, asked } = await proof(managed, 'self-managed', 'v0.12.2');
  expect([ended, sent, asked]).toEqual([undefined, [], []]);
});
