import { expect, test } from 'vitest';
import { migrationJobName } from '../../src/catalog/migration-job.ts';
import { member, membershipChanges } from '../../src/explain/membership.ts';
import { baseSettings } from '../support/fleet.ts';
import { changesAfterEdit, changesOf, filesOf, type Situation } from '../support/plan.ts';

const { image } = baseSettings.catalog;
const job = (changed: object) => {
  const store = { image, host: 'postgres.example.com', port: 5432, database: 'lakekeeper_acme' };
  return `migration Job ${migrationJobName('lakekeeper-acme', { ...store, ...changed })}`;
};

test.each([
  [
    'host',
    { metadata_store_endpoint: 'other.example.com' },
    'postgres.example.com',
    'other.example.com',
    { host: 'other.example.com' },
  ],
  ['port', { metadata_store_port: 6432 }, '5432', '6432', { port: 6432 }],
])('another %s is another, empty catalog, and a migration of it', (what, columns, from, to, changed) => {
  expect(changesOf({}, { columns })).toContainEqual({
    kind: 'metadataStoreMoved',
    what,
    from,
    to,
    detail: job(changed),
  });
});

test('another database is another, empty catalog', () => {
  const settings = { orgs: { acme: { database: 'elsewhere' } } };
  expect(changesOf({}, { settings })).toContainEqual({
    kind: 'metadataStoreMoved',
    what: 'database',
    from: 'lakekeeper_acme',
    to: 'elsewhere',
    detail: job({ database: 'elsewhere' }),
  });
});

const external = (more: object) => ({
  metadataStores: {
    ...baseSettings.metadataStores,
    external: { ...baseSettings.metadataStores.external, ...more },
  },
});

test.each([
  ['verify-full', 'require', 'tlsWeakened'],
  ['require', 'disable', 'tlsWeakened'],
  ['require', 'verify-ca', 'metadataStoreConnection'],
] as const)('sslMode from %s to %s is: %s', (from, to, kind) => {
  expect(
    changesOf({ settings: external({ sslMode: from }) }, { settings: external({ sslMode: to }) }),
  ).toEqual([{ kind, what: 'sslMode', from, to }]);
});

const needs = 'needs the Secret postgres-ca, which registration does not write; make it before';

test('a Secret that registration does not write is named, also for a new org', () => {
  const settings = external({
    sslMode: 'verify-ca',
    sslRootCertSecret: { name: 'postgres-ca', key: 'ca.crt' },
  });
  expect(changesOf({ settings: external({ sslMode: 'verify-ca' }) }, { settings })).toContainEqual({
    kind: 'metadataStoreConnection',
    what: 'sslRootCertSecretRef.name',
    to: 'postgres-ca',
    detail: needs,
  });
  const membershipOf = (situation: Situation) => {
    const texts = filesOf('acme', situation).map(({ text }) => text);
    return membershipChanges([member({ name: 'lakekeeper-acme' }, texts)], []).map(({ change }) => change);
  };
  const store = 'database lakekeeper_acme on postgres.example.com';
  expect(membershipOf({ settings })).toEqual([{ kind: 'catalogAdded', detail: `${store}; ${needs}` }]);
  expect(membershipOf({})).toEqual([{ kind: 'catalogAdded', detail: store }]);
});

test('a read replica migrates again: the operator has it in the name of the Job', () => {
  const readHost = 'replica.example.com';
  expect(changesOf({}, { settings: { catalog: { image, readHost } } })).toEqual([
    { kind: 'metadataStoreConnection', what: 'readHost', to: readHost, detail: job({ readHost }) },
  ]);
});

test('with another Secret for the encryption key, encrypted values are lost', () => {
  const changes = changesAfterEdit((text) =>
    text.replace(/(encryptionKeySecretRef:\n\s+name: )lakekeeper-acme/, '$1old-secret'),
  );
  expect(changes).toContainEqual({
    kind: 'encryptionKeyReplaced',
    what: 'encryptionKeySecretRef.name',
    from: 'old-secret',
    to: 'lakekeeper-acme',
  });
});

test('another admin is another account, in the same database', () => {
  const admin = { ...baseSettings.metadataStores.external.admin, user: 'root' };
  expect(changesOf({}, { settings: external({ admin }) })).toEqual([
    { kind: 'metadataStoreAccount', what: 'admin.user', from: 'postgres', to: 'root' },
  ]);
});
