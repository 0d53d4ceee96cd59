import { cloudOf } from '../../../catalog/cloud-identity.ts';
import type { DataStore, SecretKey } from '../../../catalog/data-store-inputs.ts';
import type { StorageCredential } from '../../../clients/lakekeeper/lakekeeper-answers.ts';
import { PermanentError } from '../../../text/errors.ts';
import { type CredentialSources, resolveCredential } from '../../resolve-credential.ts';

/** The type of a data store's credential in Lakekeeper's spelling. */
export function credentialTypeOf({ type, credential }: DataStore): string {
  return credential.type === 'systemIdentity' ? `${cloudOf[type]}-system-identity` : words[credential.type];
}

const families = { s3: 's3', gcs: 'gcs', adls: 'az' } as const;
const words = {
  accessKey: 'access-key',
  cloudflareR2: 'cloudflare-r2',
  serviceAccountKey: 'service-account-key',
  sharedAccessKey: 'shared-access-key',
  clientCredentials: 'client-credentials',
} as const;

/**
 * Lakekeeper's credential for the data store, with its references resolved. Every secret in it is added to the
 * redactions. Fields: docs/facts/lakekeeper-management-api.md §4.3; for GCS and ADLS
 * docs/facts/lakekeeper-versions.md §5.
 *
 * @throws Error if a Secret or a key of it does not exist; PermanentError if the value is not a credential of this
 * type.
 */
export async function resolveStorageCredential(
  dataStore: DataStore,
  sources: CredentialSources,
): Promise<StorageCredential> {
  return {
    type: families[dataStore.type],
    'credential-type': credentialTypeOf(dataStore),
    ...(await secretFields(dataStore.credential, sources)),
  };
}

async function secretFields(
  credential: DataStore['credential'],
  sources: CredentialSources,
): Promise<Readonly<Record<string, unknown>>> {
  const value = (secret: SecretKey) => resolveCredential({ secret }, sources);
  const externalId =
    'externalId' in credential && credential.externalId !== undefined
      ? { 'external-id': credential.externalId }
      : {};
  switch (credential.type) {
    case 'systemIdentity':
      return externalId;
    case 'accessKey':
      return {
        // The field names of 0.11. Every later version accepts them too.
        'aws-access-key-id': await value(credential.accessKeyId),
        'aws-secret-access-key': await value(credential.secretAccessKey),
        ...externalId,
      };
    case 'cloudflareR2':
      return {
        'access-key-id': await value(credential.accessKeyId),
        'secret-access-key': await value(credential.secretAccessKey),
        token: await value(credential.token),
        'account-id': await value(credential.accountId),
      };
    case 'serviceAccountKey':
      return { key: await serviceAccountKey(credential.key, sources) };
    case 'sharedAccessKey':
      return { key: await value(credential.key) };
    case 'clientCredentials':
      return {
        'tenant-id': await value(credential.tenantId),
        'client-id': await value(credential.clientId),
        'client-secret': await value(credential.clientSecret),
      };
  }
}

/** The fields that the server requires. Other fields of the file are not sent. */
const keyFields = [
  'type',
  'project_id',
  'private_key_id',
  'private_key',
  'client_email',
  'client_id',
  'auth_uri',
  'token_uri',
  'auth_provider_x509_cert_url',
  'client_x509_cert_url',
  'universe_domain',
] as const;

async function serviceAccountKey(
  secret: SecretKey,
  sources: CredentialSources,
): Promise<Readonly<Record<string, string>>> {
  const text = await resolveCredential({ secret }, sources);
  // Older key files lack this field.
  const found = { universe_domain: 'googleapis.com', ...parsed(text) } as Record<string, unknown>;
  const missing = keyFields.filter((field) => typeof found[field] !== 'string' || found[field] === '');
  if (missing.length > 0)
    throw new PermanentError(
      `key ${secret.key} of Secret ${secret.namespace}/${secret.name} is no service account key of ` +
        `Google Cloud: expected the JSON file of one, and there is no ${missing.join(', ')}`,
    );
  const key = Object.fromEntries(keyFields.map((field) => [field, String(found[field])]));
  for (const field of ['private_key', 'private_key_id']) sources.redactions.add(key[field] ?? '');
  return key;
}

function parsed(text: string): object {
  try {
    return Object(JSON.parse(text));
  } catch {
    return {};
  }
}
