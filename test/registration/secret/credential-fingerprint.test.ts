import { afterEach, beforeEach, expect, test } from 'vitest';
import { kubernetesClient } from '../../../src/clients/kubernetes/kubernetes-client.ts';
import type { SentCredentials } from '../../../src/registration/secret/credential-fingerprint.ts';
import {
  sentCredentialKey,
  sentCredentialsInSecret,
  warehouseIdKey,
} from '../../../src/registration/secret/stored-fingerprint.ts';
import { type KubernetesStandIn, startKubernetesStandIn } from '../../support/kubernetes-stand-in.ts';

const at = { namespace: 'lakekeeper', name: 'lakekeeper-acme' };
const encryptionKey = Buffer.from('the-encryption-key').toString('base64');

let cluster: KubernetesStandIn;
let sent: SentCredentials;
beforeEach(async () => {
  cluster = await startKubernetesStandIn(['lakekeeper']);
  const options = async () => ({ headers: { authorization: 'Bearer admin-token' } });
  sent = sentCredentialsInSecret(kubernetesClient({ server: cluster.server, options }), at);
  cluster.put('secrets', {
    metadata: { ...at, annotations: { theirs: 'stays' } },
    data: { 'encryption-key': encryptionKey, 'db-user': 'YQ==' },
  });
});
afterEach(() => cluster[Symbol.asyncDispose]());

const remembered = { [sentCredentialKey]: 'a-fingerprint', [warehouseIdKey]: 'an-id' };
const secret = () => cluster.get('secrets', at.namespace, at.name);

test("is remembered in an annotation of the org's Secret, and its data stays byte for byte", async () => {
  expect(await sent.recall()).toEqual({
    fingerprint: undefined,
    warehouseId: undefined,
    key: 'the-encryption-key',
  });
  const before = secret()?.data;
  await sent.remember({ fingerprint: 'a-fingerprint', warehouseId: 'an-id' });
  expect(await sent.recall()).toEqual({
    fingerprint: 'a-fingerprint',
    warehouseId: 'an-id',
    key: 'the-encryption-key',
  });
  expect(secret()?.data).toEqual(before);
  expect(secret()?.metadata.annotations).toEqual({ theirs: 'stays', ...remembered });
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
  await sent.remember({ fingerprint: 'a-fingerprint', warehouseId: 'an-id' });
  expect(secret()?.metadata.annotations).toEqual({ theirs: 'changed', ...remembered });
});

test('without the Secret, or without its encryption key, nothing is compared', async () => {
  cluster.put('secrets', { metadata: at, data: { 'db-user': 'YQ==' } });
  await expect(sent.recall()).rejects.toThrow(
    'Secret lakekeeper/lakekeeper-acme lost its key encryption-key',
  );
  cluster.delete('secrets', at.namespace, at.name);
  await expect(sent.recall()).rejects.toThrow('Secret lakekeeper/lakekeeper-acme was deleted meanwhile');
  await expect(sent.remember({ fingerprint: 'x', warehouseId: 'y' })).rejects.toThrow(
    'was deleted meanwhile',
  );
});
