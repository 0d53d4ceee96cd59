import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Manifest, SettingsOverrides } from '../support/fleet.ts';
import { platform, platformObjects } from '../support/fleet.ts';
import type { ClusterObject } from './support/cluster.ts';
import { type ControlPlane, startControlPlane } from './support/control-plane.ts';
import { install } from './support/install.ts';

/** The policy of amendments, at work in the API server itself. */

const namespace = 'lakekeeper';
const name = 'lakekeeper-acme';
const ours = { configMapRef: { name: `${name}-amendments` } };
const theirs = { secretRef: { name: 'proxy', optional: true } };

let controlPlane: ControlPlane;
beforeAll(async () => {
  controlPlane = await startControlPlane();
  const amended: SettingsOverrides = { operator: { amendments: true } };
  const rendered = platformObjects(platform(amended)) as (Manifest & ClusterObject)[];
  const wanted = ['Namespace', 'MutatingAdmissionPolicy', 'MutatingAdmissionPolicyBinding'];
  await install(
    controlPlane.admin,
    ...wanted.flatMap((kind) => rendered.filter((object) => object.kind === kind)),
    { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { namespace, name } },
    { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { namespace, name: 'default' } },
  );
});
afterAll(() => controlPlane?.[Symbol.asyncDispose]());

/** What the API server makes of a pod with these containers, as far as the policy is concerned. */
async function admit(containers: readonly object[], more: object = {}) {
  const metadata = {
    namespace,
    name: `pod-${Math.random().toString(36).slice(2)}`,
    labels: { 'app.kubernetes.io/name': 'lakekeeper', 'app.kubernetes.io/instance': name },
  };
  const spec = { containers: containers.map((one) => ({ image: 'example.com/image:1', ...one })), ...more };
  const pod = { apiVersion: 'v1', kind: 'Pod', metadata, spec };
  const { status, body } = await controlPlane.admin.apply(pod, { dryRun: true });
  return status < 300 ? body.spec : { refused: body.message };
}
const sources = async (...of: Parameters<typeof admit>) =>
  (await admit(...of)).containers?.map(({ envFrom }: { envFrom?: unknown }) => envFrom);

test('the policy is accepted, and works a moment later', async () => {
  await expect.poll(async () => (await admit([{ name: 'lakekeeper' }])).serviceAccountName).toBe(name);
});

test.each(['lakekeeper', 'migrate'])(
  'the container %s is given the variables of its org, and its account',
  async (container) => {
    expect(await admit([{ name: container }])).toMatchObject({
      serviceAccountName: name,
      containers: [{ envFrom: [ours] }],
    });
  },
);

test('what another webhook put there stays, and ours comes last: of two, the last one wins', async () => {
  expect(await sources([{ name: 'lakekeeper', envFrom: [theirs] }])).toEqual([[theirs, ours]]);
});

test('it is given once, however often the policy is called', async () => {
  expect(await sources([{ name: 'lakekeeper', envFrom: [ours] }])).toEqual([[ours]]);
  expect(await sources([{ name: 'lakekeeper', envFrom: [ours, theirs] }])).toEqual([[ours, theirs]]);
});

test('a container that was put before the server is left alone', async () => {
  const sidecar = { name: 'istio-proxy' };
  expect(await sources([sidecar, { name: 'lakekeeper' }, { name: 'another' }])).toEqual([
    undefined,
    [ours],
    undefined,
  ]);
});

test('a pod without the container of the operator is refused: it would start without its settings', async () => {
  expect(await admit([{ name: 'istio-proxy' }])).toMatchObject({
    refused: expect.stringContaining('lakekeeper-gitops-amendments'),
  });
});
