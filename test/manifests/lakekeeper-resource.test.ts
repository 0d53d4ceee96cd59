import { describe, expect, test } from 'vitest';
import {
  baseSettings,
  type Columns,
  catalog,
  type Manifest,
  orgObjects,
  otherStores,
  platform,
  type SettingsOverrides,
  systemIdentity,
  the,
} from '../support/fleet.ts';

interface Resource extends Manifest {
  readonly spec: {
    readonly database: { readonly postgres: Record<string, unknown> };
    readonly server: Record<string, unknown>;
    readonly [field: string]: unknown;
  };
}

function resource(overrides: SettingsOverrides = {}, columns: Columns = {}): Resource {
  const settings = platform(overrides);
  return the(orgObjects(catalog('acme', settings, columns), settings), 'Lakekeeper', 'lakekeeper-acme');
}
const fork = { operator: { flavor: 'fork' } } as const;

describe('what every catalog has', () => {
  test('asks before Argo CD prunes or deletes it', () => {
    expect(resource().metadata.annotations).toHaveProperty(
      ['argocd.argoproj.io/sync-options'],
      'Prune=confirm,Delete=confirm',
    );
  });

  test('states image, replicas and resources', () => {
    expect(
      resource({ catalog: { replicas: 3, resources: { limits: { memory: '1Gi', cpu: 2 } } } }),
    ).toMatchObject({
      spec: {
        image: 'quay.io/lakekeeper/catalog:v0.12.2',
        replicas: 3,
        resources: { limits: { memory: '1Gi' } },
      },
    });
  });

  test('asks for resources also when the settings do not', () => {
    expect(resource().spec.resources).toEqual({ requests: { cpu: '500m', memory: '512Mi' } });
  });

  test('authorization is allowall, the only backend that works under the operator', () => {
    expect(resource().spec.authorization).toEqual({ backend: 'allowall' });
  });

  test('states exactly these fields, so that nothing the server ignores is among them', () => {
    const { spec } = resource();
    expect(Object.keys(spec).sort()).toEqual(
      ['authorization', 'bootstrap', 'database', 'image', 'replicas', 'resources', 'server'].sort(),
    );
  });

  test('the overrides of an org win over the platform', () => {
    const orgs = { acme: { image: 'quay.io/lakekeeper/catalog:v0.13.3', replicas: 1 } };
    expect(resource({ orgs }).spec).toMatchObject({
      image: 'quay.io/lakekeeper/catalog:v0.13.3',
      replicas: 1,
    });
  });
});

describe('metadata store', () => {
  test('refers to user, password and encryption key in the Secret that registration writes', () => {
    const key = (name: string) => ({ name: 'lakekeeper-acme', key: name });
    const { postgres } = resource().spec.database;
    expect(postgres).toMatchObject({
      userSecretRef: key('db-user'),
      passwordSecretRef: key('db-password'),
      encryptionKeySecretRef: key('encryption-key'),
    });
    expect(postgres).not.toHaveProperty('user');
  });

  test('states port and sslMode, whose defaults may differ between versions', () => {
    expect(resource().spec.database.postgres).toMatchObject({ port: 5432, sslMode: 'require' });
  });

  test('takes host and port from the row', () => {
    const columns = { metadata_store_endpoint: '10.20.0.9', metadata_store_port: 6432 };
    expect(resource({}, columns).spec.database.postgres).toMatchObject({ host: '10.20.0.9', port: 6432 });
  });

  test('uses a database of its own on a Postgres that registration administers, whatever the admin logs in to', () => {
    const columns = { metadata_store_database_name: 'postgres' };
    expect(resource({}, columns).spec.database.postgres).toMatchObject({ database: 'lakekeeper_acme' });
  });

  test('uses the database that was made for it where there is one', () => {
    const columns = { metadata_store_kind: 'cnpg-shard', metadata_store_database_name: 'acme_catalog' };
    expect(resource({}, columns).spec.database.postgres).toMatchObject({ database: 'acme_catalog' });
  });

  test.each(['disable', 'require', 'verify-ca', 'verify-full'] as const)('sslMode %s', (sslMode) => {
    const metadataStores = { external: { ...baseSettings.metadataStores.external, sslMode } };
    expect(resource({ metadataStores }).spec.database.postgres.sslMode).toBe(sslMode);
  });

  test('names the CA certificate, when there is one', () => {
    const sslRootCertSecret = { name: 'postgres-ca', key: 'ca.crt' };
    const settings = {
      metadataStores: { external: { ...baseSettings.metadataStores.external, sslRootCertSecret } },
    };
    expect(resource(settings).spec.database.postgres.sslRootCertSecretRef).toEqual(sslRootCertSecret);
    expect(resource().spec.database.postgres).not.toHaveProperty('sslRootCertSecretRef');
  });

  test('names the read replica, when there is one', () => {
    expect(resource({ catalog: { readHost: 'replica' } }).spec.database.postgres.readHost).toBe('replica');
    expect(resource().spec.database.postgres).not.toHaveProperty('readHost');
  });
});

describe('server', () => {
  test('states its ports, its URL and that it has a default project', () => {
    const server = { baseURI: 'https://{org}.example.com', listenPort: 8282, metricsPort: 9100 };
    expect(resource({ catalog: { server } }).spec.server).toEqual({
      baseURI: 'https://acme.example.com',
      listenPort: 8282,
      metricsPort: 9100,
      enableDefaultProject: true,
    });
  });

  test('lists reserved namespaces, when there are any', () => {
    const server = { reservedNamespaces: ['system', 'internal'] };
    expect(resource({ catalog: { server } }).spec.server.reservedNamespaces).toEqual(['system', 'internal']);
  });

  test('limits the time of requests, when the settings do', () => {
    expect(resource({ catalog: { maxRequestTime: '45s' } }).spec.requestLimits).toEqual({
      maxRequestTime: '45s',
    });
  });
});

describe('what only the fork knows', () => {
  const upstream = { operator: { amendments: true }, dataStores: systemIdentity };

  test('the upstream operator gets none of it', () => {
    const { spec } = resource(upstream);
    expect(spec).not.toHaveProperty('serviceAccountName');
    expect(spec).not.toHaveProperty('podMetadata');
    expect(spec.server).not.toHaveProperty('storageSystemCredentials');
  });

  test('the ServiceAccount of the org', () => {
    expect(resource(fork).spec.serviceAccountName).toBe('lakekeeper-acme');
  });

  test('annotations for the scraper, where somebody scrapes', () => {
    const catalog = { server: { metricsPort: 9100 } };
    expect(resource({ ...fork, catalog }).spec.podMetadata).toEqual({
      annotations: {
        'prometheus.io/scrape': 'true',
        'prometheus.io/port': '9100',
        'prometheus.io/path': '/metrics',
      },
    });
    expect(resource({ ...fork, monitoring: undefined }).spec).not.toHaveProperty('podMetadata');
  });

  test('switches for system identities, below the provider and not one level too high (incident 22)', () => {
    expect(resource({ ...fork, dataStores: systemIdentity }).spec.server.storageSystemCredentials).toEqual({
      enableAWS: true,
      aws: { assumeRoleRequireExternalID: false, allowDirectSystemCredentials: true },
    });
    expect(resource(fork).spec.server).not.toHaveProperty('storageSystemCredentials');
  });

  test.each([
    ['gcs by identity', { enableGCP: true }],
    ['adls by identity', { enableAzure: true }],
  ] as const)('%s: the switch of its cloud', (store, expected) => {
    const dataStores = otherStores[store];
    expect(resource({ ...fork, dataStores }).spec.server.storageSystemCredentials).toEqual(expected);
  });

  test('an external id is asked for where the data store has one, as in an amendment', () => {
    const credential = { type: 'systemIdentity', externalId: 'duckgres' } as const;
    const assumeRoleArn = 'arn:aws:iam::123456789012:role/lakekeeper';
    const dataStores = { s3bucket: { ...systemIdentity.s3bucket, assumeRoleArn, credential } };
    expect(resource({ ...fork, dataStores }).spec.server.storageSystemCredentials).toMatchObject({
      aws: { assumeRoleRequireExternalID: true },
    });
  });
});
