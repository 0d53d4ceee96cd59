import { describe, expect, test } from 'vitest';
import { deriveCatalog } from '../../src/catalog/derive.ts';
import {
  type Columns,
  catalog,
  ducklings,
  platform,
  record,
  type SettingsOverrides,
  systemIdentity,
} from '../support/fleet.ts';

const problems = (columns: Columns, settings: SettingsOverrides = {}, known = ducklings()) => {
  const derived = deriveCatalog(record('acme', columns), platform(settings), known);
  return derived.ok ? [] : derived.problems.map(({ at, message }) => `${at}: ${message}`);
};
const duckling = (status: object, name = 'acme') =>
  ducklings({ kind: 'Duckling', metadata: { name, namespace: 'ducklings' }, status });

describe('a metadata store whose database registration creates', () => {
  test('has a database and a role of the derived name; the row says whom to log in as', () => {
    const columns = {
      metadata_store_port: 6432,
      metadata_store_username: 'master',
      metadata_store_database_name: 'maintenance',
    };
    expect(catalog('acme', platform(), columns).metadataStore).toEqual({
      provisioning: 'admin',
      host: 'postgres.example.com',
      port: 6432,
      sslMode: 'require',
      sslRootCertSecret: undefined,
      database: 'lakekeeper_acme',
      postgresRole: 'lakekeeper_acme',
      admin: {
        user: 'master',
        database: 'maintenance',
        password: { secret: { namespace: 'ducklings', name: 'duckling-acme-postgres', key: 'password' } },
      },
    });
  });

  test("has the settings' admin and port where the row does not say", () => {
    expect(catalog('acme', platform()).metadataStore).toMatchObject({
      port: 5432,
      admin: { user: 'postgres', database: 'postgres' },
    });
  });
});

describe('a pre-provisioned metadata store', () => {
  const columns = { metadata_store_kind: 'cnpg-shard', metadata_store_endpoint: '', duckling_name: 'acme' };

  test("has names by the settings' templates, with underscores in Postgres", () => {
    const uuid = '018d351a-9ff7-0000-eaff-4628875ad045';
    expect(catalog(uuid, platform(), columns).metadataStore).toMatchObject({
      provisioning: 'preProvisioned',
      host: 'shard-001.cnpg.svc',
      database: 'lakekeeper_018d351a_9ff7_0000_eaff_4628875ad045',
      user: 'lakekeeper_018d351a_9ff7_0000_eaff_4628875ad045',
    });
  });

  test('takes each value from the row, then from the Duckling, then from the settings', () => {
    const known = duckling({
      metadataStore: { endpoint: 'duckling.example.com', database: 'd', user: 'du' },
    });
    expect(catalog('acme', platform(), columns, known).metadataStore).toMatchObject({
      host: 'duckling.example.com',
      database: 'd',
      user: 'du',
    });
    const row = {
      ...columns,
      metadata_store_endpoint: 'row.example.com',
      metadata_store_database_name: 'r',
      metadata_store_username: 'ru',
    };
    expect(catalog('acme', platform(), row, known).metadataStore).toMatchObject({
      host: 'row.example.com',
      database: 'r',
      user: 'ru',
    });
  });

  test('reads its password by the reference that the Duckling has, or from the Duckling itself', () => {
    const password = { duckling: {} };
    const settings = {
      metadataStores: {
        'cnpg-shard': { provisioning: 'preProvisioned', host: 'h', database: 'd', user: 'u', password },
      },
    } as const;
    const known = duckling({
      metadataStore: { credentialSecretRef: { name: 'creds', namespace: 'ducklings', key: 'pw' } },
    });
    expect(catalog('acme', platform(settings), columns, known).metadataStore).toMatchObject({
      password: { secret: { namespace: 'ducklings', name: 'creds', key: 'pw' } },
    });
    expect(catalog('acme', platform(settings), columns).metadataStore).toMatchObject({
      password: { duckling: { namespace: 'ducklings', name: 'acme' } },
    });
  });

  test.each(['123', '1.5', 'true', '"quoted"', '[list]', '{map}', ' blank', 'x'.repeat(64), 'new\nline'])(
    'refuses the database name %j, which the server would misread or Postgres cut',
    (name) => {
      expect(problems({ ...columns, metadata_store_database_name: name })).toEqual([
        expect.stringMatching(/^warehouses\[acme\]\.metadata_store_database_name: /),
      ]);
    },
  );
});

describe('a value that is not set', () => {
  test('is reported with all the places where it may be set', () => {
    expect(
      problems({ metadata_store_endpoint: null, data_store_bucket_name: '', duckling_name: 'acme' }),
    ).toEqual([
      'warehouses[acme].metadata_store_endpoint: is not set, nor is any of: ' +
        'status.metadataStore.endpoint of the Duckling acme (which was not given), ' +
        'metadataStores.external.host',
      'warehouses[acme].data_store_bucket_name: is not set, nor is any of: ' +
        'status.dataStore.bucketName of the Duckling acme (which was not given), ' +
        'dataStores.s3bucket.bucket',
    ]);
  });

  test('names the Duckling when there is one', () => {
    expect(problems({ data_store_bucket_name: '', duckling_name: 'acme' }, {}, duckling({}))[0]).toContain(
      'duckling ducklings/acme: status.dataStore.bucketName',
    );
  });

  test('is no problem when a template of the settings fills it', () => {
    const s3bucket = { ...systemIdentity.s3bucket, bucket: 'lake-{org}' };
    const settings = { operator: { amendments: true }, dataStores: { s3bucket } };
    expect(catalog('ACME', platform(settings), { data_store_bucket_name: null }).dataStore).toMatchObject({
      bucket: expect.stringMatching(/^lake-acme-[0-9a-f]{8}$/),
    });
  });
});

test.each([
  [
    { metadata_store_kind: 'aurora' },
    'warehouses[acme].metadata_store_kind: is "aurora"; metadataStores of the platform settings has: ' +
      'cnpg-shard, external',
  ],
  [
    { metadata_store_kind: null },
    'warehouses[acme].metadata_store_kind: is missing; metadataStores of the platform settings has: ' +
      'cnpg-shard, external',
  ],
  [
    { metadata_store_kind: 'constructor' },
    'warehouses[acme].metadata_store_kind: is "constructor"; metadataStores of the platform settings ' +
      'has: cnpg-shard, external',
  ],
  [
    { data_store_kind: 'gcs' },
    'warehouses[acme].data_store_kind: is "gcs"; dataStores of the platform settings has: s3bucket',
  ],
  [
    { metadata_store_endpoint: 'db:5432' },
    'warehouses[acme].metadata_store_endpoint: has a port in it; the port goes into metadata_store_port',
  ],
  [
    { data_store_region: 'eu central' },
    'warehouses[acme].data_store_region: is not the name of a region: letters, digits and hyphens',
  ],
])('refuses %j', (columns, problem) => {
  expect(problems(columns)).toEqual([problem]);
});

test.each([
  'postgres://u:hunter2@db',
  'db/../x',
  'db;drop',
  '-db',
  'a..b',
  'dä.example',
  'db\n',
  'x'.repeat(300),
  '${HOST}',
])('refuses the host %j, and does not repeat it', (host) => {
  const [problem] = problems({ metadata_store_endpoint: host });
  expect(problem).toBe('warehouses[acme].metadata_store_endpoint: is not a host name or an IP address');
});

test.each(['db', 'db.example.com', 'DB.example.com', '10.0.0.1', 'fd00::1', 'a'.repeat(253)])(
  '%s is a host',
  (host) => {
    expect(problems({ metadata_store_endpoint: host })).toEqual([]);
  },
);

test.each(['AB', 'a', 'a_b', 'UPPER', 'a..b', '.a', 'x'.repeat(64), 'a/b', '../b'])(
  'refuses the bucket %j',
  (bucket) => {
    expect(problems({ data_store_bucket_name: bucket })).toEqual([
      expect.stringMatching(/data_store_bucket_name: is not the name of a bucket/),
    ]);
  },
);

describe('overrides of an org', () => {
  test('replace image, replicas and resources for that org alone', () => {
    const settings = platform({
      orgs: {
        acme: {
          image: 'quay.io/lakekeeper/catalog:v0.13.3',
          replicas: 5,
          resources: { requests: { cpu: 2 } },
        },
      },
    });
    expect(catalog('acme', settings)).toMatchObject({
      image: 'quay.io/lakekeeper/catalog:v0.13.3',
      replicas: 5,
      resources: { requests: { cpu: '2' } },
    });
    expect(catalog('globex', settings)).toMatchObject({
      image: 'quay.io/lakekeeper/catalog:v0.12.2',
      replicas: 2,
    });
  });

  test('replace its stores, whatever kind the row says', () => {
    const metadataStore = {
      provisioning: 'preProvisioned',
      host: 'h',
      database: 'd',
      user: 'u',
      password: { environment: 'PW' },
    } as const;
    const derived = catalog('acme', platform({ orgs: { acme: { metadataStore } } }), {
      metadata_store_kind: 'unknown',
    });
    expect(derived.metadataStore).toMatchObject({
      provisioning: 'preProvisioned',
      database: 'd',
      password: { environment: 'PW' },
    });
  });
});

describe('templates', () => {
  test('{org} is the label value in pod selectors, and the slug elsewhere', () => {
    const settings = platform({
      authentication: { mode: 'openID', issuer: 'cluster', providerURI: 'https://oidc.example.com' },
    });
    const derived = catalog('ACME_Corp', settings);
    expect(derived.names.workerLabels).toEqual({ 'duckgres/active-org': 'ACME_Corp' });
    expect(derived.authentication).toMatchObject({
      audience: expect.stringMatching(/^lakekeeper-acme-corp-[0-9a-f]{8}$/),
    });
  });

  test('that expand to no name in Kubernetes are refused for that org', () => {
    const workers = { namespace: 'duckgres', podSelector: { org: 'x.{org}' } };
    expect(
      problems(
        { duckling_name: 'acme.eu' },
        { workers: { namespace: '{duckling}-ns', podSelector: { org: '{org}' } } },
      )[0],
    ).toMatch(/workers\.namespace \(\{duckling\}-ns\) gives "acme.eu-ns", which is not a name in Kubernetes/);
    const long = deriveCatalog(
      record('a'.repeat(63), { data_store_bucket_name: 'bucket' }),
      platform({ workers }),
      ducklings(),
    );
    expect(long.ok ? [] : long.problems[0]?.message).toMatch(/is not a label value/);
  });
});

test('two spellings of a key prefix are equal', () => {
  const s3bucket = {
    type: 's3',
    region: 'r',
    keyPrefix: '/lake/{org}/',
    credential: platform().dataStores.s3bucket?.credential,
  } as const;
  expect(catalog('acme', platform({ dataStores: { s3bucket: s3bucket as never } })).dataStore.keyPrefix).toBe(
    'lake/acme',
  );
});

describe('a value of a row in a template is checked at its place', () => {
  test.each([
    [
      'a folder',
      { dataStores: { s3bucket: { ...systemIdentity.s3bucket, keyPrefix: 'lake/{duckling}' } } },
      /dataStores\.s3bucket\.keyPrefix .* is not a folder/,
    ],
    [
      'a namespace',
      { workers: { namespace: '{duckling}', podSelector: { org: '{org}' } } },
      /workers\.namespace .* is not a name in Kubernetes/,
    ],
  ])('%s', (_, overrides, message) => {
    const settings = { operator: { amendments: true }, ...overrides } as SettingsOverrides;
    const found = problems({ duckling_name: '../../elsewhere' }, settings).filter(
      (line) => !/secret|credential/.test(line),
    );
    expect(found).toHaveLength(1);
    expect(found[0]).toMatch(message);
    expect(problems({ duckling_name: 'fine' }, settings)).toEqual([]);
  });
});

test.each([
  ['123', {}, '{org}'],
  ['acme', { duckling_name: 'a,b' }, '{duckling}'],
  ['acme', { duckling_name: '[x' }, '{duckling}'],
])('the audience of %s must be one text for the server', (org, columns, audience) => {
  const authentication = {
    mode: 'openID',
    issuer: 'cluster',
    providerURI: 'https://oidc.example.com',
    audience,
  } as const;
  const derived = deriveCatalog(record(org, columns), platform({ authentication }), ducklings());
  expect(derived.ok ? [] : derived.problems.map(({ message }) => message)).toContainEqual(
    expect.stringMatching(/^authentication\.audience .* would not read as one text/),
  );
});

test('a credential in a row rejects that org alone, and the problem does not repeat it', () => {
  const derived = deriveCatalog(
    record('https://admin:hunter2@example.com', { duckling_name: 'd' }),
    platform(),
    ducklings(),
  );
  expect(derived).toEqual({
    ok: false,
    problems: [
      {
        at: 'warehouses[https://admin:hunter2@example.com]',
        message: 'holds a URL with a password in it, which must not get into Git; put it into a Secret',
      },
    ],
  });
  expect(problems({ metadata_store_username: `AKIA${'A'.repeat(16)}`, duckling_name: 'd' })).toEqual([
    expect.stringMatching(/holds an AWS access key/),
  ]);
});
