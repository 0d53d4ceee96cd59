import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { decode, encode, registrationInputs } from '../../../../src/catalog/registration-inputs.ts';
import { kubernetesClient } from '../../../../src/clients/kubernetes/kubernetes-client.ts';
import { resolveStorageCredential } from '../../../../src/registration/catalog/warehouse/storage-credential.ts';
import type { CredentialSources } from '../../../../src/registration/resolve-credential.ts';
import { PermanentError } from '../../../../src/text/errors.ts';
import { Redactions } from '../../../../src/text/redactions.ts';
import {
  baseSettings,
  catalog,
  otherStores,
  platform,
  type Settings,
  systemIdentity,
} from '../../../support/fleet.ts';
import { type KubernetesStandIn, startKubernetesStandIn } from '../../../support/kubernetes-stand-in.ts';

let cluster: KubernetesStandIn;
let sources: CredentialSources;
beforeEach(async () => {
  cluster = await startKubernetesStandIn(['ducklings']);
  const options = async () => ({ headers: { authorization: 'Bearer admin-token' } });
  const kubernetes = kubernetesClient({ server: cluster.server, options });
  sources = { kubernetes, environment: {}, redactions: new Redactions() };
});
afterEach(() => cluster[Symbol.asyncDispose]());

const secret = (name: string, values: Record<string, string>) => {
  const data = Object.entries(values).map(([key, value]) => [key, Buffer.from(value).toString('base64')]);
  cluster.put('secrets', { metadata: { namespace: 'ducklings', name }, data: Object.fromEntries(data) });
};
/** The credential of a data store, as the Job resolves it from the inputs that were rendered. */
const credentialOf = (dataStores: Settings['dataStores']) => {
  const settings = platform({ operator: { amendments: true }, dataStores });
  const inputs = decode(encode(registrationInputs(catalog('acme', settings), settings)));
  return resolveStorageCredential(inputs.lakekeeperWarehouse.dataStore, sources);
};

const externalId = 'duckgres';
const assumeRoleArn = 'arn:aws:iam::123456789012:role/lakekeeper';

test.each<[string, Settings['dataStores'], object]>([
  [
    'an access key',
    baseSettings.dataStores,
    {
      type: 's3',
      'credential-type': 'access-key',
      'aws-access-key-id': 'the-key-id',
      'aws-secret-access-key': 'the-secret-key',
    },
  ],
  [
    'an access key with an external id',
    {
      s3bucket: {
        ...baseSettings.dataStores.s3bucket,
        assumeRoleArn,
        credential: { ...baseSettings.dataStores.s3bucket.credential, externalId },
      },
    },
    {
      type: 's3',
      'credential-type': 'access-key',
      'aws-access-key-id': 'the-key-id',
      'aws-secret-access-key': 'the-secret-key',
      'external-id': 'duckgres',
    },
  ],
  ['the identity of AWS', systemIdentity, { type: 's3', 'credential-type': 'aws-system-identity' }],
  [
    'the identity of AWS with an external id',
    {
      s3bucket: {
        ...systemIdentity.s3bucket,
        assumeRoleArn,
        credential: { type: 'systemIdentity', externalId },
      },
    },
    { type: 's3', 'credential-type': 'aws-system-identity', 'external-id': 'duckgres' },
  ],
  [
    'Cloudflare R2',
    otherStores.r2,
    {
      type: 's3',
      'credential-type': 'cloudflare-r2',
      'access-key-id': 'r2-id',
      'secret-access-key': 'r2-secret',
      token: 'r2-token',
      'account-id': 'r2-account',
    },
  ],
  [
    'the identity of Google Cloud',
    otherStores['gcs by identity'],
    { type: 'gcs', 'credential-type': 'gcp-system-identity' },
  ],
  [
    'the identity of Azure',
    otherStores['adls by identity'],
    { type: 'az', 'credential-type': 'azure-system-identity' },
  ],
  [
    'a shared key',
    otherStores['adls by key'],
    { type: 'az', 'credential-type': 'shared-access-key', key: 'azure-key' },
  ],
  [
    'client credentials',
    otherStores.adls,
    {
      type: 'az',
      'credential-type': 'client-credentials',
      'tenant-id': 'azure-tenant',
      'client-id': 'azure-client',
      'client-secret': 'azure-secret',
    },
  ],
])('%s, in the spelling of Lakekeeper', async (_, dataStores, expected) => {
  secret('duckling-acme-s3', { id: 'the-key-id', secret: 'the-secret-key' });
  const r2 = { id: 'r2-id', secret: 'r2-secret', token: 'r2-token', account: 'r2-account' };
  secret('duckling-acme-r2', r2);
  const client = { tenant: 'azure-tenant', client: 'azure-client', secret: 'azure-secret' };
  secret('duckling-acme-azure', { key: 'azure-key', ...client });
  expect(await credentialOf(dataStores)).toEqual(expected);
});

describe('a service account key of Google Cloud', () => {
  const key = {
    type: 'service_account',
    project_id: 'acme-lake',
    private_key_id: 'id-of-the-private-key',
    private_key: '-----BEGIN PRIVATE KEY-----\nhunter2hunter2\n-----END PRIVATE KEY-----\n',
    client_email: 'lake@acme-lake.iam.gserviceaccount.com',
    client_id: '123456789',
    auth_uri: 'https://accounts.google.com/o/oauth2/auth',
    token_uri: 'https://oauth2.googleapis.com/token',
    auth_provider_x509_cert_url: 'https://www.googleapis.com/oauth2/v1/certs',
    client_x509_cert_url: 'https://www.googleapis.com/robot/v1/metadata/x509/lake',
    universe_domain: 'googleapis.com',
  };
  const given = (file: string) => {
    secret('duckling-acme-gcs', { 'key.json': file });
    return credentialOf(otherStores.gcs);
  };

  test('is sent as an object, without what the server does not ask for', async () => {
    expect(await given(JSON.stringify({ ...key, more: 'x' }, null, 2))).toEqual({
      type: 'gcs',
      'credential-type': 'service-account-key',
      key,
    });
  });

  test('from before Google had more than one universe', async () => {
    expect(await given(JSON.stringify({ ...key, universe_domain: undefined }))).toMatchObject({ key });
  });

  test('is in no output, whole or in part', async () => {
    await given(JSON.stringify(key));
    for (const text of [
      key.private_key,
      key.private_key_id,
      JSON.stringify({ private_key: key.private_key }),
    ])
      expect(sources.redactions.apply(`x ${text} y`)).not.toMatch(/hunter2|id-of-the/);
    expect(sources.redactions.apply('403 from storage.googleapis.com')).toBe(
      '403 from storage.googleapis.com',
    );
  });

  test.each([
    ['hunter2 is no JSON', 'type, project_id'],
    ['"hunter2"', 'type, project_id'],
    ['[1]', 'type, project_id'],
    ['null', 'type, project_id'],
    [JSON.stringify({ ...key, private_key: '' }), 'there is no private_key'],
    [JSON.stringify({ ...key, client_id: 7 }), 'there is no client_id'],
  ])('%#: what is none is refused for good, by its place and not by its content', async (file, missing) => {
    const error: unknown = await given(file).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(PermanentError);
    expect(String(error)).toContain(
      'key key.json of Secret ducklings/duckling-acme-gcs is no service account key',
    );
    expect(String(error)).toContain(missing);
    expect(String(error)).not.toContain('hunter2');
  });
});

test('what is missing is named', async () => {
  secret('duckling-acme-azure', { tenant: 'azure-tenant', client: 'azure-client' });
  await expect(credentialOf(otherStores.adls)).rejects.toThrow(
    'Secret ducklings/duckling-acme-azure has no key secret; it has: ',
  );
});
