import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { CredentialReference } from '../../src/catalog/metadata-store-inputs.ts';
import { kubernetesClient } from '../../src/clients/kubernetes/kubernetes-client.ts';
import { type CredentialSources, resolveCredential } from '../../src/registration/resolve-credential.ts';
import { PermanentError } from '../../src/text/errors.ts';
import { Redactions } from '../../src/text/redactions.ts';
import { type KubernetesStandIn, startKubernetesStandIn } from '../support/kubernetes-stand-in.ts';

let cluster: KubernetesStandIn;
let sources: CredentialSources;
beforeEach(async () => {
  cluster = await startKubernetesStandIn(['lakekeeper', 'ducklings']);
  const connection = {
    server: cluster.server,
    options: async () => ({ headers: { authorization: 'Bearer admin-token' } }),
  };
  sources = {
    kubernetes: kubernetesClient(connection),
    environment: { PW: 'from-the-environment' },
    redactions: new Redactions(),
  };
});
afterEach(() => cluster[Symbol.asyncDispose]());

const base64 = (text: string) => Buffer.from(text).toString('base64');
const secret = (name: string, data: Record<string, string>) =>
  cluster.put('secrets', {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { namespace: 'ducklings', name },
    data: Object.fromEntries(Object.entries(data).map(([key, value]) => [key, base64(value)])),
  });
const duckling = (metadataStore: object) =>
  cluster.put('ducklings', {
    apiVersion: 'k8s.posthog.com/v1alpha1',
    kind: 'Duckling',
    metadata: { namespace: 'ducklings', name: 'acme' },
    status: { metadataStore },
  });
const resolve = (reference: CredentialReference) => resolveCredential(reference, sources);
const inSecret = { secret: { namespace: 'ducklings', name: 'admin', key: 'password' } };
const inDuckling = { duckling: { namespace: 'ducklings', name: 'acme' } };

test('a key of a Secret', async () => {
  secret('admin', { password: 'from-the-secret' });
  expect(await resolve(inSecret)).toBe('from-the-secret');
});

test('a Duckling, which has the password itself or says where it is', async () => {
  duckling({ password: 'from-the-status' });
  expect(await resolve(inDuckling)).toBe('from-the-status');
  secret('admin', { password: 'from-the-secret' });
  duckling({
    password: 'outdated',
    credentialSecretRef: { name: 'admin', namespace: 'ducklings', key: 'password' },
  });
  expect(await resolve(inDuckling)).toBe('from-the-secret');
});

test('a variable of the environment', async () => {
  expect(await resolve({ environment: 'PW' })).toBe('from-the-environment');
  await expect(resolve({ environment: 'NONE' })).rejects.toThrow(PermanentError);
});

describe('what is missing is named', () => {
  test('the Secret', () =>
    expect(resolve(inSecret)).rejects.toThrow(
      'there is no Secret ducklings/admin; its key password is needed',
    ));

  test('the key', async () => {
    secret('admin', { user: 'u' });
    await expect(resolve(inSecret)).rejects.toThrow(
      'Secret ducklings/admin has no key password; it has: user',
    );
  });

  test('the Duckling', () =>
    expect(resolve(inDuckling)).rejects.toThrow('there is no Duckling ducklings/acme'));
});

test('whatever was resolved is in no output any more', async () => {
  secret('admin', { password: 'from-the-secret' });
  await resolve(inSecret);
  await resolve({ environment: 'PW' });
  expect(sources.redactions.apply('a from-the-secret b from-the-environment')).toBe(
    'a [redacted] b [redacted]',
  );
});
