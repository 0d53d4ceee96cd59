import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { kubernetesClient } from '../../../src/clients/kubernetes/kubernetes-client.ts';
import { applySecret } from '../../../src/registration/secret/apply.ts';
import { observeStartValues } from '../../../src/registration/secret/observe.ts';
import { startValuesChangedAt, startValuesKeys } from '../../../src/registration/secret/start-values.ts';
import { type KubernetesStandIn, startKubernetesStandIn } from '../../support/kubernetes-stand-in.ts';

const at = { namespace: 'lakekeeper', name: 'lakekeeper-acme' };
const amendments = { namespace: 'lakekeeper', name: 'lakekeeper-acme-amendments' };
const values = { 'db-user': 'acme', 'db-password': 'the-password', 'encryption-key': 'the-key' };
const encoded = (of: Record<string, string>) =>
  Object.fromEntries(Object.entries(of).map(([key, value]) => [key, Buffer.from(value).toString('base64')]));

let cluster: KubernetesStandIn;
beforeEach(async () => {
  cluster = await startKubernetesStandIn();
});
afterEach(() => cluster[Symbol.asyncDispose]());
const client = () =>
  kubernetesClient({
    server: cluster.server,
    options: async () => ({ headers: { authorization: 'Bearer admin-token' } }),
  });

/** A run's part in the Secret: it writes these keys, and notes what changed. */
async function run(data: Record<string, string | null> = {}, amended = true) {
  const observed = await observeStartValues(client(), at, amended ? amendments.name : undefined);
  return applySecret(client(), { ...at, org: 'acme', orgLabel: 'acme' }, observed, {
    action: 'none',
    data: { ...data, ...encoded(present(data)) },
    labels: {},
    credentials: { user: '', password: '' },
    isNewPassword: false,
    secrets: [],
  });
}
const present = (data: Record<string, string | null>) =>
  Object.fromEntries(Object.entries(data).flatMap(([key, value]) => (value === null ? [] : [[key, value]])));
const put = (of: Record<string, string>, manager = 'kubectl-edit') => {
  const { metadata = at } = cluster.get('secrets', at.namespace, at.name) ?? {};
  cluster.put('secrets', { metadata, data: encoded(of) }, manager);
};
const amend = (data: object) =>
  cluster.put('configmaps', { metadata: amendments, data }, 'argocd-controller');
const changedAt = () => startValuesChangedAt(cluster.get('secrets', at.namespace, at.name) as never);
/** A pod that begins now would have been made at this time. */
const now = () =>
  Date.parse(
    String(
      cluster.put('pods', { metadata: { ...at, name: `pod-${Math.random()}` } }).metadata.creationTimestamp,
    ),
  );
const annotations = () =>
  cluster.get('secrets', at.namespace, at.name)?.metadata.annotations as Record<string, string>;

describe('when the values that pods read at their start changed', () => {
  test('is when the Secret was made; a second run notes nothing', async () => {
    amend({ A: '1' });
    expect((await run(values)).outcome).toBe('written');
    expect(changedAt()).toBe(
      Date.parse(String(cluster.get('secrets', at.namespace, at.name)?.metadata.creationTimestamp)),
    );
    expect(now()).toBeGreaterThan(changedAt());
    expect((await run()).outcome).toBe('unchanged');
  });

  test.each([
    ['a password that the run writes', async () => void (await run({ 'db-password': 'another' }))],
    ['a new encryption key', async () => void (await run({ 'encryption-key': 'another' }))],
    ['an edit by hand', async () => put({ ...values, 'db-password': 'by hand' })],
    ['amendments that changed', async () => void amend({ A: '2' })],
    [
      'a Secret that was deleted and made anew',
      async () => {
        cluster.delete('secrets', at.namespace, at.name);
        await run(values);
      },
    ],
  ])('is when it happened: %s', async (_, change) => {
    amend({ A: '1' });
    await run(values);
    const before = now();
    await change();
    const after = now();
    await run();
    expect(changedAt()).toBeGreaterThan(before);
    expect(changedAt()).toBeLessThan(after);
    expect((await run()).outcome).toBe('unchanged');
  });

  test.each([
    [
      'annotations of ours',
      async () => {
        const secret = cluster.get('secrets', at.namespace, at.name) ?? expect.unreachable();
        const marked = {
          ...(secret.metadata.annotations as object),
          'lakekeeper-gitops/sent-credential': 'x',
        };
        cluster.put(
          'secrets',
          { ...secret, metadata: { ...secret.metadata, annotations: marked } },
          'lakekeeper-gitops',
        );
      },
    ],
    [
      'labels of the amendments',
      async () =>
        void cluster.put(
          'configmaps',
          { metadata: { ...amendments, labels: { new: 'x' } }, data: { A: '1' } },
          'argocd-controller',
        ),
    ],
    ['keys that pods do not read', async () => put({ ...values, 'oauth2-client-secret': 'x' })],
  ])('is not when something else changes: %s', async (_, change) => {
    amend({ A: '1' });
    await run(values);
    const before = now();
    await change();
    expect((await run()).outcome).toBe('unchanged');
    expect(changedAt()).toBeLessThan(before);
  });

  test.each([
    ['after its deletion', async () => cluster.delete('secrets', at.namespace, at.name)],
    ['over it', async () => void (await run({ 'db-password': 'newer' }))],
  ])('is when a backup of the Secret, with its annotations, was restored: %s', async (_, sinceBackup) => {
    await run(values);
    await run({ 'db-password': 'another' });
    const backup = cluster.get('secrets', at.namespace, at.name) ?? expect.unreachable();
    await sinceBackup();
    const before = now();
    cluster.put('secrets', backup, 'velero-server');
    const after = now();
    const restoredAt = changedAt();
    expect(restoredAt).toBeGreaterThan(before);
    expect(restoredAt).toBeLessThan(after);
    await run();
    const { metadata, ...rest } = cluster.get('secrets', at.namespace, at.name) ?? expect.unreachable();
    cluster.put('secrets', { ...rest, metadata: { ...metadata, labels: { a: 'b' } } }, 'velero-server');
    expect((await run()).outcome).toBe('unchanged');
    expect(changedAt()).toBe(restoredAt);
  });

  test('instance admins that come, change or go count too', async () => {
    await run(values);
    for (const admins of ['["kubernetes~one"]', '["kubernetes~other"]', null]) {
      const before = now();
      expect((await run({ 'instance-admins': admins })).outcome).toBe('written');
      expect(changedAt()).toBeGreaterThan(before);
      expect(now()).toBeGreaterThan(changedAt());
    }
    expect(cluster.get('secrets', at.namespace, at.name)?.data).not.toHaveProperty('instance-admins');
  });

  test('amendments that come or go count too', async () => {
    await run(values);
    const before = now();
    amend({ A: '1' });
    const between = now();
    await run();
    expect(changedAt()).toBeGreaterThan(before);
    expect(changedAt()).toBeLessThan(between);
    // Nothing says when a ConfigMap went: now, by our own clock.
    await run({}, false);
    expect(changedAt()).toBeGreaterThan(between);
  });

  test('of a foreign Secret is the last change of its data, without our own annotations', async () => {
    put(values, 'kubectl-create');
    const before = now();
    put({ ...values, 'db-password': 'edited' });
    const after = now();
    const secret = cluster.get('secrets', at.namespace, at.name) ?? expect.unreachable();
    cluster.put(
      'secrets',
      { ...secret, metadata: { ...secret.metadata, annotations: { a: 'b' } } },
      'lakekeeper-gitops',
    );
    expect((await run()).outcome).toBe('noted');
    expect(changedAt()).toBeGreaterThan(before);
    expect(changedAt()).toBeLessThan(after);
  });
});

test('the first note of a foreign Secret precedes our own writes, which count from then on', async () => {
  put({ ...values, 'db-password': 'former' }, 'kubectl-create');
  const before = now();
  await run({ 'db-password': 'exchanged' });
  expect(changedAt()).toBeGreaterThan(before);
});

test('a run that dies between the values and the note is made good by the next', async () => {
  await run(values);
  const before = now();
  const dies: (typeof cluster.faults)[number] = ({ verb, body }) =>
    verb === 'patch' && JSON.stringify(body).includes(startValuesKeys.changedAt) ? { code: 403 } : undefined;
  cluster.faults.push(dies);
  await expect(run({ 'db-password': 'another' })).rejects.toThrow();
  cluster.faults.length = 0;
  const after = now();
  expect((await run()).outcome).toBe('noted');
  expect(changedAt()).toBeGreaterThan(before);
  expect(changedAt()).toBeLessThan(after);
});

test('a Secret that somebody writes between the values and the note is decided about anew', async () => {
  await run(values);
  put({ ...values, 'db-password': 'one edit' });
  let isFirst = true;
  cluster.faults.push(({ verb, plural }) => {
    if (verb === 'patch' && plural === 'secrets' && isFirst) {
      isFirst = false;
      put({ ...values, 'db-password': 'another edit' });
    }
    return undefined;
  });
  expect((await run()).outcome).toBe('conflict');
  expect((await run()).outcome).toBe('noted');
});

test('a time that somebody made none of counts as the time of that edit, and is noted anew', async () => {
  await run(values);
  const before = now();
  const secret = cluster.get('secrets', at.namespace, at.name);
  const notes = { ...annotations(), [startValuesKeys.changedAt]: 'yesterday' };
  cluster.put('secrets', { ...secret, metadata: { ...at, annotations: notes } }, 'kubectl-edit');
  expect(changedAt()).toBeGreaterThan(before);
  expect((await run()).outcome).toBe('noted');
  expect(Date.parse(annotations()[startValuesKeys.changedAt] ?? '')).toBeGreaterThan(before);
});

test('the note says nothing about the values to anybody who has not the key', async () => {
  await run(values);
  const notes = JSON.stringify(annotations());
  const first = annotations()[startValuesKeys.credentials];
  for (const value of ['the-password', 'the-key']) expect(notes).not.toContain(value);
  cluster.delete('secrets', at.namespace, at.name);
  await run({ ...values, 'encryption-key': 'another-key' });
  expect(annotations()[startValuesKeys.credentials]).not.toBe(first);
});
