import type { V1PolicyRule } from '@kubernetes/client-node';
import { describe, expect, test } from 'vitest';
import { migrationJobName } from '../../src/catalog/migration-job.ts';
import {
  baseSettings,
  type Columns,
  catalog,
  ducklings,
  type Manifest,
  orgObjects,
  otherStores,
  platform,
  type SettingsOverrides,
  systemIdentity,
} from '../support/fleet.ts';

function objects(overrides: SettingsOverrides = {}, columns: Columns = {}, known = ducklings()): Manifest[] {
  const settings = platform(overrides);
  return orgObjects(catalog('acme', settings, columns, known), settings);
}

/** All rules of the Job, one line each: `namespace: resources.group (names): verbs`. */
function rightsIn(from: Manifest[]): string[] {
  return from
    .filter(({ kind }) => kind === 'Role')
    .flatMap(({ metadata, rules }) =>
      (rules as V1PolicyRule[]).map(({ apiGroups = [], resources = [], resourceNames, verbs }) => {
        const what = [resources.join(','), ...apiGroups.filter((group) => group !== '')].join('.');
        const whose = resourceNames ? ` (${resourceNames.join(' ')})` : '';
        return `${metadata.namespace}: ${what}${whose}: ${verbs.join(' ')}`;
      }),
    )
    .sort();
}
const table = (text: string) =>
  text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '')
    .sort();

const migration = migrationJobName('lakekeeper-acme', {
  image: 'quay.io/lakekeeper/catalog:v0.12.2',
  host: 'postgres.example.com',
  port: 5432,
  database: 'lakekeeper_acme',
});
/** What every registration Job may do in the namespace of its catalog. */
const always = `
  lakekeeper: secrets: create
  lakekeeper: secrets (lakekeeper-acme): get patch
  lakekeeper: lakekeepers.lakekeeper.k8s.lakekeeper.io (lakekeeper-acme): get list watch patch
  lakekeeper: jobs.batch (${migration}): get list watch
  lakekeeper: deployments.apps (lakekeeper-acme): get list watch
  lakekeeper: pods: get list watch
  lakekeeper: pods/eviction: create
  lakekeeper: events.events.k8s.io: create patch
`;
const external = baseSettings.metadataStores.external;
describe('rights', () => {
  test('with the password of an admin, keys of the store and a warehouse database, each in its namespace', () => {
    expect(rightsIn(objects())).toEqual(
      table(`${always}
        ducklings: secrets (duckling-acme-postgres duckling-acme-s3): get
        duckgres: secrets (warehouse-database): get
      `),
    );
  });

  test('with an endpoint that goes into a ConfigMap of the org', () => {
    const settings = { dataStores: systemIdentity, operator: { amendments: true } };
    const registration = { record: { configMap: true } } as const;
    expect(rightsIn(objects({ ...settings, registration }))).toEqual(
      table(`${always}
        lakekeeper: configmaps: create
        lakekeeper: configmaps (lakekeeper-acme-endpoint): get patch
        lakekeeper: configmaps (lakekeeper-acme-amendments): get
        ducklings: secrets (duckling-acme-postgres): get
      `),
    );
  });

  test('with a database that exists already: the same, but for its own password', () => {
    const columns = {
      metadata_store_kind: 'cnpg-shard',
      metadata_store_database_name: 'lakekeeper_acme',
    };
    expect(rightsIn(objects({}, columns))).toEqual(
      table(`${always}
        ducklings: secrets (duckling-acme-postgres duckling-acme-s3): get
        duckgres: secrets (warehouse-database): get
      `),
    );
  });

  test('with an OpenID provider outside: the secret of its client', () => {
    const authentication = {
      mode: 'openID',
      issuer: 'external',
      providerURI: 'https://login.example.com',
      tokenEndpoint: 'https://login.example.com/token',
      client: { id: 'registration', secret: { namespace: 'identity', name: 'client-{org}', key: 'secret' } },
    } as const;
    expect(rightsIn(objects({ authentication }))).toEqual(
      table(`${always}
        ducklings: secrets (duckling-acme-postgres duckling-acme-s3): get
        duckgres: secrets (warehouse-database): get
        identity: secrets (client-acme): get
      `),
    );
  });

  test('with a password in the status of a Duckling: that one Duckling', () => {
    const password = { duckling: { namespace: 'crossplane' } };
    const metadataStores = { external: { ...external, admin: { password } } };
    expect(rightsIn(objects({ metadataStores }))).toEqual(
      table(`${always}
        crossplane: ducklings.k8s.posthog.com (duckling-acme): get
        ducklings: secrets (duckling-acme-s3): get
        duckgres: secrets (warehouse-database): get
      `),
    );
  });

  test('with a Duckling that names a Secret: that Secret instead', () => {
    const password = { duckling: { namespace: 'crossplane' } };
    const metadataStores = { external: { ...external, admin: { password } } };
    const known = ducklings({
      metadata: { name: 'duckling-acme', namespace: 'crossplane' },
      status: { metadataStore: { credentialSecretRef: { name: 'acme-root', key: 'password' } } },
    });
    expect(rightsIn(objects({ metadataStores }, {}, known))).toEqual(
      table(`${always}
        crossplane: secrets (acme-root): get
        ducklings: secrets (duckling-acme-s3): get
        duckgres: secrets (warehouse-database): get
      `),
    );
  });

  test('with Secrets in its own namespace: rules of the same Role, by their names', () => {
    const admin = { password: { secret: { name: 'postgres-admin', key: 'password' } } };
    const metadataStores = { external: { ...external, admin } };
    expect(rightsIn(objects({ metadataStores }))).toEqual(
      table(`${always}
        lakekeeper: secrets (postgres-admin): get
        ducklings: secrets (duckling-acme-s3): get
        duckgres: secrets (warehouse-database): get
      `),
    );
  });

  test('the Secrets of one namespace are in the order of the alphabet', () => {
    const at = { namespace: 'ducklings', name: 'a-secret-of-{duckling}' };
    const credential = {
      type: 'accessKey',
      accessKeyId: { ...at, key: 'id' },
      secretAccessKey: { ...at, key: 'secret' },
    } as const;
    const dataStores = { s3bucket: { ...baseSettings.dataStores.s3bucket, credential } };
    expect(rightsIn(objects({ dataStores }))).toContain(
      'ducklings: secrets (a-secret-of-duckling-acme duckling-acme-postgres): get',
    );
  });

  test.each([
    ['gcs', 'duckling-acme-gcs duckling-acme-postgres'],
    ['adls', 'duckling-acme-azure duckling-acme-postgres'],
    ['adls by key', 'duckling-acme-azure duckling-acme-postgres'],
    ['r2', 'duckling-acme-postgres duckling-acme-r2'],
  ] as const)('%s: the Secret of its credential', (store, names) => {
    expect(rightsIn(objects({ dataStores: otherStores[store] }))).toContain(
      `ducklings: secrets (${names}): get`,
    );
  });

  test('with a CA certificate for Postgres: it checks the same certificate as the catalog', () => {
    const sslRootCertSecret = { name: 'postgres-ca', key: 'ca.crt' };
    const metadataStores = { external: { ...external, sslMode: 'verify-full', sslRootCertSecret } } as const;
    expect(rightsIn(objects({ metadataStores }))).toContain('lakekeeper: secrets (postgres-ca): get');
  });

  test("of the org's own version: the migration Job of that version", () => {
    const image = 'quay.io/lakekeeper/catalog:v0.13.3';
    const name = migrationJobName('lakekeeper-acme', {
      image,
      host: 'postgres.example.com',
      port: 5432,
      database: 'lakekeeper_acme',
    });
    expect(rightsIn(objects({ orgs: { acme: { image } } }))).toContain(
      `lakekeeper: jobs.batch (${name}): get list watch`,
    );
  });

  test('of a read replica: the migration Job that the operator really makes', () => {
    const name = migrationJobName('lakekeeper-acme', {
      image: 'quay.io/lakekeeper/catalog:v0.12.2',
      host: 'postgres.example.com',
      port: 5432,
      database: 'lakekeeper_acme',
      readHost: 'replica',
    });
    expect(rightsIn(objects({ catalog: { readHost: 'replica' } }))).toContain(
      `lakekeeper: jobs.batch (${name}): get list watch`,
    );
  });
});
