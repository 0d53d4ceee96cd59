import { describe, expect, test, vi } from 'vitest';
import { warnings } from '../../src/platform/settings-warnings.ts';
import { baseSettings, platform } from '../support/fleet.ts';
import { refusal, refused } from '../support/refused-settings.ts';

test('accepts complete settings and fills the defaults in', () => {
  const settings = platform();
  expect(settings).toMatchObject({
    prefix: 'lakekeeper',
    tenancy: 'sharedNamespace',
    namespace: 'lakekeeper',
    operator: { flavor: 'upstream', amendments: false },
    authentication: { mode: 'none' },
    catalog: { replicas: 2, server: { listenPort: 8181, metricsPort: 9000 } },
    registration: { deadline: '15m' },
  });
});

test('catalogs have resource requests by default, against eviction (incident 41)', () => {
  expect(platform().catalog.resources.requests).toEqual({ cpu: '500m', memory: '512Mi' });
});

test('TLS to the metadata store is the default; the settings can switch it off (incident 3)', () => {
  expect(platform().metadataStores.external?.sslMode).toBe('require');
  const external = { ...baseSettings.metadataStores.external, sslMode: 'disable' as const };
  expect(platform({ metadataStores: { external } }).metadataStores.external?.sslMode).toBe('disable');
});

test('reports every problem at once, each at its path', () => {
  expect(
    refused({ tenancy: 'perNamespace', catalog: { image: 'x', replicas: -1 }, workers: undefined }),
  ).toEqual([
    'tenancy: expected "sharedNamespace" or "namespacePerOrg"',
    'catalog.image: has no tag; name the version, so that a change of it is a change in Git',
    'catalog.replicas: too small: expected number to be >=0',
    'workers: is missing; expected object',
  ]);
});

describe('a name that is nearly right', () => {
  test.each([
    [{ catalogue: {} }, 'catalogue: is not a setting; did you mean catalog?'],
    [{ catalog: { image: 'x:v1', replica: 1 } }, 'catalog.replica: is not a setting; did you mean replicas?'],
    [
      { network: { ...baseSettings.network, apiServers: {} } },
      'network.apiServers: is not a setting; did you mean apiServer?',
    ],
    [
      { authentication: { mode: 'openid' } },
      'authentication.mode: expected "none" or "kubernetes" or "openID"; did you mean openID?',
    ],
    [
      { operator: { flavor: 'upstraem' } },
      'operator.flavor: expected "upstream" or "fork"; did you mean upstream?',
    ],
    [{ orgs: { acme: { imgae: 'x:v1' } } }, 'orgs.acme.imgae: is not a setting; did you mean image?'],
    [
      { metadataStores: { external: { ...baseSettings.metadataStores.external, sslmode: 'require' } } },
      'metadataStores.external.sslmode: is not a setting; did you mean sslMode?',
    ],
  ])('%j is suggested', (overrides, line) => {
    expect(refused(overrides)).toContain(line);
  });

  test('a name that is far off gets the list of what is known', () => {
    expect(refused({ operator: { somethingElse: 1 } })).toEqual([
      'operator.somethingElse: is not a setting; known are flavor, amendments, namespace, podSelector',
    ]);
  });
});

test.each([undefined, null, [], 'text', 7])('%j is refused as a whole', (settings) => {
  expect(refusal(settings)).not.toEqual([]);
});

describe('templates', () => {
  test.each([
    [
      { workers: { namespace: 'duckgres', podSelector: { org: '{orgg}' } } },
      /workers\.podSelector\.org: has the unknown placeholder \{orgg\}; known are \{org\}, \{name\}, /,
    ],
    [{ workers: { namespace: 'duckgres', podSelector: { org: '{org' } } }, /has a brace without its partner/],
    [
      { authentication: { mode: 'kubernetes', audience: 'lakekeeper' } },
      /authentication\.audience: is the same for every org; put \{org\} into it/,
    ],
    [
      { authentication: { mode: 'kubernetes', audience: 'lakekeeper-{org},shared' } },
      /authentication\.audience: has a comma or a space in it/,
    ],
    [
      { catalog: { image: 'x:v1', server: { baseURI: 'http://catalog:8181' } } },
      /catalog\.server\.baseURI: is the same for every org/,
    ],
    [
      { catalog: { image: 'x:v1', server: { baseURI: 'http://{duckling}.catalogs' } } },
      /catalog\.server\.baseURI: names the Duckling/,
    ],
  ])('%j is refused', (overrides, message) => {
    expect(refused(overrides).join('\n')).toMatch(message);
  });

  test('workers that are the same for every org would reach every catalog: refused', () => {
    expect(refused({ workers: { namespace: 'duckgres', podSelector: { app: 'worker' } } })[0]).toMatch(
      /^workers\.podSelector: is the same for every org/,
    );
    expect(refused({ workers: { namespace: '{name}', podSelector: { app: 'worker' } } })).toEqual([]);
  });
});

describe('images', () => {
  test.each([
    ['quay.io/lakekeeper/catalog:v0.12.2', undefined],
    [`quay.io/lakekeeper/catalog@sha256:${'a'.repeat(64)}`, undefined],
    ['registry.example.com:5000/mirror/lakekeeper/catalog:v0.12.2', undefined],
    ['registry.example.com/our-own:1.2.3', undefined],
    // Incident 20: ErrImagePull.
    [
      'quay.io/lakekeeper/catalog:0.12.2',
      "catalog.image: has the tag 0.12.2; Lakekeeper's tags begin with a v: v0.12.2",
    ],
    [
      'quay.io/lakekeeper/catalog',
      'catalog.image: has no tag; name the version, so that a change of it is a change in Git',
    ],
    [
      'quay.io/lakekeeper/catalog:latest',
      'catalog.image: has the tag latest; name the version, so that a change of it is a change in Git',
    ],
    ['Not An Image', 'catalog.image: is not an image reference'],
  ])('%s', (image, line) => {
    expect(refused({ catalog: { image } })).toEqual(line === undefined ? [] : [line]);
  });
});

describe('an object store', () => {
  const store = (settings: object) =>
    refused({ dataStores: { s3bucket: { ...baseSettings.dataStores.s3bucket, ...settings } } });

  test.each([
    [{ flavor: 's3-compat' }, 'dataStores.s3bucket.endpoint: is missing; flavor s3-compat needs it'],
    // Incident 21: the server answers 400.
    [
      { stsEnabled: true },
      'dataStores.s3bucket.stsRoleArn: is missing; stsEnabled on AWS needs stsRoleArn or assumeRoleArn',
    ],
    [
      { endpoint: 'https://minio:9000/path' },
      'dataStores.s3bucket.endpoint: has a path; expected scheme, host and port',
    ],
    [
      { endpoint: 'https://u:p@minio:9000' },
      'dataStores.s3bucket.endpoint: has credentials in it; a credential is only ever referred to',
    ],
    [
      { credential: { type: 'accessKey', accessKeyId: 'AKIA0000', secretAccessKey: 'x' } },
      'dataStores.s3bucket.credential.accessKeyId: invalid input: expected object, received string',
    ],
  ])('%j is refused', (settings, line) => {
    expect(store(settings)).toContain(line);
  });

  test('may vend credentials when it has a role to assume, or is not AWS', () => {
    expect(store({ stsEnabled: true, stsRoleArn: 'arn:aws:iam::1:role/x' })).toEqual([]);
    expect(store({ stsEnabled: true, flavor: 's3-compat', endpoint: 'http://minio:9000' })).toEqual([]);
  });

  test("neither vends nor signs unless asked to: AWS refuses Lakekeeper's session policy (incidents 24 and 26)", () => {
    expect(platform().dataStores.s3bucket).toMatchObject({ stsEnabled: false, remoteSigningEnabled: false });
  });
});

test('a password from the environment is warned of: the Job has no such variable', () => {
  const external = {
    ...baseSettings.metadataStores.external,
    admin: { password: { environment: 'ADMIN_PASSWORD' } },
  };
  const overridden = {
    provisioning: 'preProvisioned',
    host: 'h',
    database: 'd',
    user: 'u',
    password: { environment: 'PW' },
  } as const;
  const settings = platform({ metadataStores: { external }, orgs: { acme: { metadataStore: overridden } } });
  expect(warnings(settings).map(({ at }) => at)).toEqual([
    'metadataStores.external.admin.password',
    'orgs.acme.metadataStore.password',
  ]);
  expect(warnings(platform())).toEqual([]);
});

test('a credential in the settings is refused, and not repeated', () => {
  const lines = refused({ identity: { annotations: { key: `AKIA${'A'.repeat(16)}` } } });
  expect(lines).toContain('identity: holds an AWS access key; put it into a Secret and refer to that');
  expect(lines.join()).not.toContain('AKIA');
});

test('settings are checked without making code for it: they are checked once', async () => {
  const made: unknown[] = [];
  const spied = new Proxy(Function, {
    construct: (target, args: string[]) => {
      made.push(args);
      return Reflect.construct(target, args);
    },
  });
  // A schema that has been used has its code already.
  vi.resetModules();
  const { parsePlatform: first } = await import('../../src/platform/parse.ts');
  vi.stubGlobal('Function', spied);
  try {
    first('platform.yaml', baseSettings);
  } finally {
    vi.unstubAllGlobals();
  }
  expect(made).toEqual([]);
});
