import { readFile } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { baseSettings, otherStores, platform, systemIdentity } from '../support/fleet.ts';
import { refusals } from '../support/refusals.ts';

const s3 = baseSettings.dataStores.s3bucket;
const aws = systemIdentity.s3bucket;
const { adls, r2 } = otherStores;
const role = 'arn:aws:iam::123456789012:role/x';

/** What is wrong with a data store, one line each. */
function refused(store: object): string[] {
  return refusals(() =>
    platform({ operator: { amendments: true }, dataStores: { s3bucket: store as never } }),
  );
}

test.each(Object.entries(otherStores))('%s is accepted', (_, { s3bucket }) => {
  expect(refused(s3bucket)).toEqual([]);
});

describe('what the server would refuse, ignore or change is an error', () => {
  test.each<[string, object, string]>([
    ['an unknown kind', { ...s3, type: 'gcss' }, 'type: expected "s3" or "gcs" or "adls"; did you mean gcs?'],
    [
      'a role for nothing',
      { ...s3, stsRoleArn: role },
      'stsRoleArn: has no effect without stsEnabled; set that, or assumeRoleArn for the catalog itself',
    ],
    [
      'an external id for no role',
      { ...aws, credential: { ...aws.credential, externalId: 'x' } },
      'credential: has an externalId, which has no effect without assumeRoleArn or stsRoleArn',
    ],
    [
      'an external id for no role, beside a key',
      { ...s3, credential: { ...s3.credential, externalId: 'x' } },
      'credential: has an externalId, which has no effect without assumeRoleArn or stsRoleArn',
    ],
    [
      'tags of no session',
      { ...s3, stsSessionTags: { org: '{org}' } },
      'stsSessionTags: has no effect without stsEnabled',
    ],
    [
      'an endpoint for no STS',
      { ...s3, stsEndpoint: 'https://sts.example.com' },
      'stsEndpoint: has no effect without stsEnabled',
    ],
    [
      'a way to sign nothing',
      { ...s3, remoteSigningUrlStyle: 'path' },
      'remoteSigningUrlStyle: has no effect without remoteSigningEnabled',
    ],
    [
      'a key that is none of KMS',
      { ...s3, awsKmsKeyArn: 'alias/x' },
      'awsKmsKeyArn: is not the ARN of a key of KMS',
    ],
    [
      'folders that two tables share',
      { ...s3, storageLayout: { type: 'tabular-only', tabular: '{name}' } },
      'storageLayout.tabular: lacks {uuid}',
    ],
    [
      'folders that all namespaces share',
      { ...s3, storageLayout: { type: 'full-hierarchy', namespace: 'x', tabular: '{name}' } },
      'storageLayout.namespace: has neither {uuid} nor {name} in it',
    ],
    [
      'R2 that is AWS',
      { ...r2.s3bucket, flavor: 'aws', assumeRoleArn: role },
      'flavor: is aws; credential cloudflareR2 needs s3-compat',
    ],
    [
      'R2 without vending',
      { ...r2.s3bucket, stsEnabled: false },
      'stsEnabled: is off; credential cloudflareR2 always vends credentials',
    ],
    [
      'R2 with a role',
      { ...r2.s3bucket, assumeRoleArn: role },
      'assumeRoleArn: is ignored with credential cloudflareR2; leave it out',
    ],
    [
      'R2 with a role to vend',
      { ...r2.s3bucket, stsRoleArn: role },
      'stsRoleArn: is ignored with credential cloudflareR2; leave it out',
    ],
    [
      'R2 without endpoint',
      { ...r2.s3bucket, endpoint: undefined },
      'endpoint: is missing; flavor s3-compat needs it',
    ],
    [
      'a key in two Secrets',
      { ...s3, credential: { ...s3.credential, accessKeyId: { name: '{org}-id', key: 'id' } } },
      'credential: is in several Secrets ({org}-id, ducklings/{duckling}-s3); expected all its values in one',
    ],
    [
      'R2 with its account in another Secret',
      {
        ...r2.s3bucket,
        credential: {
          ...r2.s3bucket.credential,
          accountId: { namespace: 'r2', name: '{duckling}-r2', key: 'id' },
        },
      },
      'credential: is in several Secrets (ducklings/{duckling}-r2, r2/{duckling}-r2); ',
    ],
    [
      'a client of Azure with its tenant in another Secret',
      {
        ...adls.s3bucket,
        credential: {
          ...adls.s3bucket.credential,
          tenantId: { namespace: 'ducklings', name: 'azure', key: 'id' },
        },
      },
      'credential: is in several Secrets (ducklings/azure, ducklings/{duckling}-azure); ',
    ],
    [
      'a validity for nothing',
      { ...adls.s3bucket, sasTokenValiditySeconds: 600 },
      'sasTokenValiditySeconds: has no effect without sasEnabled',
    ],
    [
      'a validity of more than a week',
      { ...adls.s3bucket, sasEnabled: true, sasTokenValiditySeconds: 604_801 },
      'sasTokenValiditySeconds: is more than a week (604800)',
    ],
    [
      'an authority with a path',
      { ...adls.s3bucket, authorityHost: 'https://login.example.com/tenant' },
      'authorityHost: has a path; expected scheme, host and port',
    ],
    ['a host that is a URL', { ...adls.s3bucket, host: 'https://x' }, 'host: is not a host name'],
    ['a region of Google', { ...otherStores.gcs.s3bucket, region: 'eu' }, 'region: is not a setting; '],
    [
      'a key in clear',
      { ...otherStores['adls by key'].s3bucket, credential: { type: 'sharedAccessKey', key: 'hunter2' } },
      'credential.key: invalid input: expected object, received string',
    ],
  ])('%s', (_, store, line) => {
    expect(refused(store).join('\n')).toContain(`dataStores.s3bucket.${line}`);
  });
});

test('the examples of the documentation are accepted, each', async () => {
  const [, block = ''] =
    /^```yaml\n(dataStores:\n.*?)^```$/ms.exec(await readFile('docs/platform.md', 'utf8')) ?? [];
  const { dataStores } = parse(block) as { dataStores: Record<string, object> };
  expect(Object.keys(dataStores)).toEqual(['s3bucket', 'r2', 'gcs', 'adls']);
  for (const store of Object.values(dataStores)) expect(refused(store)).toEqual([]);
});

test('a role is accepted for the catalog itself, with an external id, and for vending', () => {
  const credential = { ...aws.credential, externalId: 'x' };
  expect(refused({ ...aws, assumeRoleArn: role, credential })).toEqual([]);
  expect(refused({ ...aws, stsEnabled: true, stsRoleArn: role, credential })).toEqual([]);
});

test.each([
  ['gcs by identity', 'serviceAccountKey'],
  ['adls by identity', 'clientCredentials or sharedAccessKey'],
] as const)('%s needs what completes the pods, and the advice is for that cloud', (name, other) => {
  expect(() => platform({ dataStores: otherStores[name] })).toThrow(
    new RegExp(
      `dataStores.s3bucket.credential: type systemIdentity would not work.*type ${other}, or the fork`,
    ),
  );
});
