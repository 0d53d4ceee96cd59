import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { registrationInputs } from '../../src/catalog/registration-inputs.ts';
import { deriveRetiring } from '../../src/catalog/retiring-org.ts';
import { type KubernetesClient, kubernetesClient } from '../../src/clients/kubernetes/kubernetes-client.ts';
import { connectKubernetes } from '../../src/clients/kubernetes/kubernetes-connection.ts';
import { KubernetesError, kubernetesRefusals } from '../../src/clients/kubernetes/kubernetes-errors.ts';
import { retiringManifests } from '../../src/manifests/org-manifests.ts';
import { evictPod } from '../../src/registration/catalog/roll-out/apply.ts';
import type { PodObject } from '../../src/registration/catalog/roll-out/observe.ts';
import { ensureConfigMap } from '../../src/registration/objects/configmap-objects.ts';
import {
  createSecret,
  deleteSecret,
  readSecret,
  type SecretObject,
} from '../../src/registration/objects/secret-objects.ts';
import { exitCodeOf } from '../../src/text/errors.ts';
import { createAuthority } from '../support/certificates.ts';
import { catalog, orgObjects, platform, platformObjects, type SettingsOverrides } from '../support/fleet.ts';
import type { Cluster, ClusterObject } from './support/cluster.ts';
import { type ControlPlane, kubeletToken, startControlPlane } from './support/control-plane.ts';
import { install } from './support/install.ts';
import { allObjectsOf } from './support/manifests.ts';

/** What the API server itself refuses the Jobs of an org, and what a Job takes the refusal for. */

const namespace = 'lakekeeper';
let controlPlane: ControlPlane;
/** As the Job of the catalog `lakekeeper-acme`, with every right that RBAC can give: what limits it is admission. */
let job: KubernetesClient;

beforeAll(async () => {
  controlPlane = await startControlPlane();
  const platform = (await allObjectsOf('dist/platform')).filter(
    ({ kind, metadata }) => kind === 'Namespace' || metadata.name === 'lakekeeper-gitops-registration',
  );
  expect(platform.map(({ kind }) => kind).sort()).toEqual([
    'Namespace',
    'ValidatingAdmissionPolicy',
    'ValidatingAdmissionPolicyBinding',
  ]);
  await install(
    controlPlane.admin,
    ...platform.sort(({ kind }) => (kind === 'Namespace' ? -1 : 1)),
    ...everyRight(),
  );
  job = await clientOf('lakekeeper-acme.register');
  // A policy takes a moment to be in force.
  const isInForce = async () => (await outcomeOf(create(job, 'probe'))).code === 422;
  await vi.waitUntil(isInForce, { timeout: 60_000, interval: 200 });
});
afterAll(() => controlPlane?.[Symbol.asyncDispose]());

function everyRight(): ClusterObject[] {
  const accounts = ['lakekeeper-acme.register', 'lakekeeper-globex.retire', 'somebody'];
  const rbac = { apiVersion: 'rbac.authorization.k8s.io/v1', metadata: { name: 'everything', namespace } };
  return [
    ...accounts.map((name) => ({ apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name, namespace } })),
    {
      ...rbac,
      kind: 'Role',
      rules: [{ apiGroups: [''], resources: ['secrets', 'configmaps', 'pods/eviction'], verbs: ['*'] }],
    },
    {
      ...rbac,
      kind: 'RoleBinding',
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'everything' },
      subjects: accounts.map((name) => ({ kind: 'ServiceAccount', name, namespace })),
    },
  ];
}

async function clientOf(account: string): Promise<KubernetesClient> {
  const token = await controlPlane.admin.token(namespace, account);
  const connection = await connectKubernetes({ kubeconfig: await controlPlane.kubeconfig(token) });
  return kubernetesClient(connection, { attempts: 1 });
}

function create(client: KubernetesClient, name: string, at = namespace) {
  return createSecret(client, { namespace: at, name, org: 'acme', orgLabel: 'acme', data: {} });
}

/** Code, row of the table, exit code and message of what a call ends with. */
async function outcomeOf(call: Promise<unknown>) {
  const error: unknown = await call.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (error === undefined) return { code: 200 };
  const inner = [error, (error as Error).cause].find((each) => each instanceof KubernetesError);
  const { code, refusal } = inner as KubernetesError;
  return { code, refusal, exitCode: exitCodeOf(error), message: (error as Error).message };
}

describe('a registration Job may create', () => {
  test('the Secret of its catalog', async () => {
    expect(await create(job, 'lakekeeper-acme')).toMatchObject({ outcome: 'created' });
  });

  test('no other Secret, and exit code 4 says whose it is', async () => {
    expect(await outcomeOf(create(job, 'lakekeeper-globex'))).toMatchObject({
      code: 422,
      refusal: 'policy',
      exitCode: 4,
      message: expect.stringContaining('may create the Opaque Secret lakekeeper-acme only'),
    });
  });

  test('no Secret whose name the server makes up', async () => {
    const body = { apiVersion: 'v1', kind: 'Secret', metadata: { generateName: 'lakekeeper-acme-' } };
    const resource = { group: '', version: 'v1', plural: 'secrets' };
    const made = job.call({ verb: 'create', resource, namespace, body });
    expect(await outcomeOf(made)).toMatchObject({ code: 422, refusal: 'policy' });
  });

  test('no token of another ServiceAccount, under the name of its own Secret either', async () => {
    await controlPlane.admin.delete(secret('lakekeeper-acme'));
    const metadata = {
      name: 'lakekeeper-acme',
      annotations: { 'kubernetes.io/service-account.name': 'somebody' },
    };
    const body = { apiVersion: 'v1', kind: 'Secret', metadata, type: 'kubernetes.io/service-account-token' };
    const resource = { group: '', version: 'v1', plural: 'secrets' };
    const token = job.call({ verb: 'create', resource, namespace, body });
    expect(await outcomeOf(token)).toMatchObject({ code: 422, refusal: 'policy' });
  });

  test('the ConfigMap that stands for its row, and no other', async () => {
    const write = (name: string) => ensureConfigMap(job, { namespace, name }, { data: {} });
    expect(await outcomeOf(write('lakekeeper-acme-endpoint'))).toEqual({ code: 200 });
    expect(await outcomeOf(write('lakekeeper-globex-endpoint'))).toMatchObject({
      code: 422,
      refusal: 'policy',
    });
  });
});

test.each([
  ['lakekeeper-acme-7d9f8b6c5-x2kqz', 200],
  // An org `acme-x`, the migration of `acme`, and another org.
  ['lakekeeper-acme-x-7d9f8b6c5-x2kqz', 422],
  ['lakekeeper-acme-migrate-7de73ad9-x2kqz', 422],
  ['lakekeeper-globex-7d9f8b6c5-x2kqz', 422],
])('a registration Job evicts the pods of its own catalog only: %s', async (name, code) => {
  const spec = { containers: [{ name: 'lakekeeper', image: 'lakekeeper' }] };
  const pod = await controlPlane.admin.create({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { namespace, name },
    spec,
  });
  expect(await outcomeOf(evictPod(job, pod as unknown as PodObject))).toMatchObject({ code });
});

describe('a retirement Job', () => {
  let retirement: KubernetesClient;
  beforeAll(async () => {
    retirement = await clientOf('lakekeeper-globex.retire');
  });

  test('may create the ConfigMap with its record, and no other', async () => {
    const write = (name: string) => ensureConfigMap(retirement, { namespace, name }, { data: {} });
    expect(await outcomeOf(write('lakekeeper-globex-endpoint'))).toEqual({ code: 200 });
    expect(await outcomeOf(write('lakekeeper-initech-endpoint'))).toMatchObject({
      ...{ code: 422, refusal: 'policy', exitCode: 4 },
      message: expect.stringContaining(
        'this retirement Job may create the ConfigMap lakekeeper-globex-endpoint only',
      ),
    });
  });

  test('may create no Secret, and evict no pod', async () => {
    expect(await outcomeOf(create(retirement, 'lakekeeper-globex'))).toMatchObject({
      ...{ code: 422, refusal: 'policy' },
      message: expect.stringContaining('a retirement Job may create its ConfigMap only'),
    });
    const metadata = { namespace, name: 'lakekeeper-globex-6c7d8f9b5-x2kqz' };
    const spec = { containers: [{ name: 'lakekeeper', image: 'lakekeeper' }] };
    const pod = await controlPlane.admin.create({ apiVersion: 'v1', kind: 'Pod', metadata, spec });
    expect(await outcomeOf(evictPod(retirement, pod as unknown as PodObject))).toMatchObject({
      ...{ code: 422, refusal: 'policy' },
    });
  });

  test('deletes its Secret as it was observed, and none that was written or made again meanwhile', async () => {
    const at = { namespace, name: 'lakekeeper-initech' };
    const made = (await controlPlane.admin.create(secret(at.name))) as unknown as SecretObject;
    const job = await rendered('lakekeeper-initech.retire');
    const { uid, resourceVersion } = made.metadata;
    const written = { ...made, metadata: { ...made.metadata, resourceVersion: `${resourceVersion}0` } };
    const anotherOne = { ...made, metadata: { ...made.metadata, uid: `${uid?.slice(0, -1)}x` } };
    for (const observed of [written, anotherOne])
      expect(await deleteSecret(job, at, observed)).toBe('conflict');
    expect(await deleteSecret(job, at, made)).toBe('deleted');
    expect(await readSecret(job, at)).toBeUndefined();
    expect(await deleteSecret(job, at, made)).toBe('deleted');
    const ofOther = (await controlPlane.admin.create(secret('lakekeeper-hooli'))) as unknown as SecretObject;
    expect(await outcomeOf(deleteSecret(job, { ...at, name: 'lakekeeper-hooli' }, ofOther))).toMatchObject({
      code: 403,
    });
  });

  /** With the rights that are rendered for the org `initech`, whose policy is `delete`. */
  async function rendered(account: string): Promise<KubernetesClient> {
    const settings = platform();
    const inputs = {
      version: 1,
      policy: 'delete',
      registration: registrationInputs(catalog('initech', settings), settings),
    } as const;
    const derived = deriveRetiring(inputs, settings, 'registration.yaml');
    if (!derived.ok) throw new Error(JSON.stringify(derived.problems));
    const objects = [...retiringManifests(derived.retiring, settings).values()].flat() as ClusterObject[];
    const access = objects.filter(
      ({ kind, metadata }) =>
        ['ServiceAccount', 'Role', 'RoleBinding'].includes(kind) && metadata.namespace === namespace,
    );
    expect(access).toHaveLength(3);
    await install(controlPlane.admin, ...access);
    return clientOf(account);
  }
});

test('whoever is no registration Job is not limited by the policy', async () => {
  expect(await create(await clientOf('somebody'), 'anything')).toMatchObject({ outcome: 'created' });
});

describe('authentication.audienceGuard', () => {
  const workers = 'workers';
  const controlPlaneAccount = 'control-plane';
  const settings: SettingsOverrides = {
    operator: { amendments: true },
    catalog: { image: 'quay.io/lakekeeper/catalog:v0.13.3' },
    repair: { schedule: '0 3 * * *' },
    workers: { namespace: workers, podSelector: { 'duckgres/active-org': '{org}' } },
    authentication: {
      mode: 'kubernetes',
      audienceGuard: { workersCreatedBy: [`system:serviceaccount:${workers}:${controlPlaneAccount}`] },
    },
  };
  const accounts: [namespace: string, name: string][] = [
    [workers, controlPlaneAccount],
    [workers, 'somebody'],
    ['kube-system', 'job-controller'],
    [namespace, 'lakekeeper-gitops-repair'],
  ];
  const proofs = ['lakekeeper-acme.proof', 'lakekeeper-globex.proof'];
  const org = (id: string) => ({ 'duckgres/active-org': id });

  beforeAll(async () => {
    const policies = platformObjects(platform(settings)) as unknown as ClusterObject[];
    const rbac = (kind: string, more: object) => ({
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind,
      metadata: { name: 'pods-and-tokens' },
      ...more,
    });
    const resources = ['pods', 'serviceaccounts/token'];
    const acme = orgObjects(catalog('acme', platform(settings)), platform(settings));
    const ofJob = acme.filter(
      ({ kind, metadata }) =>
        /^Role(Binding)?$/.test(kind) &&
        metadata.name === 'lakekeeper-acme.register' &&
        metadata.namespace === namespace,
    ) as unknown as ClusterObject[];
    expect(ofJob).toHaveLength(2);
    await install(
      controlPlane.admin,
      { apiVersion: 'v1', kind: 'Namespace', metadata: { name: workers } },
      ...[workers, namespace].map((at) => ({
        apiVersion: 'v1',
        kind: 'ServiceAccount',
        metadata: { namespace: at, name: 'default' },
      })),
      ...accounts.map(([at, name]) => ({
        apiVersion: 'v1',
        kind: 'ServiceAccount',
        metadata: { namespace: at, name },
      })),
      rbac('ClusterRole', { rules: [{ apiGroups: [''], resources, verbs: ['create', 'patch', 'get'] }] }),
      rbac('ClusterRoleBinding', {
        roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'pods-and-tokens' },
        subjects: [
          ...accounts.map(([at, name]) => ({ kind: 'ServiceAccount', name, namespace: at })),
          { apiGroup: 'rbac.authorization.k8s.io', kind: 'Group', name: 'system:nodes' },
        ],
      }),
      ...proofs.map((name) => ({ apiVersion: 'v1', kind: 'ServiceAccount', metadata: { namespace, name } })),
      ...ofJob,
      ...policies.filter(({ metadata }) => metadata.name === 'lakekeeper-gitops-audiences'),
    );
    const isInForce = async () => (await pod(workers, 'somebody', 'lakekeeper-acme')) !== 'admitted';
    await vi.waitUntil(isInForce, { timeout: 60_000, interval: 200 });
  });

  const as = async (at: string, account: string) =>
    controlPlane.admin.as(await controlPlane.admin.token(at, account));

  /** What becomes of a pod that somebody creates, with a token of an audience. */
  async function pod(
    at: string,
    creator: string,
    audience: string | undefined,
    { labels = {}, account = 'default', createdIn = at }: PodOptions = {},
  ): Promise<string> {
    const token = {
      name: 'token',
      projected: { sources: [{ serviceAccountToken: { audience, path: 'token' } }] },
    };
    const body = {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { generateName: 'pod-', labels },
      spec: {
        serviceAccountName: account,
        containers: [{ name: 'one', image: 'example.com/image:1' }],
        volumes: audience === undefined ? [] : [token],
      },
    };
    const answer = await (await as(createdIn, creator)).send('POST', `/api/v1/namespaces/${at}/pods`, body);
    return answer.status === 201 ? 'admitted' : answer.body.message;
  }
  interface PodOptions {
    readonly labels?: Readonly<Record<string, string>>;
    readonly account?: string;
    readonly createdIn?: string;
  }
  const registration = (id: string) => ({
    createdIn: 'kube-system',
    account: 'lakekeeper-acme.register',
    labels: { 'lakekeeper-gitops/org': id },
  });

  test("an org's workers have a token of its audience, and its registration Job has", async () => {
    expect(await pod(workers, controlPlaneAccount, 'lakekeeper-acme', { labels: org('acme') })).toBe(
      'admitted',
    );
    const odd = 'lakekeeper-hooli-labs-ccd58c50';
    expect(await pod(workers, controlPlaneAccount, odd, { labels: org('hooli_labs') })).toBe('admitted');
    expect(await pod(namespace, 'job-controller', 'lakekeeper-acme', registration('acme'))).toBe('admitted');
  });

  test('tokens of other audiences are for everybody', async () => {
    expect(await pod(workers, 'somebody', 'vault')).toBe('admitted');
    expect(await pod(workers, 'somebody', undefined)).toBe('admitted');
  });

  test.each<[string, () => Promise<string>, RegExp]>([
    [
      'any other pod',
      () => pod(workers, 'somebody', 'lakekeeper-acme'),
      /audiences lakekeeper-acme; only the workers of an org and its registration Job .*this pod is neither/,
    ],
    [
      "another org's worker",
      () => pod(workers, controlPlaneAccount, 'lakekeeper-acme', { labels: org('globex') }),
      /this pod is of the org globex/,
    ],
    [
      "a worker's label in another namespace",
      () =>
        pod(namespace, controlPlaneAccount, 'lakekeeper-acme', { labels: org('acme'), createdIn: workers }),
      /this pod is neither/,
    ],
    [
      "another org's registration Job",
      () => pod(namespace, 'job-controller', 'lakekeeper-acme', registration('globex')),
      /this pod is of the org globex/,
    ],
    [
      'a pod that is made like a registration Job',
      () => pod(namespace, 'somebody', 'lakekeeper-acme', { ...registration('acme'), createdIn: workers }),
      /this pod is neither/,
    ],
    [
      "a label of an org's workers that somebody else puts on a pod",
      () => pod(workers, 'somebody', undefined, { labels: org('acme') }),
      /label duckgres\/active-org makes a pod a worker .*only system:serviceaccount:workers:control-plane may/,
    ],
  ])('refused is %s, and the message says why', async (_, created, message) => {
    expect(await created()).toMatch(message);
  });

  test('nobody labels a pod that is there already, but the control plane', async () => {
    const metadata = { name: 'plain', namespace: workers };
    const spec = { containers: [{ name: 'one', image: 'example.com/image:1' }] };
    await controlPlane.admin.create({ apiVersion: 'v1', kind: 'Pod', metadata, spec });
    const label = async (account: string) =>
      (await as(workers, account)).send(
        'PATCH',
        `/api/v1/namespaces/${workers}/pods/plain`,
        { metadata: { labels: org('acme') } },
        'application/merge-patch+json',
      );
    expect(await label('somebody')).toMatchObject({
      status: 422,
      body: {
        message: expect.stringContaining('may put it on a pod, not system:serviceaccount:workers:somebody'),
      },
    });
    expect((await label(controlPlaneAccount)).status).toBe(200);
  });

  const request = (by: Cluster, at: string, account: string, ...audiences: string[]) =>
    by.send('POST', `/api/v1/namespaces/${at}/serviceaccounts/${account}/token`, {
      apiVersion: 'authentication.k8s.io/v1',
      kind: 'TokenRequest',
      spec: { audiences },
    });
  const refused = (audiences: string) => ({
    status: 422,
    body: { message: expect.stringContaining(`with the audiences ${audiences}; only the workers`) },
  });

  test('nobody asks for such a token by TokenRequest', async () => {
    const somebody = await as(workers, 'somebody');
    expect(await request(somebody, workers, 'default', 'lakekeeper-acme')).toMatchObject(
      refused('lakekeeper-acme'),
    );
    expect((await request(somebody, workers, 'default', 'vault')).status).toBe(201);
    expect(await request(somebody, namespace, 'lakekeeper-acme.proof', 'lakekeeper-acme')).toMatchObject(
      refused('lakekeeper-acme'),
    );
    expect(
      await request(controlPlane.admin, namespace, 'lakekeeper-acme.proof', 'lakekeeper-acme'),
    ).toMatchObject(refused('lakekeeper-acme'));
  });

  test('a kubelet asks for the tokens of pods that are validated already', async () => {
    const kubelet = controlPlane.as(kubeletToken);
    expect((await request(kubelet, workers, 'default', 'lakekeeper-acme')).status).toBe(201);
  });

  test('the repair asks for tokens of the accounts that register, and of no others', async () => {
    const repair = await as(namespace, 'lakekeeper-gitops-repair');
    expect((await request(repair, namespace, 'lakekeeper-acme.register', 'lakekeeper-acme')).status).toBe(
      201,
    );
    expect(await request(repair, namespace, 'default', 'lakekeeper-acme')).toMatchObject(
      refused('lakekeeper-acme'),
    );
  });

  test('a registration Job asks for a token of its account for the proof, with the audience of its org', async () => {
    const job = await as(namespace, 'lakekeeper-acme.register');
    expect((await request(job, namespace, 'lakekeeper-acme.proof', 'lakekeeper-acme')).status).toBe(201);
    for (const audiences of [['lakekeeper-globex'], ['lakekeeper-acme', 'lakekeeper-globex']])
      expect(await request(job, namespace, 'lakekeeper-acme.proof', ...audiences)).toMatchObject(
        refused(audiences.join(', ')),
      );
    const ofAnother = await request(job, namespace, 'lakekeeper-globex.proof', 'lakekeeper-acme');
    expect(ofAnother).toMatchObject({ status: 403, body: { message: expect.stringContaining('forbidden') } });
  });
});

test.each(['lakekeeper-gitops-registration', 'lakekeeper-gitops-audiences'])(
  'the API server finds nothing wrong with the expressions of the policy %s',
  async (name) => {
    const policy = {
      apiVersion: 'admissionregistration.k8s.io/v1',
      kind: 'ValidatingAdmissionPolicy',
      metadata: { name },
    };
    const status = async () => (await controlPlane.admin.get(policy))?.status;
    await expect.poll(async () => (await status())?.observedGeneration, { timeout: 30_000 }).toBe(1);
    expect((await status())?.typeChecking?.expressionWarnings ?? []).toEqual([]);
  },
);

describe('what the API server refuses for another reason', () => {
  test('a right that is missing', async () => {
    await expect
      .poll(() => outcomeOf(readSecret(job, { namespace: 'default', name: 'x' })))
      .toMatchObject({
        code: 403,
        refusal: 'missingRight',
        exitCode: 4,
      });
  });

  test('a token that is none', async () => {
    const connection = await connectKubernetes({ kubeconfig: await controlPlane.kubeconfig('no-token') });
    const read = readSecret(kubernetesClient(connection, { attempts: 1 }), { namespace, name: 'x' });
    await expect(read).rejects.toMatchObject({ name: 'PermanentError' });
  });

  test('a quota that is used up: it passes', async () => {
    const quota = { apiVersion: 'v1', kind: 'ResourceQuota', metadata: { name: 'none', namespace } };
    await install(controlPlane.admin, { ...quota, spec: { hard: { 'count/secrets': '0' } } });
    const refused = () => outcomeOf(create(job, 'lakekeeper-acme'));
    await expect.poll(refused, { timeout: 30_000 }).toMatchObject({
      code: 403,
      refusal: 'quota',
      exitCode: 1,
      message: expect.stringContaining('raise the quota'),
    });
    await controlPlane.admin.delete(quota);
  });

  test('a webhook: it passes, and its words are told', async () => {
    await using webhook = await startWebhook({ code: 403, message: 'nobody owns it' });
    await install(controlPlane.admin, webhook.configuration);
    const refused = () => outcomeOf(create(job, 'lakekeeper-acme'));
    await expect.poll(refused, { timeout: 30_000 }).toMatchObject({
      refusal: 'webhook',
      exitCode: 1,
      message: expect.stringContaining('nobody owns it'),
    });
    webhook.answer = { message: 'nobody owns it' };
    expect(await refused()).toMatchObject({ refusal: 'webhook', exitCode: 1 });
    await webhook.stop();
    expect(await refused()).toMatchObject({ code: 500, refusal: 'unavailable', exitCode: 1 });
    await controlPlane.admin.delete(webhook.configuration);
    await expect.poll(refused, { timeout: 30_000 }).toEqual({ code: 200 });
  });

  test('a namespace that is being deleted: it passes', async () => {
    // What stands in its way keeps it there.
    const kept = { name: 'kept', namespace, finalizers: ['example.com/kept'] };
    await controlPlane.admin.create({ apiVersion: 'v1', kind: 'ConfigMap', metadata: kept });
    await controlPlane.admin.delete(secret('lakekeeper-acme'));
    await controlPlane.admin.delete({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } });
    expect(await outcomeOf(create(job, 'lakekeeper-acme'))).toMatchObject({
      code: 403,
      refusal: 'terminating',
      exitCode: 1,
      message: expect.stringContaining(kubernetesRefusals.terminating.meaning),
    });
  });
});

function secret(name: string): ClusterObject {
  return { apiVersion: 'v1', kind: 'Secret', metadata: { name, namespace } };
}

/** An admission webhook that denies every Secret. */
async function startWebhook(status: { code?: number; message: string }) {
  const authority = createAuthority('webhook');
  const server = createServer(authority.issue('webhook', ['127.0.0.1']), async (request, response) => {
    let text = '';
    for await (const chunk of request) text += chunk;
    const { apiVersion, kind, request: asked } = JSON.parse(text);
    const answer = { uid: asked.uid, allowed: false, status: webhook.answer };
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify({ apiVersion, kind, response: answer }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const stop = async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  };
  const webhook = {
    answer: status,
    stop,
    [Symbol.asyncDispose]: stop,
    configuration: {
      apiVersion: 'admissionregistration.k8s.io/v1',
      kind: 'ValidatingWebhookConfiguration',
      metadata: { name: 'owners' },
      webhooks: [
        {
          name: 'owners.example.com',
          clientConfig: {
            url: `https://127.0.0.1:${(server.address() as AddressInfo).port}/`,
            caBundle: Buffer.from(authority.cert).toString('base64'),
          },
          rules: [{ apiGroups: [''], apiVersions: ['v1'], operations: ['CREATE'], resources: ['secrets'] }],
          sideEffects: 'None',
          admissionReviewVersions: ['v1'],
          timeoutSeconds: 2,
        },
      ],
    },
  };
  return webhook;
}
