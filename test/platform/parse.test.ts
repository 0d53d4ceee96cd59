import { describe, expect, test, vi } from 'vitest';
import { ignoredSettings } from '../../src/platform/ignored-settings.ts';
import { parsePlatform } from '../../src/platform/parse.ts';
import { warnings } from '../../src/platform/settings-warnings.ts';
import {
  baseSettings,
  platform,
  type Settings,
  type SettingsOverrides,
  systemIdentity,
} from '../support/fleet.ts';
import { refusals } from '../support/refusals.ts';

/** The lines of the error that settings are refused with; empty when they are accepted. */
function refusal(settings: unknown): string[] {
  return refusals(() => parsePlatform('platform.yaml', settings));
}
const refused = (overrides: Record<string, unknown>) => refusal({ ...baseSettings, ...overrides });
const changed = (overrides: SettingsOverrides) => {
  try {
    platform(overrides);
    return [];
  } catch (error) {
    return (error as Error).message
      .split('\n')
      .slice(1)
      .map((line) => line.trim());
  }
};

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

describe('the mapping of the source', () => {
  const mapped = (source: unknown) => changed({ source } as SettingsOverrides);

  test('is that of duckgres, or one of named columns and constants', () => {
    expect(platform().source).toEqual({ mapping: 'duckgres' });
    const mapping = { org: 'id', icebergEnabled: { constant: true }, metadataStorePort: { constant: 5432 } };
    expect(
      platform({
        source: { relation: 'app.tenants', mapping },
        registration: { record: { configMap: true } },
      } as SettingsOverrides).source,
    ).toEqual({
      relation: 'app.tenants',
      mapping,
    });
  });

  test.each([
    [{ mapping: 'duckgress' }, 'source.mapping: expected "duckgres" or "duckling"; did you mean duckgres?'],
    [{ mapping: { orgs: 'id' } }, 'source.mapping.orgs: is not a setting; did you mean org?'],
    [{ mapping: { org: '' } }, 'source.mapping.org: too small: expected string to have >=1 characters'],
    [
      { mapping: { org: { constant: 'acme' } } },
      'source.mapping.org: invalid input: expected string, received object',
    ],
    [
      { mapping: { icebergEnabled: { constant: 'yes' } } },
      'source.mapping.icebergEnabled.constant: invalid input: expected boolean, received string',
    ],
    [
      { mapping: { metadataStorePort: { constant: 0 } } },
      'source.mapping.metadataStorePort.constant: too small: expected number to be >=1',
    ],
    [
      { relation: 'a.b.c' },
      'source.relation: is not the name of a table or view, like tenants or app.tenants',
    ],
  ])('%j is refused at its path', (source, message) => {
    expect(mapped(source)).toEqual([message]);
  });
});

describe('the record', () => {
  const url = { name: 'warehouse-database', key: 'url' };
  const mapping = { org: 'id', icebergEnabled: { constant: true } };
  const settings = (record: object, others: object = {}) =>
    changed({ source: { mapping }, registration: { record }, ...others } as SettingsOverrides);
  const at = 'registration.record.warehouseDatabase.columns';

  test.each([
    [{ table: { url } }],
    [{ table: { url, schema: 'lake', table: 'c', sameDatabase: false, notify: 'lake' } }],
    [{ warehouseDatabase: { url, columns: { catalogEndpoint: 'lake_url' } } }],
    [{ configMap: true }],
  ])('is in %j', (record) => {
    expect(settings(record)).toEqual([]);
  });

  const resource = { apiVersion: 'example.org/v1', plural: 'tenants' };
  const of = (source: object, record: object) => settings(record, { source });

  test('of Kubernetes objects is not beside rows', () => {
    expect(of({ resource, mapping }, { configMap: true })).toEqual([]);
    expect(of({ mapping: 'duckling' }, { table: { url, sameDatabase: false } })).toEqual([]);
    expect(of({ resource, relation: 'tenants' }, { table: { url } })).toEqual([
      expect.stringContaining(
        'source.relation: is of a database, and source.resource of a cluster; keep one',
      ),
      expect.stringContaining('source.mapping: has columns of duckgres; expected paths into source.resource'),
      expect.stringContaining(
        'registration.record.table.sameDatabase: is true, and the orgs are in no database',
      ),
    ]);
    expect(
      of({ resource, mapping }, { warehouseDatabase: { url, columns: { catalogEndpoint: 'x' } } }),
    ).toEqual([
      expect.stringContaining(
        'registration.record.warehouseDatabase: has no row of a resource; expected another',
      ),
    ]);
  });

  test.each([
    [
      { ...resource, apiVersion: 'v1' },
      'apiVersion: is not an API group with its version, like example.org/v1',
    ],
    [{ ...resource, plural: 'Tenant' }, 'plural: is not the plural name of a resource in lower case'],
    [{ ...resource, kind: 'Tenant' }, 'kind: is not a setting'],
  ])('%j is no kind of resources', (wrong, message) => {
    expect(of({ resource: wrong, mapping }, { configMap: true })).toEqual([
      expect.stringContaining(`source.resource.${message}`),
    ]);
  });

  test('has columns of its own where the mapping does', () => {
    expect(settings({ warehouseDatabase: { url } })).toEqual([
      expect.stringContaining(`${at}: is missing; expected`),
    ]);
    const others = { source: { mapping: { extends: 'duckgres', icebergEnabled: { constant: true } } } };
    expect(settings({ warehouseDatabase: { url } }, others)).toEqual([]);
  });

  test.each([
    [{ org: 'id' }, {}, `${at}: names no column to write; expected catalogEndpoint at least`],
    [
      { endpoint: 'x' },
      {},
      `${at}.endpoint: is not a setting; known are org, icebergBackend, catalogEndpoint, `,
    ],
    [
      { catalogEndpoint: 'x' },
      { authentication: { mode: 'kubernetes' }, operator: { flavor: 'fork' } },
      `${at}: has no oauthServerURI; by that column, engines`,
    ],
  ])('%j is refused with %j', (columns, others, message) => {
    expect(settings({ warehouseDatabase: { url, columns } }, others)).toEqual([
      expect.stringContaining(message),
    ]);
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

describe('retirement', () => {
  const policies = 'expected "retain" or "delete"';
  const retained = (at: string, org: string) =>
    `retirement.${at}: names ${org}, whose policy is retain: nothing of it is deleted. Set the policy delete, for ` +
    'all orgs or in orgs.<org id>.retirement, or leave the org out';

  test('keeps everything by default', () => {
    expect(platform().retirement).toEqual({ policy: 'retain', confirm: [], evenWithTables: [] });
  });

  test.each<[string, Record<string, unknown>, string[]]>([
    ['a policy that is none', { policy: 'keep' }, [`retirement.policy: ${policies}`]],
    [
      'a setting that is none',
      { polcy: 'delete' },
      ['retirement.polcy: is not a setting; did you mean policy?'],
    ],
    [
      'an empty org id',
      { policy: 'delete', confirm: [''] },
      ['retirement.confirm[0]: too small: expected string to have >=1 characters'],
    ],
    [
      'one org in place of a list',
      { policy: 'delete', confirm: 'acme' },
      ['retirement.confirm: invalid input: expected array, received string'],
    ],
    ['a confirmation of an org that is retained', { confirm: ['acme'] }, [retained('confirm[0]', 'acme')]],
    [
      'tables of an org whose deletion is not confirmed',
      { policy: 'delete', confirm: ['acme'], evenWithTables: ['acme', 'globex'] },
      [
        'retirement.evenWithTables[1]: names globex, which is not in retirement.confirm: nothing of it is deleted. ' +
          'Add it there, or leave it out here',
      ],
    ],
  ])('%s is refused', (_, retirement, lines) => {
    expect(refused({ retirement })).toEqual(lines);
  });

  test('the policy of an org decides whether its confirmation has an effect', () => {
    const one = { retirement: { policy: 'delete', confirm: ['acme', 'globex'] } };
    expect(refused({ ...one, orgs: { globex: { retirement: { policy: 'retain' } } } })).toEqual([
      retained('confirm[1]', 'globex'),
    ]);
    const orgs = { acme: { retirement: { policy: 'delete' } } };
    expect(refused({ retirement: { confirm: ['acme'] }, orgs })).toEqual([]);
    // An org may be called like a property that every object has.
    expect(refused({ retirement: { confirm: ['constructor'] } })).toEqual([
      retained('confirm[0]', 'constructor'),
    ]);
  });

  test.each<[Record<string, unknown>, string]>([
    [{ policy: 'drop' }, `orgs.acme.retirement.policy: ${policies}`],
    [{}, `orgs.acme.retirement.policy: ${policies}`],
    [{ policy: 'delete', confirm: true }, 'orgs.acme.retirement.confirm: is not a setting; known are policy'],
  ])('of one org, %j is refused', (retirement, line) => {
    expect(refused({ orgs: { acme: { retirement } } })).toEqual([line]);
  });
});

describe('argocd.repoURL', () => {
  test.each([
    'https://github.com/acme/catalogs.git',
    'https://git.example.com:8443/~team/catalogs',
    'git@github.com:acme/catalogs.git',
    'ssh://git@git.example.com:2222/acme/catalogs.git',
    'https://acme@dev.azure.com/acme/My%20Project/_git/catalogs',
  ])('may be %s', (repoURL) => {
    expect(platform({ argocd: { repoURL } }).argocd).toMatchObject({
      repoURL,
      branch: 'main',
      path: 'dist',
      namespace: 'argocd',
    });
  });

  test.each([
    'https://user:hunter2@github.com/acme/catalogs.git',
    'https://ghp_hunter2@github.com/acme/catalogs.git',
    'https://glpat-hunter2@gitlab.com/acme/catalogs.git',
    'https://hunter2@@github.com/acme/catalogs.git',
    'https://github.com/acme/100%/hunter2.git',
    'http://github.com/acme/catalogs.git',
    'file:///srv/catalogs.git',
    'github.com/acme/catalogs',
    'https://github.com/acme/catalogs.git?token=hunter2',
    'https://github.com/{{.x}}/catalogs.git',
  ])('%s is refused, and not repeated', (repoURL) => {
    const lines = refused({ argocd: { repoURL } });
    expect(lines.join()).toMatch(/argocd\.repoURL: is not the address of a Git repository/);
    expect(lines.join()).not.toContain('hunter2');
  });

  test.each<[Partial<Settings['argocd']>, RegExp]>([
    [{ branch: '../main' }, /argocd\.branch: is not the name of a branch/],
    [{ branch: '{{x}}' }, /argocd\.branch/],
    [{ path: '../dist' }, /argocd\.path: is not a path inside the repository/],
    [{ path: '/dist' }, /argocd\.path/],
    [{ cluster: 'ftp://10.0.0.1' }, /argocd\.cluster: /],
    [{ cluster: 'a b' }, /argocd\.cluster: /],
    [{ cluster: 'https://user:pw@10.0.0.1' }, /argocd/],
    [{ shards: 1 }, /argocd\.shards/],
    [{ shards: 1000 }, /argocd\.shards/],
  ])('%j is refused', (argocd, message) => {
    expect(
      refused({ argocd: { repoURL: 'https://github.com/acme/catalogs.git', ...argocd } }).join(),
    ).toMatch(message);
  });
});

test("the catalogs are not put into Argo CD's namespace: their default deny would cut it off", () => {
  const argocd = { repoURL: 'https://github.com/acme/catalogs.git' };
  expect(refused({ namespace: 'argocd', argocd }).join()).toMatch(
    /namespace: is argocd, where other pods run/,
  );
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

describe('a setting that the server would not read is refused, and says what to do', () => {
  test.each(ignoredSettings.map(({ path }) => path))('catalog.%s', (path) => {
    const [section = '', field] = path.split('.');
    const catalog = { ...baseSettings.catalog, [section]: field === undefined ? { any: 1 } : { [field]: 1 } };
    const [line] = refused({ catalog });
    expect(line).toMatch(
      /^catalog\.[A-Za-z.]+: is not rendered, because it would not work: .+; .*(set|leave|give)/,
    );
  });

  // Incident 22: the flag was written one level too high, and pruned silently.
  test("also the switches for the pods' AWS identity, at whatever level", () => {
    expect(
      refused({
        catalog: { ...baseSettings.catalog, server: { storageSystemCredentials: { enableAWS: true } } },
      })[0],
    ).toMatch(/systemIdentity/);
    expect(
      refused({ catalog: { ...baseSettings.catalog, storageSystemCredentials: { enableAWS: true } } }),
    ).toHaveLength(1);
  });

  test.each<[string, SettingsOverrides, RegExp]>([
    [
      'Kubernetes authentication under the upstream operator',
      { authentication: { mode: 'kubernetes' } },
      /^authentication: mode kubernetes would leave the catalogs open: .*operator\.amendments: true, or use mode openID/,
    ],
    [
      'the same for one org',
      { orgs: { acme: { authentication: { mode: 'kubernetes' } } } },
      /^orgs\.acme\.authentication: mode kubernetes would leave/,
    ],
    [
      'AWS identity under the upstream operator',
      { dataStores: systemIdentity },
      /^dataStores\.s3bucket\.credential: type systemIdentity would not work/,
    ],
    [
      'an identity that pods of a shared namespace cannot have',
      { identity: { provider: 'eksPodIdentity' } },
      /^identity: would not reach the catalogs/,
    ],
    [
      "an issuer with the cluster's own CA",
      {
        authentication: { mode: 'openID', issuer: 'cluster', providerURI: 'https://kubernetes.default.svc' },
      },
      /^authentication\.providerURI: is served with the cluster's own CA/,
    ],
    [
      'variables for pods without amendments',
      { catalog: { environment: { RUST_LOG: 'debug' } } },
      /^catalog\.environment\.RUST_LOG: would not reach the pods/,
    ],
    [
      'variables that the operator sets itself',
      { operator: { amendments: true }, catalog: { environment: { LAKEKEEPER__BASE_URI: 'x' } } },
      /is set by the operator from the custom resource/,
    ],
    [
      'variables that follow from other settings',
      {
        operator: { amendments: true },
        catalog: { environment: { LAKEKEEPER__ENABLE_AWS_SYSTEM_CREDENTIALS: 'true' } },
      },
      /follows from authentication and dataStores/,
    ],
    [
      'variables that are credentials',
      { operator: { amendments: true }, catalog: { environment: { LAKEKEEPER__KV2__PASSWORD: 'hunter2' } } },
      /has the name of a credential/,
    ],
    [
      'a metrics port that v0.11 does not read',
      { catalog: { image: 'quay.io/lakekeeper/catalog:v0.11.6', server: { metricsPort: 9100 } } },
      /^catalog\.server\.metricsPort: is not read by/,
    ],
    [
      'a request time that v0.11 does not read',
      { catalog: { image: 'quay.io/lakekeeper/catalog:v0.11.6', maxRequestTime: '30s' } },
      /^catalog\.maxRequestTime: is not read by/,
    ],
    [
      'a request time that crashes the server',
      { catalog: { maxRequestTime: '5m' } },
      /the server crashes on minutes and hours/,
    ],
    [
      'amendments beside the fork',
      { operator: { flavor: 'fork', amendments: true } },
      /^operator\.amendments: is for the upstream operator/,
    ],
    [
      'an OpenID provider that no policy admits',
      {
        authentication: { mode: 'openID', issuer: 'cluster', providerURI: 'https://oidc.example.com' },
        network: { openID: undefined },
      },
      /^network\.openID: is missing; authentication needs to reach https:\/\/oidc\.example\.com/,
    ],
  ])('%s', (_, overrides, message) => {
    const catalog = { ...baseSettings.catalog, ...overrides.catalog };
    const lines = changed({ ...overrides, ...(overrides.catalog ? { catalog } : {}) });
    expect(lines).toHaveLength(1);
    expect(lines[0]).toMatch(message);
    expect(lines[0]).not.toContain('hunter2');
  });

  test.each<[string, SettingsOverrides]>([
    [
      'Kubernetes authentication with amendments',
      { operator: { amendments: true }, authentication: { mode: 'kubernetes' } },
    ],
    [
      'Kubernetes authentication with the fork',
      { operator: { flavor: 'fork' }, authentication: { mode: 'kubernetes' } },
    ],
    ['AWS identity with amendments', { operator: { amendments: true }, dataStores: systemIdentity }],
    ['an identity in a namespace per org', { tenancy: 'namespacePerOrg', identity: { provider: 'irsa' } }],
    [
      'variables with amendments',
      {
        operator: { amendments: true },
        catalog: { ...baseSettings.catalog, environment: { LAKEKEEPER__PAGINATION_SIZE_DEFAULT: '100' } },
      },
    ],
  ])('but not %s', (_, overrides) => {
    expect(changed(overrides)).toEqual([]);
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
