import fc from 'fast-check';
import type { Catalog } from '../../src/catalog/catalog.ts';
import { deriveCatalog } from '../../src/catalog/derive.ts';
import type { Platform } from '../../src/platform/settings.ts';
import { parseWarehouseRecord } from '../../src/source/warehouse-record.ts';
import { hostileIds, orgIds } from './arbitrary.ts';
import { baseSettings, ducklings, platform, type SettingsOverrides, systemIdentity } from './fleet.ts';

const s3 = { type: 's3', region: 'eu-central-1' };
const compatible = { ...s3, flavor: 's3-compat', endpoint: 'http://minio:9000' };
const keys = {
  accessKeyId: { name: '{org}-s3', key: 'id' },
  secretAccessKey: { namespace: '{org}', name: 'm-{duckling}', key: 'secret' },
};
const dataStores = [
  baseSettings.dataStores.s3bucket,
  systemIdentity.s3bucket,
  { ...s3, assumeRoleArn: 'arn:r', credential: { type: 'systemIdentity', externalId: 'x"1' } },
  {
    ...s3,
    stsEnabled: true,
    stsRoleArn: 'arn:r',
    credential: { type: 'accessKey', ...keys, externalId: 'x' },
  },
  {
    ...compatible,
    pathStyleAccess: true,
    stsEnabled: true,
    keyPrefix: '{duckling}/{org}/x',
    credential: { type: 'accessKey', ...keys },
  },
  {
    ...compatible,
    stsEnabled: true,
    credential: {
      type: 'cloudflareR2',
      ...keys,
      token: { name: 'r2', key: 'token' },
      accountId: { name: 'a-{org}', key: 'id' },
    },
  },
  { type: 'gcs', credential: { type: 'systemIdentity' } },
  {
    type: 'gcs',
    stsEnabled: true,
    credential: { type: 'serviceAccountKey', key: { name: '{org}', key: 'json' } },
  },
  {
    type: 'adls',
    accountName: 'account',
    sasEnabled: true,
    sasTokenValiditySeconds: 60,
    credential: { type: 'sharedAccessKey', key: { name: '{org}-adls', key: 'key' } },
  },
  {
    type: 'adls',
    accountName: 'account',
    filesystem: 'files-{org}',
    host: 'dfs.example.com',
    authorityHost: 'https://login.example.com',
    credential: {
      type: 'clientCredentials',
      tenantId: { name: '{org}-azure', key: 'tenant' },
      clientId: { name: '{org}-azure', key: 'client' },
      clientSecret: { name: 'zz', key: 'secret' },
    },
  },
].map((s3bucket) => ({ s3bucket }));

/** Settings in which everything that is optional is there or not, whatever the rest is. */
const settings: fc.Arbitrary<Platform> = fc
  .record({
    tenancy: fc.constantFrom('sharedNamespace', 'namespacePerOrg'),
    operator: fc.constantFrom({}, { amendments: true }, { flavor: 'fork' }),
    monitoring: fc.constantFrom(baseSettings.monitoring, undefined),
    identity: fc.constantFrom(
      {},
      { provider: 'eksPodIdentity' },
      {
        provider: 'irsa',
        annotations: { 'eks.amazonaws.com/role-arn': 'arn:aws:iam::1:role/{org}', a: '{name}' },
      },
    ),
    authentication: fc.constantFrom(
      { mode: 'none' },
      { mode: 'kubernetes' },
      { mode: 'kubernetes', audience: '{duckling}.{org}' },
      { mode: 'openID', issuer: 'cluster', providerURI: 'https://login.example.com' },
      { mode: 'openID', issuer: 'cluster', providerURI: 'https://kubernetes.default.svc' },
      {
        mode: 'openID',
        issuer: 'external',
        providerURI: 'https://login.example.com:8443',
        tokenEndpoint: 'https://login.example.com/token',
        rolesClaim: 'groups',
        client: { id: 'registration-{org}', secret: { name: '{org}-client', key: 'secret' } },
      },
    ),
    metadataStores: fc.record({
      external: fc.constantFrom(baseSettings.metadataStores.external, {
        provisioning: 'admin',
        sslMode: 'verify-ca',
        sslRootCertSecret: { name: '{org}-ca', key: 'ca.crt' },
        admin: { user: 'root', password: { duckling: { namespace: 'ducklings' } } },
      }),
      'cnpg-shard': fc.constantFrom(baseSettings.metadataStores['cnpg-shard'], {
        provisioning: 'preProvisioned',
        host: '10.0.0.7',
        user: 'u-{org}',
        database: '{duckling}',
        password: { secret: { namespace: '{name}', name: 'zz-{org}', key: 'p' } },
      }),
    }),
    dataStores: fc.constantFrom(...dataStores),
    catalog: fc.constantFrom(
      baseSettings.catalog,
      { ...baseSettings.catalog, readHost: 'replica.example.com', maxRequestTime: '30s', replicas: 3 },
      { ...baseSettings.catalog, server: { baseURI: 'https://{org}.example.com', listenPort: 8080 } },
    ),
    registration: fc.record({
      image: fc.constant('registry.example.com/lakekeeper-gitops:1'),
      arrangement: fc.constantFrom('postSync', 'split'),
      deadline: fc.constantFrom('15m', '50s'),
      record: fc.constantFrom(baseSettings.registration.record, { configMap: true as const }),
    }),
    orgs: fc.constantFrom({}, { acme: { replicas: 5, image: 'quay.io/lakekeeper/catalog:v0.13.0' } }),
  })
  .map((overrides) => {
    try {
      return platform(overrides as SettingsOverrides);
    } catch {
      // A combination that is refused.
      return undefined;
    }
  })
  .filter((parsed) => parsed !== undefined);

/** A value of a column that takes any text: plain, or trouble. */
const anyText = fc.oneof(
  fc.constantFrom(
    'plain',
    'lake',
    'postgres',
    'a b',
    'name: x',
    'x\ny',
    'yes',
    '1e3',
    '0b11',
    'é',
    '"',
    "it's",
    '\\',
  ),
  fc.constantFrom(...hostileIds),
  fc.stringMatching(/^[-+]?[0-9._]{0,3}[xXoObBeE]?[-+]?[0-9a-fA-F_]{0,3}$/),
  fc.string({ unit: 'binary', maxLength: 40 }).filter((text) => text.isWellFormed()),
);

/** What a kind of org has: the optional columns that are filled in. */
const kinds = fc.record({
  metadata_store_kind: fc.constantFrom('external', 'cnpg-shard'),
  metadata_store_port: fc.constantFrom(undefined, 6432, 5432),
  filled: fc.subarray([
    'metadata_store_database_name',
    'metadata_store_username',
    'data_store_region',
    'duckling_name',
    'iceberg_lakekeeper_endpoint',
  ]),
});
/** Ids that are names everywhere, that are labels only, and that are neither: three of each, for a template takes as many to be proven. */
const ordinaryIds = ['first', 'second', 'third', 'One', 'Two', 'Three', 'No 1', 'No 2', 'No 3'];

/** What an org of a kind has there. */
const ordinary = (org: string, { tenancy }: Platform) => {
  const short = `${org
    .toLowerCase()
    .replaceAll(/[^a-z0-9]/g, '')
    .slice(0, 20)}z`;
  const name = `old${short}`;
  return {
    metadata_store_endpoint: 'postgres.example.com',
    metadata_store_database_name: `d-${short}`,
    metadata_store_username: 'someone',
    data_store_bucket_name: 'lake',
    data_store_region: 'eu-central-1',
    duckling_name: `zebra-${short}`,
    iceberg_lakekeeper_endpoint: `http://${name}.${tenancy === 'sharedNamespace' ? 'lakekeeper' : name}.svc:8181/catalog`,
  };
};
const unusual = fc.record({
  metadata_store_endpoint: fc.constantFrom('Postgres-7.example.com', '10.1.2.3', '::1', '0x1F'),
  metadata_store_database_name: anyText,
  metadata_store_username: anyText,
  data_store_bucket_name: fc.constantFrom('lake-2', '0123456', '1e3', '12.5', 'acme', 'zebra'),
  data_store_region: fc.constantFrom('12', 'no', '0x1F', '-', 'eu'),
  duckling_name: fc.constantFrom('duckling', 'acme', '007', '1e3', 'a-b'),
});

const knownDucklings = ducklings({
  kind: 'Duckling',
  metadata: { name: 'duckling', namespace: 'ducks' },
  status: { metadataStore: { credentialSecretRef: { name: 'generated', key: 'password' } } },
});

export interface AnyFleet {
  readonly settings: Platform;
  readonly catalogs: readonly Catalog[];
}

/** A fleet of any settings: of each kind some ordinary orgs, and some that are not, in what they are called or in what they have. */
export const anyFleet: fc.Arbitrary<AnyFleet> = fc
  .tuple(
    settings,
    kinds,
    fc.array(orgIds, { minLength: 1, maxLength: 4 }),
    fc.array(fc.tuple(orgIds, unusual), { minLength: 1, maxLength: 4 }),
  )
  .map(([parsed, { filled, ...kind }, ids, trouble]) => {
    const rows: [string, object][] = [
      ...[...ordinaryIds, 'acme', ...ids, 'lake'].map((org): [string, object] => [org, {}]),
      ...trouble,
      ...trouble.map(([, values], i): [string, object] => [`ordinary-${i}`, values]),
    ];
    const catalogs = rows.flatMap(([org, values]) => {
      const { metadata_store_endpoint, data_store_bucket_name, ...optional } = {
        ...ordinary(org, parsed),
        ...values,
      };
      const inKind = Object.entries(optional).filter(([column]) => filled.some((name) => name === column));
      const columns = {
        ...kind,
        metadata_store_endpoint,
        data_store_bucket_name,
        ...Object.fromEntries(inKind),
      };
      return desired(org, columns, parsed);
    });
    return { settings: parsed, catalogs };
  });

function desired(org_id: string, columns: object, settings: Platform): Catalog[] {
  const row = parseWarehouseRecord({
    at: 'row',
    columns: { org_id, state: 'ready', iceberg_enabled: true, ...columns },
  });
  const derived = row.ok ? deriveCatalog(row.record, settings, knownDucklings) : undefined;
  return derived?.ok ? [derived.catalog] : [];
}
