import { describe, expect, test } from 'vitest';
import type { Contract } from './lakekeeper.ts';
import { when } from './when.ts';

/** What Lakekeeper does with storage profiles and credentials: the part of the contract that `lakekeeper.ts` leaves to this file. */

const serviceAccountKey = {
  type: 'service_account',
  project_id: 'contract',
  private_key_id: 'id',
  private_key: 'contract-private-key',
  client_email: 'contract@example.com',
  client_id: '1',
  auth_uri: 'https://example.com/auth',
  token_uri: 'https://example.com/token',
  auth_provider_x509_cert_url: 'https://example.com/certs',
  client_x509_cert_url: 'https://example.com/cert',
  universe_domain: 'googleapis.com',
};
const gcsCredential = { type: 'gcs', 'credential-type': 'service-account-key', key: serviceAccountKey };
const azCredential = { type: 'az', 'credential-type': 'shared-access-key', key: 'contract-shared-key' };

/** Profiles, on the storage that the subject has. */
export function storageStatements(contract: Contract): void {
  const { run, create, call, listed, freePrefix, subject, is011, version, acceptsAnyStorage } = contract;
  const found = async (id: string) =>
    (await listed()).find((warehouse) => warehouse['warehouse-id'] === id) ?? {};
  const update = (id: string, prefix: string, profile: object = {}) =>
    call('POST', `/management/v1/warehouse/${id}/storage`, {
      'storage-profile': { ...subject().storage.profile, 'key-prefix': prefix, ...profile },
      'storage-credential': subject().storage.credential,
    });

  test('storage: what may change is changed, where it lies is not', async () => {
    const prefix = freePrefix();
    const { id } = await create(`${run}-storage`, { prefix });
    expect(await update(id, prefix, { 'remote-signing-enabled': true })).toMatchObject({ status: 200 });
    expect(await found(id)).toMatchObject({ 'storage-profile': { 'remote-signing-enabled': true } });
    expect(await update(id, `${prefix}-moved`)).toMatchObject({ status: 400, type: 'UpdateError' });
  });

  test('an update replaces the whole profile: what is left out has its default again', async () => {
    const prefix = freePrefix();
    const { id } = await create(`${run}-whole`, { prefix, profile: { 'sts-token-validity-seconds': 7200 } });
    expect(await found(id)).toMatchObject({ 'storage-profile': { 'sts-token-validity-seconds': 7200 } });
    expect(await update(id, prefix)).toMatchObject({ status: 200 });
    expect(await found(id)).toMatchObject({ 'storage-profile': { 'sts-token-validity-seconds': 3600 } });
  });

  test('the storage of a warehouse that is not there, or is inactive, is answered with 404', async () => {
    const type =
      version === undefined ? expect.any(String) : is011 ? 'WarehouseNotFound' : 'NoSuchWarehouseException';
    const nowhere = '11111111-2222-4333-8444-555555555555';
    expect(await update(nowhere, freePrefix())).toMatchObject({ status: 404, type });
    const prefix = freePrefix();
    const { id } = await create(`${run}-asleep`, { prefix });
    await call('POST', `/management/v1/warehouse/${id}/deactivate`);
    expect((await update(id, prefix)).status).toBe(404);
  });

  test('STS on AWS without a role is refused (incident 21)', async () => {
    expect(
      await create(`${run}-sts`, { profile: { flavor: 'aws', 'sts-enabled': true, endpoint: undefined } }),
    ).toMatchObject({ status: 400, type: 'Invalidsts-role-arn' });
  });

  test('a profile that does not say whether STS is on is refused, in plain text', async () => {
    const answer = await create(`${run}-no-sts`, { profile: { 'sts-enabled': undefined } });
    expect([400, 422]).toContain(answer.status);
    expect(answer.type).toBe('');
  });

  test('what cannot be the name of a bucket is refused', async () => {
    expect(await create(`${run}-bucket`, { profile: { bucket: 'No_Bucket' } })).toMatchObject({
      status: 400,
      type: 'Invalidbucket',
    });
  });

  when(!acceptsAnyStorage)('storage that cannot be used is refused with a type that may pass', async () => {
    const answer = await create(`${run}-no-bucket`, { profile: { bucket: `${run}-is-not-there` } });
    expect([
      'PermissionDenied',
      'NotFound',
      'RequestTimeout',
      'ServiceUnavailable',
      'RateLimited',
      'ConditionNotMatch',
      'CredentialsExpired',
      'Unexpected',
      'ShortTermCredentialError',
      'InitializeClientError',
    ]).toContain(answer.type);
  });
}

/** Credentials, on the storage that the subject has. */
export function credentialStatements(contract: Contract): void {
  const { run, create, call, listed, subject, is011, version, acceptsAnyStorage } = contract;
  /** Undefined before 0.12, which does not say. */
  const typeOf = async (id: string) => {
    const warehouse = (await listed()).find((candidate) => candidate['warehouse-id'] === id);
    const { 'credential-type': type } = Object(warehouse?.['storage-credential-type']);
    return type as string | undefined;
  };
  const replace = (id: string, credential: object | undefined) =>
    call('POST', `/management/v1/warehouse/${id}/storage-credential`, {
      'new-storage-credential': credential,
    });
  const given = () => Object(subject().storage.credential)['credential-type'] as string;

  test('a credential is replaced alone, and the profile stays', async () => {
    const { id } = await create(`${run}-replace`);
    const profile = async () =>
      (await listed()).find((warehouse) => warehouse['warehouse-id'] === id)?.['storage-profile'];
    const before = await profile();
    expect(await replace(id, subject().storage.credential)).toMatchObject({ status: 200 });
    expect(await profile()).toEqual(before);
    if (version !== undefined) expect(await typeOf(id)).toBe(is011 ? undefined : given());
  });

  when(acceptsAnyStorage)('one that is left out is taken away, here and in an update', async () => {
    const prefix = `${run}/taken-away`;
    const { id } = await create(`${run}-taken-away`, { prefix });
    expect(await replace(id, undefined)).toMatchObject({ status: 200 });
    expect(await typeOf(id)).toBeUndefined();
    await replace(id, subject().storage.credential);
    const profile = { ...subject().storage.profile, 'key-prefix': prefix };
    await call('POST', `/management/v1/warehouse/${id}/storage`, { 'storage-profile': profile });
    expect(await typeOf(id)).toBeUndefined();
  });

  test('one of another kind of store is refused', async () => {
    expect(await create(`${run}-other-kind`, { credential: gcsCredential })).toMatchObject({
      status: 400,
      type: 'UnexpectedStorageProfileType',
    });
  });

  when(acceptsAnyStorage)('access keys are understood in the spelling of 0.11 by every version', async () => {
    const spelled = (prefix: string) => ({
      type: 's3',
      'credential-type': 'access-key',
      [`${prefix}access-key-id`]: 'id',
      [`${prefix}secret-access-key`]: 'secret',
    });
    expect((await create(`${run}-aws-keys`, { credential: spelled('aws-') })).status).toBe(201);
    if (version !== undefined)
      expect((await create(`${run}-keys`, { credential: spelled('') })).status).toBe(is011 ? 422 : 201);
  });

  when(acceptsAnyStorage)('Cloudflare R2 always vends credentials, and has no roles', async () => {
    const credential = {
      type: 's3',
      'credential-type': 'cloudflare-r2',
      'access-key-id': 'id',
      'secret-access-key': 'secret',
      token: 'token',
      'account-id': 'account',
    };
    const profile = {
      flavor: 's3-compat',
      endpoint: 'https://account.r2.example.com',
      'sts-enabled': false,
      'assume-role-arn': 'arn:aws:iam::1:role/x',
    };
    const { status, content } = await create(`${run}-r2`, { profile, credential });
    expect(status).toBe(201);
    expect(content['storage-profile']).toMatchObject({ 'sts-enabled': true, flavor: 's3-compat' });
    expect(Object(content['storage-profile'])['assume-role-arn'] ?? undefined).toBeUndefined();
  });

  when(contract.systemIdentities !== undefined && !contract.systemIdentities.includes('aws'))(
    'a system identity is refused while the switch is off (incident 22)',
    async () => {
      const credential = { type: 's3', 'credential-type': 'aws-system-identity' };
      expect(await create(`${run}-identity`, { credential })).toMatchObject({
        status: 400,
        type: 'Misconfiguration',
      });
    },
  );
}

interface OtherStore {
  readonly profile: Readonly<Record<string, unknown>>;
  readonly credential: object;
  /** What the server adds to a profile that does not say. */
  readonly defaults: object;
  readonly change: object;
  /** Each is refused in an update. */
  readonly moves: readonly object[];
  /** In another bucket, or what it is called there. */
  readonly elsewhere: object;
  readonly identity: { readonly cloud: 'azure' | 'gcp'; readonly credential: object };
  /** One field less than the server wants. */
  readonly malformed: object;
}

const otherStores: Readonly<Record<string, OtherStore>> = {
  gcs: {
    profile: { type: 'gcs', bucket: 'contract-bucket' },
    credential: gcsCredential,
    defaults: { 'sts-enabled': true },
    change: { 'sts-enabled': false },
    moves: [{ bucket: 'other-bucket' }],
    elsewhere: { bucket: 'other-bucket' },
    identity: { cloud: 'gcp', credential: { type: 'gcs', 'credential-type': 'gcp-system-identity' } },
    malformed: { ...gcsCredential, key: { ...serviceAccountKey, universe_domain: undefined } },
  },
  adls: {
    profile: { type: 'adls', 'account-name': 'contractaccount', filesystem: 'contract' },
    credential: azCredential,
    defaults: { 'sas-enabled': true },
    change: { 'sas-enabled': false, 'sas-token-validity-seconds': 600 },
    moves: [
      { filesystem: 'other' },
      { host: 'dfs.core.chinacloudapi.cn' },
      // The same in meaning is not the same in spelling.
      { host: 'dfs.core.windows.net' },
      { 'authority-host': 'https://login.chinacloudapi.cn' },
    ],
    elsewhere: { 'account-name': 'otheraccount' },
    identity: { cloud: 'azure', credential: { type: 'az', 'credential-type': 'azure-system-identity' } },
    malformed: { type: 'az', 'credential-type': 'client-credentials', 'client-id': 'x', 'tenant-id': 'y' },
  },
};

/** Stores that are not S3, for a server that takes storage nobody can reach. */
export function otherStoreStatements(contract: Contract): void {
  const { run, create, call, listed, is011, version, systemIdentities } = contract;
  describe.each(Object.entries(otherStores))('%s', (type, store) => {
    const within = (prefix: string) => ({ ...fields, ...store.profile, 'key-prefix': `${run}/${prefix}` });
    const make = (warehouse: string, profile: object, credential: object = store.credential) =>
      create(`${run}-${type}-${warehouse}`, { profile, credential });

    test('is created, and listed in the normal form with its defaults', async () => {
      const profile = { ...within('plain'), 'key-prefix': `/${run}/plain/` };
      const { status, text, id } = await make('plain', profile);
      expect({ status, text }).toMatchObject({ status: 201 });
      const found = (await listed()).find((warehouse) => warehouse['warehouse-id'] === id);
      expect(found?.['storage-profile']).toMatchObject({
        ...store.profile,
        'key-prefix': `${run}/plain`,
        ...store.defaults,
      });
      expect(JSON.stringify(found)).not.toMatch(/contract-(private|shared)-key/);
      const { 'credential-type': credentialType } = Object(store.credential);
      if (version !== undefined)
        expect(Object(found?.['storage-credential-type'])['credential-type']).toBe(
          is011 ? undefined : credentialType,
        );
    });

    test('a place within another is refused, one in another bucket is not', async () => {
      await make('outer', within('outer'));
      expect(await make('inner', { ...within('outer'), 'key-prefix': `${run}/outer/in` })).toMatchObject({
        status: 400,
        type: 'CreateWarehouseStorageProfileOverlap',
      });
      expect((await make('neighbour', within('outer-2'))).status).toBe(201);
      expect((await make('elsewhere', { ...within('outer'), ...store.elsewhere })).status).toBe(201);
    });

    test('what may change is changed, where it lies is not', async () => {
      const { id } = await make('change', within('change'));
      const update = (profile: object) =>
        call('POST', `/management/v1/warehouse/${id}/storage`, {
          'storage-profile': { ...store.profile, 'key-prefix': `${run}/change`, ...profile },
          'storage-credential': store.credential,
        });
      const changed = await update(store.change);
      expect(changed).toMatchObject({ status: 200, content: { 'storage-profile': store.change } });
      for (const move of [...store.moves, { 'key-prefix': `${run}/moved` }])
        expect([move, (await update(move)).type]).toEqual([move, 'UpdateError']);
    });

    test('a credential without one of its fields is refused, in plain text', async () => {
      const answer = await make('malformed', within('malformed'), store.malformed);
      expect([400, 422]).toContain(answer.status);
      expect(answer.type).toBe('');
    });

    when(systemIdentities !== undefined)('a system identity needs its switch', async () => {
      const isOn = systemIdentities?.includes(store.identity.cloud);
      const answer = await make('identity', within('identity'), store.identity.credential);
      expect([answer.status, answer.type]).toEqual(isOn ? [201, ''] : [400, 'Misconfiguration']);
    });
  });
}

/** Of S3, which `create` fills in: not there for other stores. */
const fields = {
  flavor: undefined,
  region: undefined,
  endpoint: undefined,
  bucket: undefined,
  'path-style-access': undefined,
  'sts-enabled': undefined,
  'remote-signing-enabled': undefined,
};
