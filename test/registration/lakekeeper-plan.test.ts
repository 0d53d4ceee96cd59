import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { ObservedWarehouse } from '../../src/registration/adapters/lakekeeper.ts';
import {
  type DesiredDataStore,
  overlapping,
  planLakekeeperWarehouse,
  storageProfile,
} from '../../src/registration/lakekeeper-warehouse.ts';
import { PermanentError } from '../../src/report/errors.ts';

const dataStore: DesiredDataStore = {
  flavor: 'aws',
  bucket: 'acme-data',
  region: 'eu-central-1',
  keyPrefix: 'lakekeeper',
  stsEnabled: false,
  remoteSigningEnabled: false,
  credential: { type: 'systemIdentity' },
};
const profile = storageProfile(dataStore);
const s3Compatible = { ...dataStore, flavor: 's3-compat', endpoint: 'http://minio:9000' } as const;

const found = (changes: Partial<ObservedWarehouse> = {}): ObservedWarehouse => ({
  id: 'id-1',
  name: 'org-acme',
  isActive: true,
  profile,
  credentialType: 'aws-system-identity',
  ...changes,
});
const plan = (
  store: DesiredDataStore,
  warehouses: ObservedWarehouse[],
  { version = '0.12.2', name = 'org-acme', replaceCredential = false } = {},
) =>
  planLakekeeperWarehouse(
    { name, profile: storageProfile(store), credentialType: store.credential.type, replaceCredential },
    { version, warehouses },
  );

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
    const everything: DesiredDataStore = {
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

  test.each<[Partial<DesiredDataStore>, string]>([
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
    expect(back.profile).toEqual(profile);
  });

  test('what others set in the profile stays', () => {
    const tuned = { ...profile, 'aws-kms-key-arn': 'arn:kms', 'storage-layout': { type: 'full' } };
    expect(plan({ ...dataStore, remoteSigningEnabled: true }, [found({ profile: tuned })])).toMatchObject([
      { profile: { ...tuned, 'remote-signing-enabled': true } },
    ]);
  });

  test('another type of credential is corrected; none too, where the server would say one', () => {
    const of = (credentialType: string | undefined, version: string) =>
      plan(dataStore, [found({ credentialType })], { version }).flatMap((action) =>
        action.kind === 'updateStorage' ? action.differences : [action.kind],
      );
    expect(of('access-key', '0.12.2')).toEqual(['credential-type: access-key -> aws-system-identity']);
    expect(of(undefined, '0.12.2')).toEqual(['credential-type: none -> aws-system-identity']);
    expect(of(undefined, '0.11.6')).toEqual([]);
  });

  test('a credential that changed at its source is sent again, when told', () => {
    expect(plan(dataStore, [found()], { replaceCredential: true })).toMatchObject([
      { kind: 'updateStorage', differences: ['credential: replaced'] },
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

  test('another kind of storage is refused', () => {
    expect(() => plan(dataStore, [found({ profile: { ...profile, type: 'gcs' } })])).toThrow(
      /type: gcs -> s3/,
    );
  });

  test.each(['', 'a/b', 'ä'.repeat(65)])('the name %j is refused before anything is asked', (name) => {
    expect(() => plan(dataStore, [], { name })).toThrow(PermanentError);
  });
});

test('places overlap by segment, in the same bucket, region and endpoint', () => {
  const at = (keyPrefix: string, store: DesiredDataStore = dataStore) =>
    storageProfile({ ...store, keyPrefix });
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
