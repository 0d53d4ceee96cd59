import { readFile } from 'node:fs/promises';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { AdlsDataStore, DataStore, S3DataStore } from '../../../../src/catalog/data-store-inputs.ts';
import type {
  ObservedWarehouse,
  StorageProfile,
} from '../../../../src/clients/lakekeeper/lakekeeper-answers.ts';
import { warehouseByName } from '../../../../src/registration/catalog/warehouse/observe.ts';
import {
  planWarehouse,
  type WarehouseObservation,
} from '../../../../src/registration/catalog/warehouse/plan.ts';
import { credentialTypeOf } from '../../../../src/registration/catalog/warehouse/storage-credential.ts';
import {
  deleteProfileOf,
  overlap,
  storageProfile,
} from '../../../../src/registration/catalog/warehouse/storage-profile.ts';
import {
  fieldsWith,
  type Handling,
  profileFields,
  warehouseFields,
} from '../../../../src/registration/catalog/warehouse/warehouse-fields.ts';
import { PermanentError } from '../../../../src/text/errors.ts';
import { recordedExchanges } from '../../../contracts/lakekeeper-recordings.ts';
import { gcs, adls as sharedKey } from '../../../support/data-stores.ts';

const dataStore: S3DataStore = {
  type: 's3',
  flavor: 'aws',
  bucket: 'acme-data',
  region: 'eu-central-1',
  keyPrefix: 'lakekeeper',
  stsEnabled: false,
  remoteSigningEnabled: false,
  credential: { type: 'systemIdentity' },
};
const profile = storageProfile(dataStore);
const s3Compatible: S3DataStore = { ...dataStore, flavor: 's3-compat', endpoint: 'http://minio:9000' };

const found = (changes: Partial<ObservedWarehouse> = {}): ObservedWarehouse => ({
  id: 'id-1',
  name: 'org-acme',
  isActive: true,
  profile,
  credentialType: 'aws-system-identity',
  deleteProfile: { type: 'hard' },
  ...changes,
});
/** As a server answers a profile: since 0.12 with a storage layout. */
const answered = (profileOf: StorageProfile, version: string): StorageProfile =>
  version === '0.11.6' ? profileOf : { 'storage-layout': null, ...profileOf };
const plan = (
  store: DataStore,
  warehouses: ObservedWarehouse[],
  {
    version = '0.12.2',
    name = 'org-acme',
    credential = 'agrees',
  }: { version?: string; name?: string; credential?: WarehouseObservation['credential'] } = {},
) => {
  const warehouse = warehouseByName(name, warehouses);
  return planWarehouse(
    {
      name,
      profile: storageProfile(store),
      credentialType: credentialTypeOf(store),
      deleteProfile: deleteProfileOf(store),
    },
    {
      warehouse: warehouse && { ...warehouse, profile: answered(warehouse.profile, version) },
      credential,
    },
  );
};
const overlapping = (one: StorageProfile, others: ObservedWarehouse[]) =>
  others.filter((other) => overlap(one, other.profile));

describe('the storage profile', () => {
  test('of a store in AWS: STS is said even when it is off, or the create is refused', () => {
    expect(profile).toEqual({
      type: 's3',
      flavor: 'aws',
      bucket: 'acme-data',
      region: 'eu-central-1',
      'key-prefix': 'lakekeeper',
      'sts-enabled': false,
      'remote-signing-enabled': false,
    });
  });

  test('of a store with everything', () => {
    const everything: S3DataStore = {
      ...s3Compatible,
      keyPrefix: '/a/b/',
      pathStyleAccess: true,
      stsEnabled: true,
      stsRoleArn: 'arn:sts',
      assumeRoleArn: 'arn:assume',
      remoteSigningEnabled: true,
    };
    expect(storageProfile(everything)).toEqual({
      type: 's3',
      flavor: 's3-compat',
      bucket: 'acme-data',
      region: 'eu-central-1',
      'key-prefix': 'a/b',
      endpoint: 'http://minio:9000',
      'path-style-access': true,
      'sts-enabled': true,
      'sts-role-arn': 'arn:sts',
      'assume-role-arn': 'arn:assume',
      'remote-signing-enabled': true,
    });
    expect(storageProfile({ ...dataStore, keyPrefix: ' / ' })).not.toHaveProperty('key-prefix');
  });
});

describe('the plan', () => {
  const desired = { name: 'org-acme', profile, credentialType: credentialTypeOf(dataStore) };

  test('of another name in its place, renamed since: rename', () => {
    expect(planWarehouse(desired, { warehouse: found({ name: 'renamed' }), credential: 'agrees' })).toEqual([
      { kind: 'renameWarehouse', id: 'id-1', name: 'renamed', newName: 'org-acme' },
    ]);
  });

  test('of another name and in another place: create, beside it', () => {
    const elsewhere = found({ name: 'former', profile: { ...profile, 'key-prefix': 'elsewhere' } });
    const [first] = planWarehouse(desired, { warehouse: elsewhere, credential: 'agrees' });
    expect(first?.kind).toBe('createWarehouse');
  });

  test('none: create', () => {
    expect(plan(dataStore, [found({ name: 'org-acme-2' })])).toEqual([
      { kind: 'createWarehouse', name: 'org-acme', profile },
    ]);
  });

  test('the same, in whatever case and in the form of the server: nothing', () => {
    expect(plan(dataStore, [found(), found({ name: 'other', id: 'id-2' })])).toEqual([]);
    expect(plan(dataStore, [found({ name: 'ORG-Acme' })])).toEqual([]);
    const asAnswered = {
      ...profile,
      endpoint: null,
      'path-style-access': null,
      'sts-role-arn': null,
      'push-s3-delete-disabled': true,
      'sts-token-validity-seconds': 3600,
    };
    expect(plan(dataStore, [found({ profile: asAnswered })])).toEqual([]);
    const compatible = { ...storageProfile(s3Compatible), endpoint: 'http://minio:9000/', flavor: 'minio' };
    expect(plan(s3Compatible, [found({ profile: compatible })])).toEqual([]);
    const virtualHost = { ...s3Compatible, endpoint: 'http://acme-data.minio:9000' };
    expect(plan(virtualHost, [found({ profile: compatible })])).toEqual([]);
  });

  test('an inactive one is activated, and changed only then', () => {
    expect(plan(dataStore, [found({ isActive: false })])).toEqual([
      { kind: 'activateWarehouse', id: 'id-1', name: 'org-acme' },
    ]);
    const both = plan({ ...dataStore, remoteSigningEnabled: true }, [found({ isActive: false })]);
    expect(both.map(({ kind }) => kind)).toEqual(['activateWarehouse', 'updateStorage']);
  });

  test.each<[Partial<S3DataStore>, string]>([
    [{ stsEnabled: true, stsRoleArn: 'arn:x' }, 'sts-enabled: false -> true,sts-role-arn: none -> arn:x'],
    [{ assumeRoleArn: 'arn:y' }, 'assume-role-arn: none -> arn:y'],
    [{ remoteSigningEnabled: true }, 'remote-signing-enabled: false -> true'],
    [{ flavor: 's3-compat' }, 'flavor: aws -> s3-compat'],
    [{ endpoint: 'https://s3.example.com' }, 'endpoint: none -> https://s3.example.com'],
    [{ pathStyleAccess: true }, 'path-style-access: false -> true'],
    [
      { region: 'eu-west-1', endpoint: 'https://s3.example.com' },
      'region: eu-central-1 -> eu-west-1,endpoint: none -> https://s3.example.com',
    ],
  ])('drift %j is corrected, there and back', (change, differences) => {
    const [there] = plan({ ...dataStore, ...change }, [found()]);
    expect(there).toMatchObject({ kind: 'updateStorage', id: 'id-1', differences: differences.split(',') });
    if (there?.kind !== 'updateStorage') return;
    expect(plan({ ...dataStore, ...change }, [found({ profile: there.profile })])).toEqual([]);
    if (change.region !== undefined) return;
    const [back] = plan(dataStore, [found({ profile: there.profile })]);
    if (back?.kind !== 'updateStorage') throw new Error('no update');
    expect(back.profile).toEqual(answered(profile, '0.12.2'));
  });

  test('what others set in the profile stays', () => {
    const tuned = { ...profile, 'aws-kms-key-arn': 'arn:kms', 'storage-layout': { type: 'full' } };
    expect(plan({ ...dataStore, remoteSigningEnabled: true }, [found({ profile: tuned })])).toMatchObject([
      { profile: { ...tuned, 'remote-signing-enabled': true } },
    ]);
  });

  test('another type of credential is corrected; none too, where the server would say one', () => {
    const of = (credentialType: string | undefined, version: string) =>
      plan(dataStore, [found({ credentialType })], { version });
    const replaced = (difference: string) => [
      { kind: 'replaceCredential', id: 'id-1', name: 'org-acme', differences: [difference] },
    ];
    expect(of('access-key', '0.12.2')).toEqual(
      replaced('credential-type: access-key -> aws-system-identity'),
    );
    expect(of(undefined, '0.12.2')).toEqual(replaced('credential-type: none -> aws-system-identity'));
    expect(of(undefined, '0.11.6')).toEqual([]);
  });

  test.each([
    ['differs', 'credential: changed at its source'],
    ['unknown', 'credential: not known to be the current one'],
  ] as const)('a credential that %s is sent again, alone', (credential, difference) => {
    expect(plan(dataStore, [found()], { credential })).toEqual([
      { kind: 'replaceCredential', id: 'id-1', name: 'org-acme', differences: [difference] },
    ]);
    expect(plan(dataStore, [], { credential })).toMatchObject([{ kind: 'createWarehouse' }]);
  });

  test('a profile and a credential that changed are sent together, once', () => {
    const changed = { ...dataStore, remoteSigningEnabled: true };
    expect(plan(changed, [found()], { credential: 'differs' })).toMatchObject([
      {
        kind: 'updateStorage',
        differences: ['remote-signing-enabled: false -> true', 'credential: changed at its source'],
      },
    ]);
  });

  test.each<[object, string, RegExp]>([
    [{ bucket: 'other' }, '0.13.3', /bucket: acme-data -> other/],
    [{ keyPrefix: 'else/where' }, '0.13.3', /key-prefix: lakekeeper -> else\/where/],
    [{ keyPrefix: '' }, '0.13.3', /key-prefix: lakekeeper -> none/],
    [{ region: 'eu-west-1' }, '0.13.3', /region: eu-central-1 -> eu-west-1/],
    [
      { region: 'eu-west-1', endpoint: 'https://s3.example.com' },
      '0.11.6',
      /region: eu-central-1 -> eu-west-1/,
    ],
    [
      { bucket: 'other', keyPrefix: 'x' },
      '0.12.2',
      /bucket: acme-data -> other; key-prefix: lakekeeper -> x/,
    ],
  ])('moving with %j on %s is refused, with old and new value', (change, version, says) => {
    const move = () => plan({ ...dataStore, ...change }, [found({ isActive: false })], { version });
    expect(move).toThrow(PermanentError);
    expect(move).toThrow(says);
  });

  test('another kind of storage is refused, and of its fields nothing is said', () => {
    expect(() => plan(dataStore, [found({ profile: { ...profile, type: 'gcs' } })])).toThrow(
      /\(type: gcs -> s3\)/,
    );
    expect(() => plan(gcs, [found()])).toThrow(/\(type: s3 -> gcs\)/);
    expect(() => plan(gcs, [found({ profile: { type: 'onelake' } })])).toThrow(/\(type: onelake -> gcs\)/);
  });

  test.each(['', 'a/b', 'ä'.repeat(65)])('the name %j is refused before anything is asked', (name) => {
    expect(() => plan(dataStore, [], { name })).toThrow(PermanentError);
  });
});

const adls: AdlsDataStore = { ...sharedKey, credential: { type: 'systemIdentity' } };

describe('Google Cloud Storage', () => {
  const at = (changes: object = {}) =>
    found({
      profile: {
        type: 'gcs',
        bucket: 'acme-data',
        'key-prefix': 'lakekeeper',
        'sts-enabled': false,
        ...changes,
      },
      credentialType: 'gcp-system-identity',
    });

  test('the profile says that nothing is vended: left out, the server would', () => {
    expect(storageProfile(gcs)).toEqual(at().profile);
  });

  test('drift is corrected, and what others set stays', () => {
    expect(plan(gcs, [at()])).toEqual([]);
    expect(plan({ ...gcs, stsEnabled: true }, [at({ 'sts-enabled': undefined })])).toEqual([]);
    expect(plan(gcs, [at({ 'sts-enabled': true, 'storage-layout': { type: 'full' } })])).toMatchObject([
      {
        kind: 'updateStorage',
        differences: ['sts-enabled: true -> false'],
        profile: { ...at().profile, 'storage-layout': { type: 'full' } },
      },
    ]);
  });

  test.each([
    [{ bucket: 'other' }, 'bucket: other -> acme-data'],
    [{ 'key-prefix': null }, 'key-prefix: none -> lakekeeper'],
  ])('a warehouse that lies elsewhere, %j, is refused', (changes, says) => {
    expect(() => plan(gcs, [at(changes)])).toThrow(PermanentError);
    expect(() => plan(gcs, [at(changes)])).toThrow(says);
  });

  test('places overlap in one bucket alone', () => {
    const others = [at(), at({ bucket: 'other' }), found()];
    expect(overlapping(storageProfile({ ...gcs, keyPrefix: 'lakekeeper/acme' }), others)).toEqual([
      others[0],
    ]);
  });
});

describe('Azure Data Lake Storage', () => {
  const own = {
    type: 'adls',
    'account-name': 'acmedata',
    filesystem: 'lake',
    'key-prefix': 'lakekeeper',
    'sas-enabled': false,
  };
  const at = (changes: object = {}) =>
    found({ profile: { ...own, ...changes }, credentialType: 'azure-system-identity' });
  const china: AdlsDataStore = {
    ...adls,
    host: 'dfs.core.chinacloudapi.cn',
    authorityHost: 'https://login.chinacloudapi.cn',
  };

  test('the profile', () => {
    expect(storageProfile(adls)).toEqual(own);
    expect(storageProfile({ ...china, sasEnabled: true, sasTokenValiditySeconds: 600 })).toEqual({
      ...own,
      host: 'dfs.core.chinacloudapi.cn',
      'authority-host': 'https://login.chinacloudapi.cn',
      'sas-enabled': true,
      'sas-token-validity-seconds': 600,
    });
  });

  test('the same in the form of the server: nothing', () => {
    const answered = { host: null, 'authority-host': null, 'sas-token-validity-seconds': null };
    expect(plan(adls, [at(answered)])).toEqual([]);
    const stated = { host: 'dfs.core.windows.net', 'authority-host': 'https://login.microsoftonline.com/' };
    expect(plan(adls, [at({ ...stated, 'sas-token-validity-seconds': 3600 })])).toEqual([]);
    const slash = { host: 'dfs.core.chinacloudapi.cn', 'authority-host': 'https://login.chinacloudapi.cn/' };
    expect(plan(china, [at(slash)])).toEqual([]);
  });

  test('an update sends what cannot change as it was found, since the server compares spelling', () => {
    const stated = { host: 'dfs.core.windows.net', 'authority-host': null, 'sas-enabled': true };
    expect(plan(adls, [at(stated)])).toMatchObject([
      { differences: ['sas-enabled: true -> false'], profile: { ...own, ...stated, 'sas-enabled': false } },
    ]);
  });

  test.each([{ host: null }, {}])('also when it was found unsaid, as %j, and is said now', (unsaid) => {
    const said = { ...adls, host: 'dfs.core.windows.net', sasEnabled: true };
    const [update] = plan(said, [at(unsaid)]);
    expect(update).toMatchObject({ kind: 'updateStorage', differences: ['sas-enabled: false -> true'] });
    if (update?.kind === 'updateStorage')
      expect(update.profile).toEqual(answered({ ...own, ...unsaid, 'sas-enabled': true }, '0.12.2'));
  });

  test('a validity that is not ours goes back to the default', () => {
    const [update] = plan(adls, [at({ 'sas-token-validity-seconds': 600 })]);
    expect(update).toMatchObject({ differences: ['sas-token-validity-seconds: 600 -> 3600'] });
    expect(update).not.toHaveProperty(['profile', 'sas-token-validity-seconds']);
  });

  test.each([
    [{ 'account-name': 'other' }, 'account-name: other -> acmedata'],
    [{ filesystem: 'other' }, 'filesystem: other -> lake'],
    [{ host: 'dfs.core.chinacloudapi.cn' }, 'host: dfs.core.chinacloudapi.cn -> dfs.core.windows.net'],
    [{ 'authority-host': 'https://login.example.com/' }, 'authority-host: https://login.example.com/ -> '],
  ])('a warehouse that lies elsewhere, %j, is refused', (changes, says) => {
    expect(() => plan(adls, [at(changes)])).toThrow(PermanentError);
    expect(() => plan(adls, [at(changes)])).toThrow(says);
  });

  test('places overlap in one container of one account', () => {
    const others = [at(), at({ 'account-name': 'other' }), at({ filesystem: 'other' })];
    expect(overlapping(own, others)).toEqual([others[0]]);
  });
});

test('places overlap by segment, in the same bucket, region and endpoint', () => {
  const at = (keyPrefix: string, store: S3DataStore = dataStore) => storageProfile({ ...store, keyPrefix });
  const isOverlap = (a: string, b: string) => overlapping(at(a), [found({ profile: at(b) })]).length === 1;
  expect(isOverlap('a/b', 'a')).toBe(true);
  expect(isOverlap('a', 'a/b')).toBe(true);
  expect(isOverlap('', 'a')).toBe(true);
  expect(isOverlap('a', 'ab')).toBe(false);
  expect(isOverlap('a/b', 'a/c')).toBe(false);
  expect(overlapping(at('a'), [found({ profile: at('a', s3Compatible) })])).toEqual([]);
  expect(overlapping(at('a'), [found({ profile: at('a', { ...dataStore, bucket: 'other' }) })])).toEqual([]);
});

test('a plan that was carried out leaves nothing to plan', () => {
  const store = fc.record({
    flavor: fc.constantFrom('aws' as const, 's3-compat' as const),
    endpoint: fc.constantFrom(undefined, 'http://minio:9000', 'https://s3.example.com/'),
    pathStyleAccess: fc.constantFrom(undefined, true, false),
    stsEnabled: fc.boolean(),
    stsRoleArn: fc.constantFrom(undefined, 'arn:a', 'arn:b'),
    assumeRoleArn: fc.constantFrom(undefined, 'arn:c'),
    remoteSigningEnabled: fc.boolean(),
  });
  fc.assert(
    fc.property(store, store, fc.boolean(), (one, other, isActive) => {
      const before = found({ profile: storageProfile({ ...dataStore, ...one }), isActive });
      const update = plan({ ...dataStore, ...other }, [before]).find(({ kind }) => kind === 'updateStorage');
      const profile = update?.kind === 'updateStorage' ? update.profile : before.profile;
      const after = { ...before, isActive: true, profile };
      expect(plan({ ...dataStore, ...other }, [after])).toEqual([]);
    }),
  );
});

describe('what becomes of each field that differs is said once', () => {
  test('and the reference says the same', async () => {
    const text = await readFile('docs/reference.md', 'utf8');
    const warehouseByName = (fields: Readonly<Record<string, Handling>>, handling: Handling) =>
      Object.keys(fields)
        .filter((field) => fields[field] === handling)
        .map((field) => `\`${field}\``)
        .join(', ');
    const rows = Object.entries({ warehouse: warehouseFields, ...profileFields });
    for (const [name, fields] of rows) {
      const cells = (['corrected', 'corrected where stated', 'refused', 'left alone'] as const).map((one) =>
        warehouseByName(fields, one),
      );
      const title = name === 'warehouse' ? name : `\`${name}\``;
      expect(text).toContain(`| ${[title, ...cells].join(' | ')} |`.replaceAll('|  |', '| |'));
    }
  });

  test('of every field that the recorded server answers', () => {
    const answers = recordedExchanges().map(
      ({ response }) => Object(response.body) as Record<string, unknown>,
    );
    const warehouses = answers.filter((body) => 'storage-profile' in body);
    expect(warehouses.length).toBeGreaterThan(10);
    const fields = (name?: string) =>
      new Set(warehouses.flatMap((body) => Object.keys(name ? Object(body[name]) : body)));
    for (const field of fields('storage-profile')) expect(profileFields.s3, field).toHaveProperty([field]);
    const identity = ['id', 'warehouse-id', 'name', 'project-id', 'updated-at', 'storage-profile'];
    for (const field of fields())
      if (!identity.includes(field)) expect(warehouseFields, field).toHaveProperty([field]);
  });

  test.each(fieldsWith('corrected where stated', 's3'))(
    '%s is left alone without a setting, and an update sends it back as it was',
    (field) => {
      const theirs = { ...profile, [field]: 'theirs' };
      expect(plan(dataStore, [found({ profile: theirs })])).toEqual([]);
      const [update] = plan({ ...dataStore, remoteSigningEnabled: true }, [found({ profile: theirs })]);
      expect(update).toMatchObject({ kind: 'updateStorage', profile: { [field]: 'theirs' } });
    },
  );

  test('what is stated is set at the create, and corrected; stated alike, there is nothing to do', () => {
    const stated: S3DataStore = {
      ...dataStore,
      stsEnabled: true,
      stsRoleArn: 'arn:aws:iam::123456789012:role/vended',
      stsEndpoint: 'https://sts.eu-central-1.amazonaws.com',
      stsTokenValiditySeconds: 1800,
      stsSessionTags: { org: 'acme', team: 'data' },
      remoteSigningEnabled: true,
      remoteSigningUrlStyle: 'path',
      awsKmsKeyArn: 'arn:aws:kms:eu-central-1:123456789012:key/0',
      allowAlternativeProtocols: false,
      pushS3DeleteDisabled: false,
      legacyMd5Behavior: true,
      storageLayout: { type: 'tabular-only', tabular: '{name}-{uuid}' },
      deleteProfile: { type: 'soft', expirationSeconds: 3600 },
    };
    const deleteProfile = { type: 'soft', 'expiration-seconds': 3600 };
    const wanted = storageProfile(stated);
    for (const field of fieldsWith('corrected where stated', 's3')) expect(wanted).toHaveProperty([field]);
    expect(plan(stated, [])).toEqual([
      { kind: 'createWarehouse', name: 'org-acme', profile: wanted, deleteProfile },
    ]);
    // As the server answers: tags and layout in an order of its own, an endpoint with a slash.
    const answer = {
      ...wanted,
      'sts-endpoint': 'https://sts.eu-central-1.amazonaws.com/',
      'sts-session-tags': { team: 'data', org: 'acme' },
    };
    expect(plan(stated, [found({ profile: answer, deleteProfile })])).toEqual([]);
    for (const field of fieldsWith('corrected where stated', 's3')) {
      const differs = { ...answer, [field]: field === 'sts-session-tags' ? { org: 'acme' } : 'theirs' };
      const [update] = plan(stated, [found({ profile: differs, deleteProfile })]);
      expect(update).toMatchObject({
        kind: 'updateStorage',
        profile: { [field]: wanted[field] },
        differences: [expect.stringContaining(field)],
      });
    }
    expect(plan(stated, [found({ profile: answer })])).toEqual([
      {
        kind: 'setDeleteProfile',
        id: 'id-1',
        name: 'org-acme',
        deleteProfile,
        differences: ['delete-profile: hard -> soft 3600'],
      },
    ]);
  });

  test('what a server before 0.12 does not know is no difference to it', () => {
    const stated: S3DataStore = {
      ...s3Compatible,
      stsEnabled: true,
      stsEndpoint: 'http://minio:9000',
      storageLayout: { type: 'default' },
    };
    const { 'sts-endpoint': _, 'storage-layout': __, ...known } = storageProfile(stated);
    expect(plan(stated, [found({ profile: known })], { version: '0.11.6' })).toEqual([]);
    expect(plan(stated, [found({ profile: known })], { version: '0.12.2' })).toHaveLength(1);
  });

  test.each(fieldsWith('corrected', 's3'))('%s is corrected', (field) => {
    const [update] = plan(dataStore, [found({ profile: { ...profile, [field]: 'http://theirs' } })]);
    expect(update).toMatchObject({ kind: 'updateStorage', differences: [expect.stringContaining(field)] });
  });

  test.each(fieldsWith('refused', 's3'))('%s is refused', (field) => {
    expect(() => plan(dataStore, [found({ profile: { ...profile, [field]: 'theirs' } })])).toThrow(
      PermanentError,
    );
  });
});
