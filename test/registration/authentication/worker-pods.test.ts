import { expect, test } from 'vitest';
import { registrationInputs } from '../../../src/catalog/registration-inputs.ts';
import { kubernetesClient } from '../../../src/clients/kubernetes/kubernetes-client.ts';
import {
  type WorkerPod,
  whyNoLogin,
  workersWithoutLogin,
} from '../../../src/registration/authentication/worker-pods.ts';
import { workerNeeds } from '../../../src/worker/patch/worker-needs.ts';
import { catalog, platform } from '../../support/fleet.ts';
import { startKubernetesStandIn } from '../../support/kubernetes-stand-in.ts';

const settings = platform({ operator: { amendments: true }, authentication: { mode: 'kubernetes' } });
const acme = catalog('acme', settings);
const inputs = registrationInputs(acme, settings);
const login = { audience: 'lakekeeper-acme', tokenURL: inputs.record.oauthServerURI };

/** A pod of a worker, as `worker-patch` makes it, when its broker is ready. */
async function patched(name = 'worker'): Promise<WorkerPod> {
  const { volume, sidecar, env } = await workerNeeds(acme, settings);
  return {
    metadata: { namespace: 'duckgres', name, uid: name, labels: acme.names.workerLabels },
    spec: { containers: [{ name: 'worker', env: [env] }], initContainers: [sidecar], volumes: [volume] },
    status: { phase: 'Running', initContainerStatuses: [{ name: sidecar.name, ready: true }] },
  } as unknown as WorkerPod;
}

test('a worker with the patch of its org, whose broker is ready, can log in', async () => {
  expect(whyNoLogin(await patched(), login)).toBe(undefined);
});

test.each<[string, (pod: WorkerPod) => object, RegExp]>([
  [
    'without a broker',
    ({ spec }) => ({ spec: { ...spec, initContainers: [] } }),
    /no container lakekeeper-token-broker/,
  ],
  ['whose broker is not ready', () => ({ status: { phase: 'Running' } }), /that is not ready/],
  ['without a token', ({ spec }) => ({ spec: { ...spec, volumes: [] } }), /a token for no audience, not for/],
  [
    'with the token of another audience',
    ({ spec }) => JSON.parse(JSON.stringify({ spec }).replaceAll('lakekeeper-acme', 'lakekeeper-globex')),
    /a token for lakekeeper-globex, not for lakekeeper-acme; it is older than the patch/,
  ],
  [
    'older than the patch',
    ({ spec }) => JSON.parse(JSON.stringify({ spec }).replaceAll(':9876/token', ':9000/token')),
    /LAKEKEEPER_TOKEN_URL=http:\/\/127.0.0.1:9000\/token, not .*9876/,
  ],
])('a worker %s cannot', async (_, change, reason) => {
  const pod = await patched();
  expect(whyNoLogin({ ...pod, ...change(pod) }, login)).toMatch(reason);
});

test.each<[string, object]>([
  ['has ended', { status: { phase: 'Succeeded' } }],
  ['is about to go', { metadata: { name: 'worker', deletionTimestamp: '2026-01-01T00:00:00Z' } }],
])('a worker that %s is not waited for', async (_, change) => {
  const { spec } = await patched();
  const pod = {
    metadata: { name: 'worker' },
    spec: { ...spec, initContainers: [] },
    ...change,
  } as unknown as WorkerPod;
  expect(whyNoLogin(pod, login)).toBe(undefined);
});

test("the org's workers are found by the selector of the settings, and named when they cannot log in", async () => {
  await using cluster = await startKubernetesStandIn(['duckgres']);
  const options = async () => ({ headers: { authorization: 'Bearer admin-token' } });
  const client = kubernetesClient({ server: cluster.server, options });
  const put = (pod: WorkerPod) => cluster.put('pods', pod as never);
  put(await patched('a-patched'));
  const { spec, ...unpatched } = await patched('b-unpatched');
  put({ ...unpatched, spec: { ...spec, initContainers: [] } });
  const other = {
    namespace: 'duckgres',
    name: 'c-of-another-org',
    labels: { 'duckgres/active-org': 'globex' },
  };
  put({ metadata: other } as unknown as WorkerPod);
  expect(await workersWithoutLogin(client, inputs)).toEqual([
    expect.stringMatching(/^duckgres\/b-unpatched has no container lakekeeper-token-broker/),
  ]);
});
