import { describe, expect, test } from 'vitest';
import { registrationInputs } from '../../src/catalog/registration-inputs.ts';
import { meaningOf } from '../../src/clients/lakekeeper/lakekeeper-refusals.ts';
import { resolveStorageCredential } from '../../src/registration/catalog/warehouse/storage-credential.ts';
import { storageProfile } from '../../src/registration/catalog/warehouse/storage-profile.ts';
import {
  fieldsWith,
  type Handling,
  profileFields,
} from '../../src/registration/catalog/warehouse/warehouse-fields.ts';
import type { CredentialSources } from '../../src/registration/resolve-credential.ts';
import { Redactions } from '../../src/text/redactions.ts';
import { baseSettings, catalog, otherStores, platform, type Settings } from '../support/fleet.ts';
import type { Cloud } from '../support/lakekeeper-storage.ts';
import type { Contract } from './lakekeeper.ts';
import { when } from './when.ts';

/**
 * What Lakekeeper does with storage profiles and credentials: the part of the contract that `lakekeeper.ts` leaves to
 * this file.
 */

const gcsCredential = { type: 'gcs', 'credential-type': 'gcp-system-identity' };
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

  test('what becomes of dropped tables is said by a create, and set by itself', async () => {
    const deleteProfile = { type: 'soft', 'expiration-seconds': 86_400 };
    const { id } = await create(`${run}-soft`, { deleteProfile });
    expect(await found(id)).toMatchObject({ 'delete-profile': deleteProfile });
    const set = (profile: object) =>
      call('POST', `/management/v1/warehouse/${id}/delete-profile`, { 'delete-profile': profile });
    expect(await set({ type: 'hard' })).toMatchObject({ status: 200 });
    expect(await found(id)).toMatchObject({ 'delete-profile': { type: 'hard' } });
    const other = await create(`${run}-not-said`);
    expect(await found(other.id)).toMatchObject({ 'delete-profile': { type: 'hard' } });
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
      type: 'InvalidLocation',
    });
  });

  when(!acceptsAnyStorage)('storage that cannot be used is refused with a type that passes', async () => {
    const { status, type } = await create(`${run}-no-bucket`, { profile: { bucket: `${run}-is-not-there` } });
    expect([type, meaningOf(status, type).outcome]).toEqual([expect.stringMatching(/./), 'try again']);
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

  when(
    contract.checksIdentities &&
      contract.systemIdentities !== undefined &&
      !contract.systemIdentities.includes('aws'),
  )('a system identity is refused while the switch is off (incident 22)', async () => {
    const credential = { type: 's3', 'credential-type': 'aws-system-identity' };
    expect(await create(`${run}-identity`, { credential })).toMatchObject({
      status: 400,
      type: 'Misconfiguration',
    });
  });
}

/** A kind of data store, with what a warehouse in it is made of. */
interface Kind {
  readonly profile: Readonly<Record<string, unknown>>;
  readonly credential: object;
  /** The cloud whose identity the credential is; undefined when it is a key. */
  readonly cloud?: Cloud;
}

const kinds: Readonly<Record<keyof typeof profileFields, Kind>> = {
  s3: {
    profile: {
      type: 's3',
      bucket: 'contract-bucket',
      region: 'local-01',
      'sts-enabled': false,
      flavor: 's3-compat',
      endpoint: 'http://127.0.0.1:9',
    },
    credential: {
      type: 's3',
      'credential-type': 'access-key',
      'aws-access-key-id': 'contract-id',
      'aws-secret-access-key': 'contract-secret',
    },
  },
  gcs: { profile: { type: 'gcs', bucket: 'contract-bucket' }, credential: gcsCredential, cloud: 'gcp' },
  adls: {
    profile: { type: 'adls', 'account-name': 'contractaccount', filesystem: 'contract' },
    credential: azCredential,
  },
};

/** Another value of a field than the kinds above have. */
const others: Readonly<Record<string, unknown>> = {
  bucket: 'other-bucket',
  filesystem: 'other',
  'key-prefix': 'contract-moved',
  host: 'dfs.core.chinacloudapi.cn',
  'authority-host': 'https://login.chinacloudapi.cn/',
  endpoint: 'http://127.0.0.1:10/',
  flavor: 'aws',
  'path-style-access': true,
  'sts-enabled': true,
  'sts-role-arn': 'arn:aws:iam::1:role/sts',
  'assume-role-arn': 'arn:aws:iam::1:role/assumed',
  'remote-signing-enabled': false,
  'sas-enabled': false,
  'sas-token-validity-seconds': 600,
  'sts-endpoint': 'http://127.0.0.1:11/',
  'sts-token-validity-seconds': 1800,
  'sts-session-tags': { org: 'acme', 'cost center': 'a/b' },
  'allow-alternative-protocols': true,
  'remote-signing-url-style': 'virtual_host',
  'push-s3-delete-disabled': false,
  'aws-kms-key-arn': 'arn:aws:kms:eu-central-1:123456789012:key/contract',
  'legacy-md5-behavior': true,
  'storage-layout': { type: 'full-hierarchy', namespace: '{name}', tabular: '{name}-{uuid}' },
};
/** Unknown to the server before 0.12. */
const since012 = ['sts-endpoint', 'storage-layout'];
/**
 * The type has no other value of the same profile; the server would change the account; a region may change with an
 * endpoint.
 */
const notRefusedByItself = ['type', 'account-name', 'region'];

/**
 * For a server that takes storage nobody can reach: what the product's table says of each field
 * (`warehouse-fields.ts`) is what the server does with it.
 */
export function otherStoreStatements(contract: Contract): void {
  const { run, create, call, listed, systemIdentities, is011 } = contract;
  describe.each(Object.entries(kinds))('%s', (type, kind) => {
    const isAccepted =
      !contract.checksIdentities ||
      kind.cloud === undefined ||
      (systemIdentities?.includes(kind.cloud) ?? false);
    const within = (prefix: string) => ({
      ...unset,
      ...kind.profile,
      'key-prefix': `${run}/${type}/${prefix}`,
    });
    const make = (warehouse: string, profile: object, credential: object = kind.credential) =>
      create(`${run}-${type}-${warehouse}`, { profile, credential });
    const update = (id: string, prefix: string, changes: object) =>
      call('POST', `/management/v1/warehouse/${id}/storage`, {
        'storage-profile': { ...within(prefix), ...changes },
        'storage-credential': kind.credential,
      });

    when(!isAccepted && systemIdentities !== undefined)(
      'an identity of the pods needs its switch',
      async () => {
        expect(await make('identity', within('identity'))).toMatchObject({
          status: 400,
          type: 'Misconfiguration',
        });
      },
    );

    when(isAccepted)('is created, and listed with every field that the table knows of it', async () => {
      const { status, text, id } = await make('plain', {
        ...within('plain'),
        'key-prefix': `/${run}/${type}/plain/`,
      });
      expect({ status, text }).toMatchObject({ status: 201 });
      const found = (await listed()).find((warehouse) => warehouse['warehouse-id'] === id);
      expect(found?.['storage-profile']).toMatchObject({ type, 'key-prefix': `${run}/${type}/plain` });
      const known = Object.keys(profileFields[type as keyof typeof profileFields]);
      for (const field of Object.keys(Object(found?.['storage-profile']))) expect(known).toContain(field);
      expect(JSON.stringify(found)).not.toMatch(/contract-shared/);
    });

    when(isAccepted)('a place within another is refused, one that only begins alike is not', async () => {
      await make('outer', within('outer'));
      expect(await make('inner', within('outer/in'))).toMatchObject({
        status: 400,
        type: 'CreateWarehouseStorageProfileOverlap',
      });
      expect((await make('neighbour', within('outer-2'))).status).toBe(201);
    });

    const fields = (handling: Handling) =>
      isAccepted
        ? fieldsWith(handling, type as keyof typeof profileFields).filter(
            (one) => !notRefusedByItself.includes(one),
          )
        : [];
    for (const field of fields('refused'))
      test(`${field}: an update is refused`, async () => {
        const { id } = await make(`fixed-${field}`, within(`fixed-${field}`));
        expect(await update(id, `fixed-${field}`, { [field]: others[field] })).toMatchObject({
          status: 400,
          type: 'UpdateError',
        });
      });

    const set = [...fields('corrected'), ...fields('corrected where stated')];
    for (const field of set.filter((one) => !is011 || !since012.includes(one)))
      test(`${field}: an update sets it`, async () => {
        const { id } = await make(`set-${field}`, within(`set-${field}`));
        const { status, text, content } = await update(id, `set-${field}`, { [field]: others[field] });
        expect({ status, text }).toMatchObject({ status: 200 });
        expect(Object(content['storage-profile'])[field]).toEqual(others[field]);
      });
  });
}

const sentStores: Readonly<Record<string, Settings['dataStores']>> = {
  'an access key': baseSettings.dataStores,
  'a key of Cloudflare R2': otherStores.r2,
  'a service account key of Google Cloud': otherStores.gcs,
  'a shared key of Azure': otherStores['adls by key'],
  'client credentials of Azure': otherStores.adls,
};

/** For a server that takes storage nobody can reach: credentials and profiles as registration sends them. */
export function sentCredentialStatements({ run, create, freePrefix }: Contract): void {
  test.each(Object.entries(sentStores))(
    '%s: what registration sends is accepted, and refused without any of its fields',
    async (_, dataStores) => {
      const settings = platform({ dataStores });
      const { lakekeeperWarehouse } = registrationInputs(catalog('acme', settings), settings);
      const { dataStore } = lakekeeperWarehouse;
      const credential = await resolveStorageCredential(dataStore, sources);
      const make = (name: string, given: object) => {
        const profile = { ...unset, ...storageProfile(dataStore), 'key-prefix': freePrefix() };
        return create(`${run}-sent-${name}-${Object.values(credential)[1]}`, { profile, credential: given });
      };
      const { status, text } = await make('whole', credential);
      expect({ status, text }).toMatchObject({ status: 201 });
      for (const field of Object.keys(credential)) {
        const { [field]: __, ...others } = credential;
        expect([400, 422], field).toContain((await make(field, others)).status);
      }
    },
  );
}

/** Secrets of everything that is asked for. */
const sources: CredentialSources = {
  environment: {},
  redactions: new Redactions(),
  kubernetes: {
    server: 'none',
    call: async <T>() => ({ data: new Proxy({}, { get: (_, key) => encoded(secretOf(String(key))) }) }) as T,
    watch: () => expect.unreachable(),
    backOff: () => expect.unreachable(),
  },
};
const encoded = (text: string) => Buffer.from(text).toString('base64');
const serviceAccountKey = {
  type: 'service_account',
  project_id: 'contract',
  private_key_id: 'contract',
  private_key: '-----BEGIN PRIVATE KEY-----\ncontract\n-----END PRIVATE KEY-----\n',
  client_email: 'contract@contract.iam.gserviceaccount.com',
  client_id: '1',
  auth_uri: 'https://accounts.google.com/o/oauth2/auth',
  token_uri: 'https://oauth2.googleapis.com/token',
  auth_provider_x509_cert_url: 'https://www.googleapis.com/oauth2/v1/certs',
  client_x509_cert_url: 'https://www.googleapis.com/robot/v1/metadata/x509/contract',
};
const secretOf = (key: string) => (key === 'key.json' ? JSON.stringify(serviceAccountKey) : 'contract');

/** Of the subject's own storage, which `create` fills in: not there for another kind. */
const unset = {
  flavor: undefined,
  region: undefined,
  endpoint: undefined,
  bucket: undefined,
  'path-style-access': undefined,
  'sts-enabled': undefined,
  'remote-signing-enabled': undefined,
};
