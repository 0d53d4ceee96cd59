import { inspect } from 'node:util';
import { expect, test } from 'vitest';
import { ducklingOf, parseDucklings } from '../../src/source/ducklings.ts';
import type { OrgId } from '../../src/source/warehouse-record.ts';

const duckling = (name: string, status: object = {}) => ({
  apiVersion: 'k8s.posthog.com/v1alpha1',
  kind: 'Duckling',
  metadata: { name, namespace: 'ducklings' },
  status,
});
const list = (...items: unknown[]) => parseDucklings({ kind: 'List', items }) ?? new Map();
const of = (org: string, ducklingName?: string) => ({ org: org as OrgId, ducklingName });

test('a Duckling has host, database, user, bucket, region and the reference to the password', () => {
  const status = {
    metadataStore: {
      endpoint: 'pg.example.com',
      database: 'db',
      user: 'u',
      credentialSecretRef: { name: 'creds', namespace: 'ducklings', key: 'password' },
    },
    dataStore: { bucketName: 'b', s3Region: 'eu-central-1' },
  };
  expect(list(duckling('acme', status)).get('acme')).toEqual({
    at: 'duckling ducklings/acme',
    namespace: 'ducklings',
    name: 'acme',
    metadataStore: {
      host: 'pg.example.com',
      database: 'db',
      user: 'u',
      passwordSecret: { namespace: 'ducklings', name: 'creds', key: 'password' },
    },
    dataStore: { bucket: 'b', region: 'eu-central-1' },
  });
});

test('a password in the status is dropped by the parser', () => {
  const parsed = list(
    duckling('acme', {
      metadataStore: { endpoint: 'pg', password: 'hunter2-hunter2' },
      password: 'hunter2-hunter2',
    }),
  );
  expect(inspect(parsed, { depth: 10, showHidden: true })).not.toContain('hunter2');
});

test('a field that is missing, empty or of another type counts as not set', () => {
  const parsed = list(
    duckling('acme', { metadataStore: { endpoint: 7, user: '' }, dataStore: [] }),
    duckling('bare', undefined),
    {},
    null,
    'x',
  );
  expect([...parsed.keys()]).toEqual(['acme', 'bare']);
  expect(parsed.get('acme')?.metadataStore).toEqual({
    host: undefined,
    database: undefined,
    user: undefined,
    passwordSecret: undefined,
  });
});

test('a single Duckling is a list of one', () => {
  expect([...(parseDucklings(duckling('acme')) ?? [])]).toHaveLength(1);
});

test.each([[null], [{}], ['text'], [{ items: {} }]])('%j is no list of Ducklings', (content) => {
  expect(parseDucklings(content)).toBeUndefined();
});

test('an org has the Duckling that its row names, else the one named like its id in lower case', () => {
  const ducklings = list(duckling('acme'), duckling('acme-2'));
  expect(ducklingOf(of('ACME'), ducklings)?.name).toBe('acme');
  expect(ducklingOf(of('acme', 'acme-2'), ducklings)?.name).toBe('acme-2');
  expect(ducklingOf(of('acme', 'none'), ducklings)).toBeUndefined();
});

test('a UUID is also found without hyphens, as it was once named', () => {
  const ducklings = list(duckling('018d351a9ff70000eaff4628875ad045'));
  expect(ducklingOf(of('018d351a-9ff7-0000-eaff-4628875ad045'), ducklings)).toBeDefined();
});

test('any other id is not found without hyphens: "a-b" never has the Duckling of "ab"', () => {
  expect(ducklingOf(of('a-b'), list(duckling('ab')))).toBeUndefined();
});
