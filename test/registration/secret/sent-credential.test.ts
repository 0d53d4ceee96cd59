import { afterEach, beforeEach, expect, test } from 'vitest';
import { kubernetesClient } from '../../../src/clients/kubernetes/kubernetes-client.ts';
import {
  type SentCredentials,
  sentCredentialKey,
  sentCredentialsInSecret,
  warehouseIdKey,
} from '../../../src/registration/secret/sent-credential.ts';
import { type KubernetesStandIn, startKubernetesStandIn } from '../../support/kubernetes-stand-in.ts';

const at = { namespace: 'lakekeeper', name: 'lakekeeper-acme' };
const encryptionKey = Buffer.from('the-encryption-key').toString('base64');

let cluster: KubernetesStandIn;
let sent: SentCredentials;
let waits: number[];
beforeEach(async () => {
  cluster = await startKubernetesStandIn(['lakekeeper']);
  const options = async () => ({ headers: { authorization: 'Bearer admin-token' } });
  waits = [];
  const wait = async (milliseconds: number) => void waits.push(milliseconds);
  sent = sentCredentialsInSecret(kubernetesClient({ server: cluster.server, options }, { wait }), at);
  cluster.put('secrets', {
    metadata: { ...at, annotations: { theirs: 'stays' } },
    data: { 'encryption-key': encryptionKey, 'db-user': 'YQ==' },
  });
});
afterEach(() => cluster[Symbol.asyncDispose]());

const noted = { [sentCredentialKey]: 'a-fingerprint', [warehouseIdKey]: 'an-id' };
const secret = () => cluster.get('secrets', at.namespace, at.name);

test("is noted in an annotation of the org's Secret, and its data stays byte for byte", async () => {
  expect(await sent.read()).toEqual({
    fingerprint: undefined,
    warehouseId: undefined,
    key: 'the-encryption-key',
  });
  const before = secret()?.data;
  await sent.write({ fingerprint: 'a-fingerprint', warehouseId: 'an-id' });
  expect(await sent.read()).toEqual({
    fingerprint: 'a-fingerprint',
    warehouseId: 'an-id',
    key: 'the-encryption-key',
  });
  expect(secret()?.data).toEqual(before);
  expect(secret()?.metadata.annotations).toEqual({ theirs: 'stays', ...noted });
});

test('a Secret that somebody writes meanwhile is written after them', async () => {
  let isFirst = true;
  cluster.faults.push(({ verb, plural }) => {
    if (verb === 'patch' && plural === 'secrets' && isFirst) {
      isFirst = false;
      const { resourceVersion, ...metadata } = secret()?.metadata ?? { name: '' };
      const theirs = { ...metadata, annotations: { theirs: 'changed' } };
      cluster.put('secrets', { metadata: theirs, data: { 'encryption-key': encryptionKey } });
    }
    return undefined;
  });
  await sent.write({ fingerprint: 'a-fingerprint', warehouseId: 'an-id' });
  expect(secret()?.metadata.annotations).toEqual({ theirs: 'changed', ...noted });
});

test('is tried again after a wait, and not for ever, where each write meets a conflict', async () => {
  let writes = 0;
  cluster.faults.push(({ verb }) => {
    const isRefused = verb === 'patch' && writes++ < 50;
    return isRefused ? { code: 409 } : undefined;
  });
  await expect(sent.write({ fingerprint: 'x', warehouseId: 'y' })).rejects.toThrow(
    /^other clients wrote Secret lakekeeper\/lakekeeper-acme at the same time, \d+ times in a row/,
  );
  expect(waits.length).toBe(writes - 1);
  expect(waits.every((milliseconds) => milliseconds > 0)).toBe(true);
});

test('without the Secret, or without its encryption key, nothing is compared', async () => {
  cluster.put('secrets', { metadata: at, data: { 'db-user': 'YQ==' } });
  await expect(sent.read()).rejects.toThrow('Secret lakekeeper/lakekeeper-acme lost its key encryption-key');
  cluster.delete('secrets', at.namespace, at.name);
  await expect(sent.read()).rejects.toThrow('Secret lakekeeper/lakekeeper-acme was deleted meanwhile');
  await expect(sent.write({ fingerprint: 'x', warehouseId: 'y' })).rejects.toThrow('was deleted meanwhile');
});
