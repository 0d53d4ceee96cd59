import { afterEach, beforeEach, expect, test } from 'vitest';
import { kubernetesClient } from '../../../src/clients/kubernetes/kubernetes-client.ts';
import { evictPod } from '../../../src/registration/catalog/roll-out/apply.ts';
import type { PodObject } from '../../../src/registration/catalog/roll-out/observe.ts';
import { createEvent } from '../../../src/registration/objects/catalog-events.ts';
import { ensureConfigMap } from '../../../src/registration/objects/configmap-objects.ts';
import { readDucklingCredential } from '../../../src/registration/objects/duckling-credential.ts';
import { readLakekeeper, requestReconcile } from '../../../src/registration/objects/operator-objects.ts';
import { RecentSecrets } from '../../../src/registration/objects/recent-secrets.ts';
import {
  createSecret,
  deleteSecret,
  patchSecret,
  readSecret,
  readSecretKey,
} from '../../../src/registration/objects/secret-objects.ts';
import { type KubernetesStandIn, startKubernetesStandIn } from '../../support/kubernetes-stand-in.ts';

let standIn: KubernetesStandIn;
beforeEach(async () => {
  standIn = await startKubernetesStandIn(['lakekeeper', 'ducklings']);
});
afterEach(async () => await standIn[Symbol.asyncDispose]());

const at = { namespace: 'lakekeeper', name: 'acme' };
const client = () =>
  kubernetesClient(
    {
      server: standIn.server,
      options: async () => ({ headers: { authorization: 'Bearer admin-token' } }),
    },
    { wait: async () => {} },
  );
const writes = () => standIn.requests.filter(({ verb }) => verb === 'create' || verb === 'patch');
const cutAfterFirstWrite = () => {
  let isCut = false;
  standIn.faults.push(({ verb }) => {
    if (isCut || (verb !== 'create' && verb !== 'patch')) return undefined;
    isCut = true;
    return { connection: 'cutAfter' };
  });
};
const wanted = { ...at, org: 'Acme', orgLabel: 'acme', data: { a: 'YQ==' } };

test("makes the org's Secret with our labels, and nothing that Argo CD tracks by", async () => {
  const { outcome } = await createSecret(client(), wanted);
  expect(outcome).toBe('created');
  const { metadata, ...rest } = (await readSecret(client(), at)) ?? expect.unreachable();
  expect(rest).toMatchObject({ type: 'Opaque', data: { a: 'YQ==' } });
  expect(metadata.labels).toEqual({
    'app.kubernetes.io/part-of': 'lakekeeper-gitops',
    'lakekeeper-gitops/org': 'acme',
  });
  expect(metadata.annotations).toEqual({ 'lakekeeper-gitops/org': 'Acme' });
});

test('twenty at once make one Secret, and all get the same one', async () => {
  const all = await Promise.all(
    Array.from({ length: 20 }, (_, index) =>
      createSecret(client(), {
        ...wanted,
        data: { a: Buffer.from(String(index)).toString('base64') },
      }),
    ),
  );
  expect(all.filter(({ outcome }) => outcome === 'created')).toHaveLength(1);
  expect(new Set(all.map(({ secret }) => secret.data?.a)).size).toBe(1);
});

test('a create whose answer was lost finds its own Secret', async () => {
  cutAfterFirstWrite();
  expect(await createSecret(client(), wanted)).toMatchObject({
    outcome: 'exists',
    secret: { data: { a: 'YQ==' } },
  });
});

test('patches named keys of the Secret it decided about, and of no later one', async () => {
  const { secret } = await createSecret(client(), wanted);
  const data = { b: 'Yg==' };
  const first = await patchSecret(client(), at, secret, { data, annotations: { pending: 'true' } });
  expect(first).toMatchObject({ outcome: 'updated', secret: { data: { a: 'YQ==', b: 'Yg==' } } });
  const late = await patchSecret(client(), at, secret, { data: { a: 'eA==' } });
  expect(late).toMatchObject({ outcome: 'conflict', secret: { data: { a: 'YQ==' } } });
  const done = await patchSecret(client(), at, first.secret, { annotations: { pending: null } });
  expect(done.secret.metadata.annotations).toEqual({ 'lakekeeper-gitops/org': 'Acme' });
  standIn.delete('secrets', 'lakekeeper', 'acme');
  await expect(patchSecret(client(), at, done.secret, { data })).rejects.toThrow('was deleted meanwhile');
});

test('requests a reconcile of the operator by an annotation, and changes nothing else', async () => {
  standIn.put('lakekeepers', {
    metadata: { ...at, annotations: { theirs: 'x' } },
    spec: { replicas: 2 },
    status: { serverID: 's' },
  });
  await requestReconcile(client(), at);
  const asked = await readLakekeeper(client(), at);
  expect(asked).toMatchObject({
    metadata: { generation: 1, annotations: { theirs: 'x' } },
    spec: { replicas: 2 },
    status: { serverID: 's' },
  });
  expect(asked?.metadata.annotations?.['lakekeeper-gitops/reconcile-requested-at']).toMatch(/^20.*Z$/);
});

test('tells an Event once, also when the answer was lost, and cuts a note that is too long', async () => {
  standIn.put('lakekeepers', { metadata: { ...at } });
  const regarding = (await readLakekeeper(client(), at)) ?? expect.unreachable();
  cutAfterFirstWrite();
  const event = { type: 'Warning', reason: 'MigrationFailed', action: 'Register' } as const;
  await createEvent(client(), regarding, {
    ...event,
    note: 'ü'.repeat(2000),
    at: new Date('2026-01-02T03:04:05.678Z'),
  });
  const names = writes().map(({ body }) => (body.metadata as { name: string }).name);
  expect(new Set(names).size).toBe(1);
  expect(standIn.get('events', 'lakekeeper', names[0] ?? '')).toMatchObject({
    ...event,
    eventTime: '2026-01-02T03:04:05.678000Z',
    note: 'ü'.repeat(510),
    regarding: { kind: 'Lakekeeper', name: 'acme', uid: regarding.metadata.uid },
  });
});

test('a ConfigMap is made, then kept, then corrected: these data, no other', async () => {
  const desired = { labels: { l: '1' }, annotations: { n: '1' }, data: { a: '1', b: '2' } };
  expect(await ensureConfigMap(client(), at, desired)).toBe('created');
  expect(await ensureConfigMap(client(), at, desired)).toBe('unchanged');
  expect(writes()).toHaveLength(1);
  standIn.put('configmaps', {
    metadata: { ...at, labels: { l: '1', theirs: 'x' }, annotations: { n: '1' } },
    data: { a: '1', b: '3', c: '4' },
  });
  expect(await ensureConfigMap(client(), at, desired)).toBe('updated');
  expect(standIn.get('configmaps', 'lakekeeper', 'acme')).toMatchObject({
    metadata: { labels: { l: '1', theirs: 'x' } },
  });
  expect(standIn.get('configmaps', 'lakekeeper', 'acme')?.data).toEqual({ a: '1', b: '2' });
  expect(await ensureConfigMap(client(), at, { ...desired, labels: { l: '2' } })).toBe('updated');
});

test('a ConfigMap whose create was not answered counts once', async () => {
  cutAfterFirstWrite();
  expect(await ensureConfigMap(client(), at, { data: { a: '1' } })).toBe('unchanged');
});

test('evicts the observed pod, not a later one of its name; reports a budget that forbids it', async () => {
  const put = () => standIn.put('pods', { metadata: { ...at } }) as unknown as PodObject;
  const first = put();
  const answers = [429, 429];
  standIn.faults.push(() => {
    const code = answers.shift();
    return code === undefined ? undefined : { code };
  });
  expect(await evictPod(client(), first)).toBe('evicted');
  expect(await evictPod(client(), first)).toBe('gone');
  put();
  expect(await evictPod(client(), first)).toBe('gone');
  standIn.faults.unshift(() => ({ code: 429 }));
  expect(await evictPod(client(), first)).toBe('forbidden');
  expect(standIn.get('pods', 'lakekeeper', 'acme')).toBeDefined();
});

test("finds a Duckling's credential, in clear or by reference, and says what is missing", async () => {
  const duckling = { namespace: 'ducklings', name: 'acme' };
  const read = () => readDucklingCredential(client(), duckling);
  await expect(read()).rejects.toThrow('there is no Duckling ducklings/acme');
  standIn.put('ducklings', { metadata: duckling, status: { metadataStore: { user: 'u' } } });
  await expect(read()).rejects.toThrow('Duckling ducklings/acme has no password in status.metadataStore yet');
  standIn.put('ducklings', { metadata: duckling, status: { metadataStore: { user: 'u', password: 'p' } } });
  expect(await read()).toEqual({ user: 'u', password: 'p', passwordSecret: undefined });
  const credentialSecretRef = { name: 's', key: 'k' };
  standIn.put('ducklings', { metadata: duckling, status: { metadataStore: { credentialSecretRef } } });
  expect(await read()).toEqual({
    user: undefined,
    password: undefined,
    passwordSecret: { namespace: 'ducklings', name: 's', key: 'k' },
  });
});

test('a Secret that was read a short time ago is not read again, and a read that failed is', async () => {
  let now = 0;
  const recent = new RecentSecrets(1000, () => now);
  const at = { namespace: 'lakekeeper', name: 'shared', key: 'value' };
  const put = (value: string) =>
    standIn.put('secrets', { metadata: at, data: { value: Buffer.from(value).toString('base64') } });
  recent.set('lakekeeper/shared', Promise.reject(new Error('of a run that was ended')));
  put('first');
  expect(await readSecretKey(client(), at, recent)).toBe('first');
  put('second');
  now = 999;
  expect(await readSecretKey(client(), at, recent)).toBe('first');
  now = 1000;
  expect(await readSecretKey(client(), at, recent)).toBe('second');
});

test.each([404, 409])(
  'a webhook that denies with %i is no conflict, and the object is not gone',
  async (code) => {
    const message = 'admission webhook "guard.example" denied the request: no writes on Fridays';
    const answer = { kind: 'Status', status: 'Failure', reason: 'Conflict', message, code };
    const secret = standIn.put('secrets', { metadata: at, data: {} }) as never;
    standIn.faults.push(({ verb }) => {
      const isWrite = ['create', 'patch', 'delete'].includes(verb);
      return isWrite ? { code, text: JSON.stringify(answer) } : undefined;
    });
    const pod = { metadata: { ...at, uid: 'u', resourceVersion: '1' } };
    const write = {
      createSecret: () => createSecret(client(), wanted),
      patchSecret: () => patchSecret(client(), at, secret, { annotations: { a: 'b' } }),
      deleteSecret: () => deleteSecret(client(), at, secret),
      evictPod: () => evictPod(client(), pod),
    };
    for (const [name, refused] of Object.entries(write))
      await expect(refused(), name).rejects.toThrow('no writes on Fridays');
  },
);
