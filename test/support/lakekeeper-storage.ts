/**
 * What the stand-in for Lakekeeper does with storage profiles and credentials: what it refuses, in which form it keeps a profile, what an
 * update may not change, what overlaps. Sources as for `src/registration/catalog/storage-profile.ts`. `test/contracts/lakekeeper-storage.ts` states
 * what of it the product relies on.
 */
export type Profile = Readonly<Record<string, unknown>>;
export type Credential = Readonly<Record<string, unknown>>;
export type Cloud = 'aws' | 'azure' | 'gcp';

/** An error type with status 400, or the plain text that the web framework answers with 422. */
export type Refusal = { readonly type: string } | { readonly text: string };

export interface Server {
  /** Whether the server is older than 0.12. */
  readonly is011: boolean;
  readonly systemIdentities: readonly Cloud[];
}

const required: Readonly<Record<string, readonly string[]>> = {
  s3: ['bucket', 'region'],
  gcs: ['bucket'],
  adls: ['account-name', 'filesystem'],
};
const places: Readonly<Record<string, readonly string[]>> = {
  s3: ['type', 'bucket', 'region', 'endpoint'],
  gcs: ['type', 'bucket'],
  adls: ['type', 'account-name', 'filesystem', 'host', 'authority-host'],
};
const immutable: Readonly<Record<string, readonly string[]>> = {
  s3: ['bucket', 'key-prefix'],
  gcs: ['bucket', 'key-prefix'],
  adls: ['filesystem', 'key-prefix', 'host', 'authority-host'],
};
const families: Readonly<Record<string, string>> = { s3: 's3', gcs: 'gcs', adls: 'az' };
const serviceAccountKey = [
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
];
const credentialFields: Readonly<Record<string, readonly string[]>> = {
  'aws-system-identity': [],
  'cloudflare-r2': ['access-key-id', 'secret-access-key', 'token', 'account-id'],
  'gcp-system-identity': [],
  'azure-system-identity': [],
  'client-credentials': ['client-id', 'tenant-id', 'client-secret'],
  'shared-access-key': ['key'],
};

/** The form in which a profile is kept, or why it is refused. */
export function accept(
  profile: Profile | undefined,
  credential: Credential | undefined,
  server: Server,
): { readonly profile: Profile } | Refusal {
  const undecodable = malformed(profile, credential, server);
  if (undecodable !== undefined) return { text: undecodable };
  if (credential !== undefined && credential.type !== families[String(profile?.type)])
    return { type: 'UnexpectedStorageProfileType' };
  const kept = normalised({ ...profile }, credential);
  const type = invalid(kept) ?? misconfigured(credential, server);
  return type === undefined ? { profile: kept } : { type };
}

/** Whether one of two profiles lies within the other. */
export function overlaps(a: Profile, b: Profile): boolean {
  if (places[String(a.type)]?.some((field) => a[field] !== b[field])) return false;
  const [one, other] = [a, b].map((profile) => `${profile['key-prefix'] ?? ''}/`.replace(/^\//, ''));
  return one !== undefined && other !== undefined && (one.startsWith(other) || other.startsWith(one));
}

/** Whether a profile may take the place of another one. */
export function canReplace(next: Profile, former: Profile, { is011 }: Server): boolean {
  const isBound = next.type === 's3' && (is011 || next.endpoint === undefined);
  const fields = ['type', ...(immutable[String(next.type)] ?? []), ...(isBound ? ['region'] : [])];
  return fields.every((field) => next[field] === former[field]);
}

function malformed(
  profile: Profile | undefined,
  credential: Credential | undefined,
  { is011 }: Server,
): string | undefined {
  const fields = required[String(profile?.type)];
  if (profile === undefined || fields === undefined) return 'missing field `storage-profile`';
  const missing = fields.find((field) => typeof profile[field] !== 'string');
  if (missing !== undefined) return `missing field \`${missing}\``;
  if (profile.type === 's3' && typeof profile['sts-enabled'] !== 'boolean')
    return 'missing field `sts-enabled`';
  return credential && malformedCredential(credential, is011);
}

function malformedCredential(credential: Credential, is011: boolean): string | undefined {
  const type = String(credential['credential-type']);
  const isText = (field: string) => typeof credential[field] === 'string';
  if (type === 'access-key') {
    const prefixes = is011 ? ['aws-'] : ['aws-', ''];
    const missing = ['access-key-id', 'secret-access-key'].find(
      (field) => !prefixes.some((prefix) => isText(`${prefix}${field}`)),
    );
    return missing && `missing field \`${missing}\``;
  }
  if (type === 'service-account-key') {
    const key = Object(credential.key) as Record<string, unknown>;
    const missing = serviceAccountKey.find((field) => typeof key[field] !== 'string');
    return missing && `missing field \`${missing}\``;
  }
  const fields = credentialFields[type];
  if (fields === undefined) return `unknown variant \`${type}\``;
  const missing = fields.find((field) => !isText(field));
  return missing && `missing field \`${missing}\``;
}

function normalised(profile: Record<string, unknown>, credential: Credential | undefined): Profile {
  const { 'key-prefix': prefix, ...rest } = profile;
  const trimmed = typeof prefix === 'string' ? prefix.replace(/^[\s/]+|[\s/]+$/g, '') : '';
  const kept = trimmed === '' ? {} : { 'key-prefix': trimmed };
  const asURL = (field: string) =>
    typeof profile[field] === 'string' ? { [field]: new URL(profile[field]).href } : {};
  if (rest.type === 'gcs') return { 'sts-enabled': true, ...rest, ...kept };
  if (rest.type === 'adls')
    return {
      'allow-alternative-protocols': false,
      'sas-enabled': true,
      ...rest,
      ...kept,
      ...asURL('authority-host'),
    };
  const isR2 = credential?.['credential-type'] === 'cloudflare-r2';
  const forced = { 'sts-enabled': true, flavor: 's3-compat', 'sts-role-arn': null, 'assume-role-arn': null };
  return {
    'remote-signing-enabled': true,
    'push-s3-delete-disabled': true,
    'sts-token-validity-seconds': 3600,
    ...rest,
    flavor: rest.flavor === 'minio' ? 's3-compat' : (rest.flavor ?? 'aws'),
    ...kept,
    ...asURL('endpoint'),
    ...(isR2 ? forced : {}),
  };
}

function invalid(profile: Profile): string | undefined {
  if (profile.type === 'adls')
    return Number(profile['sas-token-validity-seconds'] ?? 3600) > 604_800
      ? 'Invalidsas-token-validity-seconds'
      : undefined;
  if (!/^[a-z0-9](?:(?!\.\.)[a-z0-9.-]){1,61}[a-z0-9]$/.test(String(profile.bucket))) return 'Invalidbucket';
  if (profile.type !== 's3') return undefined;
  const hasRole = (profile['sts-role-arn'] ?? profile['assume-role-arn'] ?? undefined) !== undefined;
  return profile['sts-enabled'] === true && profile.flavor === 'aws' && !hasRole
    ? 'Invalidsts-role-arn'
    : undefined;
}

function misconfigured(credential: Credential | undefined, { systemIdentities }: Server): string | undefined {
  const [, cloud] = /^(.+)-system-identity$/.exec(String(credential?.['credential-type'])) ?? [];
  return cloud === undefined || systemIdentities.includes(cloud as Cloud) ? undefined : 'Misconfiguration';
}
