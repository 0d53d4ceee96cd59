import { describe, expect, test } from 'vitest';
import { deriveCatalog } from '../../src/catalog/derive.ts';
import { decode, encode, registrationInputs } from '../../src/catalog/registration-inputs.ts';
import {
  baseSettings,
  type Columns,
  catalog,
  ducklings,
  otherStores,
  platform,
  record,
  type SettingsOverrides,
} from '../support/fleet.ts';

const operator = { amendments: true };
const derived = (dataStores: SettingsOverrides['dataStores'], columns: Columns = {}, known = ducklings()) =>
  catalog('acme', platform({ operator, dataStores }), columns, known).dataStore;
const problems = (dataStores: SettingsOverrides['dataStores'], columns: Columns = {}): string[] => {
  const result = deriveCatalog(record('acme', columns), platform({ operator, dataStores }), ducklings());
  return result.ok ? [] : result.problems.map(({ at, message }) => `${at}: ${message}`);
};
const key = (name: string, of: string) => ({ namespace: 'ducklings', name, key: of });

describe('S3', () => {
  test('has every field of a profile of Lakekeeper, with the tags of the org', () => {
    const stated = {
      stsEnabled: true,
      stsEndpoint: 'https://sts.example.com',
      stsTokenValiditySeconds: 1800,
      remoteSigningEnabled: true,
      remoteSigningUrlStyle: 'path',
      awsKmsKeyArn: 'arn:aws:kms:eu-central-1:123456789012:key/0',
      allowAlternativeProtocols: true,
      pushS3DeleteDisabled: false,
      legacyMd5Behavior: true,
      storageLayout: { type: 'tabular-only', tabular: '{name}-{uuid}' },
      deleteProfile: { type: 'soft', expirationSeconds: 3600 },
    } as const;
    const s3bucket = { ...baseSettings.dataStores.s3bucket, ...stated };
    const tagged = {
      ...s3bucket,
      stsRoleArn: 'arn:aws:iam::123456789012:role/x',
      stsSessionTags: { of: '{org}' },
    };
    const settings = platform({ operator, dataStores: { s3bucket: tagged } });
    const { dataStore } = decode(
      encode(registrationInputs(catalog('acme', settings), settings)),
    ).lakekeeperWarehouse;
    expect(dataStore).toMatchObject({ ...stated, stsSessionTags: { of: 'acme' } });
  });
});

describe('Google Cloud Storage', () => {
  test("takes its bucket from the row, and vends nothing unless asked to; a row's region is not needed", () => {
    expect(derived(otherStores.gcs, { data_store_region: 'europe-west1' })).toEqual({
      type: 'gcs',
      bucket: 'lake-bucket',
      keyPrefix: 'lakekeeper/acme',
      stsEnabled: false,
      credential: { type: 'serviceAccountKey', key: key('duckling-acme-gcs', 'key.json') },
    });
  });

  test('takes its bucket from the Duckling, or from the settings', () => {
    const row = { data_store_bucket_name: '', duckling_name: 'acme' };
    const known = ducklings({
      kind: 'Duckling',
      metadata: { name: 'acme' },
      status: { dataStore: { bucketName: 'of-duckling' } },
    });
    expect(derived(otherStores.gcs, row, known)).toMatchObject({ bucket: 'of-duckling' });
    const s3bucket = { ...otherStores.gcs.s3bucket, bucket: 'lake-{org}' };
    expect(derived({ s3bucket }, row)).toMatchObject({ bucket: 'lake-acme' });
  });

  test.each(['goog-lake', '192.168.5.4', 'Lake', 'la'])('%s is no bucket in it', (bucket) => {
    expect(problems(otherStores.gcs, { data_store_bucket_name: bucket })).toEqual([
      expect.stringMatching(/^warehouses\[acme\]\.data_store_bucket_name: is not the name of a bucket: /),
    ]);
  });
});

describe('Azure Data Lake Storage', () => {
  test("takes its container from the row's bucket", () => {
    expect(derived(otherStores.adls)).toEqual({
      type: 'adls',
      accountName: 'lakeaccount',
      filesystem: 'lake-bucket',
      keyPrefix: 'lakekeeper/acme',
      sasEnabled: false,
      credential: {
        type: 'clientCredentials',
        tenantId: key('duckling-acme-azure', 'tenant'),
        clientId: key('duckling-acme-azure', 'client'),
        clientSecret: key('duckling-acme-azure', 'secret'),
      },
    });
    expect(derived(otherStores['adls by key'])).toMatchObject({
      host: 'dfs.core.chinacloudapi.cn',
      authorityHost: 'https://login.chinacloudapi.cn:8443',
      sasEnabled: true,
      sasTokenValiditySeconds: 600,
      credential: { type: 'sharedAccessKey', key: key('duckling-acme-azure', 'key') },
    });
  });

  test('takes account and container from templates', () => {
    const s3bucket = { ...otherStores.adls.s3bucket, accountName: 'lake{org}', filesystem: 'tables-{org}' };
    expect(derived({ s3bucket }, { data_store_bucket_name: '' })).toMatchObject({
      accountName: 'lakeacme',
      filesystem: 'tables-acme',
    });
  });

  test.each(['a--b', 'a.b', 'ab', 'x'.repeat(64), '-ab'])('%s is no container', (name) => {
    expect(problems(otherStores.adls, { data_store_bucket_name: name })).toEqual([
      expect.stringContaining('data_store_bucket_name: is not the name of a container'),
    ]);
  });

  test('a container of 63 characters is one', () => {
    expect(problems(otherStores.adls, { data_store_bucket_name: 'x'.repeat(63) })).toEqual([]);
  });

  test.each(['lake-{org}', 'l{org}{org}{org}{org}{org}{org}'])('%s is no account', (accountName) => {
    const s3bucket = { ...otherStores.adls.s3bucket, accountName };
    expect(problems({ s3bucket })).toEqual([
      expect.stringContaining('dataStores.s3bucket.accountName: is not the name of a storage account'),
    ]);
  });

  test('a prefix has at most 512 characters, half of what other stores allow', () => {
    const keyPrefix = 'x'.repeat(513);
    expect(problems({ s3bucket: { ...otherStores.adls.s3bucket, keyPrefix } })).toEqual([
      expect.stringContaining('which is not a folder: at most 512'),
    ]);
    expect(problems({ s3bucket: { ...otherStores.gcs.s3bucket, keyPrefix } })).toEqual([]);
  });
});

test('Cloudflare R2 is S3 with a credential of its own', () => {
  expect(derived(otherStores.r2)).toMatchObject({
    type: 's3',
    region: 'weur',
    credential: {
      type: 'cloudflareR2',
      accessKeyId: key('duckling-acme-r2', 'id'),
      secretAccessKey: key('duckling-acme-r2', 'secret'),
      token: key('duckling-acme-r2', 'token'),
      accountId: key('duckling-acme-r2', 'account'),
    },
  });
});
