import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decode, encode, registrationInputs } from '../../src/catalog/registration-inputs.ts';
import { PermanentError } from '../../src/text/errors.ts';
import { orgIds } from '../support/arbitrary.ts';
import {
  type Columns,
  catalog,
  externalProvider,
  otherStores,
  platform,
  type SettingsOverrides,
  systemIdentity,
} from '../support/fleet.ts';

const inputs = (org: string, settings: SettingsOverrides = {}, columns: Columns = {}) => {
  const parsed = platform(settings);
  return registrationInputs(catalog(org, parsed, { duckling_name: 'duckling', ...columns }), parsed);
};
const cluster = { mode: 'openID', issuer: 'cluster', providerURI: 'https://oidc.example.com' } as const;

const settings = fc.constantFrom<SettingsOverrides>(
  {},
  { tenancy: 'namespacePerOrg' },
  { operator: { amendments: true }, dataStores: systemIdentity, authentication: { mode: 'kubernetes' } },
  { authentication: cluster },
  { authentication: externalProvider },
  { registration: { record: { configMap: true } } },
  {
    dataStores: {
      s3bucket: {
        type: 's3',
        flavor: 's3-compat',
        endpoint: 'http://minio:9000',
        pathStyleAccess: true,
        stsEnabled: true,
        credential: {
          type: 'accessKey',
          accessKeyId: { name: 'a', key: 'i' },
          secretAccessKey: { name: 'a', key: 's' },
        },
      },
    },
  },
);
const everySettings = fc.oneof(
  settings,
  fc
    .constantFrom(...Object.values(otherStores))
    .map((dataStores): SettingsOverrides => ({ operator: { amendments: true }, dataStores })),
);
const columns = fc.constantFrom<Columns>(
  {},
  { metadata_store_kind: 'cnpg-shard', metadata_store_database_name: 'd', metadata_store_username: 'u' },
  { data_store_region: 'r', metadata_store_port: 6432 },
);

test('decode is the inverse of encode', () => {
  fc.assert(
    fc.property(orgIds, everySettings, columns, (org, chosen, row) => {
      const wanted = inputs(org, chosen, { data_store_region: 'eu', ...row });
      expect(decode(encode(wanted))).toEqual(wanted);
    }),
    { numRuns: 300 },
  );
});

test('the text is printable ASCII and lines, whatever the org id', () => {
  fc.assert(
    fc.property(orgIds, (org) => {
      expect(encode(inputs(org))).toMatch(/^[\n -~]+\n$/);
    }),
  );
});

test('the inputs have the URL of the server, what is written back, and the name of the migration Job', () => {
  expect(inputs('acme').catalog).toEqual({
    namespace: 'lakekeeper',
    name: 'lakekeeper-acme',
    image: 'quay.io/lakekeeper/catalog:v0.12.2',
    replicas: 2,
    migrationJob: expect.stringMatching(/^lakekeeper-acme-migrate-[0-9a-f]{8}$/),
    serverURL: 'http://lakekeeper-acme.lakekeeper.svc:8181',
    catalogEndpoint: 'http://lakekeeper-acme.lakekeeper.svc:8181/catalog',
  });
});

test("management calls go to the server's root, engines to /catalog (incident 4)", () => {
  const { serverURL, catalogEndpoint } = inputs('acme', {
    catalog: { server: { baseURI: 'https://lake.example.com/{org}' } },
  }).catalog;
  expect(serverURL).toBe('http://lakekeeper-acme.lakekeeper.svc:8181');
  expect(catalogEndpoint).toBe('https://lake.example.com/acme/catalog');
});

test('the migration Job is the one of a user given by Secret, also when the store is pre-provisioned', () => {
  const preProvisioned = inputs(
    'acme',
    {},
    {
      metadata_store_kind: 'cnpg-shard',
      metadata_store_endpoint: 'pg.example.com',
      metadata_store_database_name: 'lakekeeper_acme',
    },
  );
  expect(preProvisioned.catalog.migrationJob).toBe('lakekeeper-acme-migrate-7de73ad9');
});

describe('the token endpoint that is written back', () => {
  test.each<[string, SettingsOverrides, string]>([
    ['is empty without authentication, so that one once written is cleared', {}, ''],
    [
      "is the broker's with ServiceAccount tokens",
      { authentication: cluster },
      'http://127.0.0.1:9876/token',
    ],
    [
      "is the provider's with an external one",
      { authentication: externalProvider },
      'https://idp.example.com/token',
    ],
  ])('%s', (_, chosen, expected) => {
    expect(inputs('acme', chosen).record.oauthServerURI).toBe(expected);
  });
});

test.each([
  ['not json', /are not JSON/],
  ['{}', /are not of this version/],
  ['null', /are not of this version/],
  [encode({ ...inputs('acme'), version: 2 as never }), /version/],
  [encode({ ...inputs('acme'), more: 1 } as never), /more/],
])(
  'refuses what is not registration inputs of this version (%#), and a retry would not help',
  (text, message) => {
    expect(() => decode(text)).toThrow(PermanentError);
    expect(() => decode(text)).toThrow(message);
  },
);
