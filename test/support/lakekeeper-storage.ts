import { recordedExchanges } from '../contracts/lakekeeper-recordings.ts';
import { type Answer, error, undecodable } from './lakekeeper-answer.ts';

/**
 * What the stand-in for Lakekeeper does with storage profiles and credentials: what it refuses, in which form it
 * keeps a profile, what an update may not change, what overlaps. Of S3 it is what was recorded; of the other kinds it
 * is docs/facts/lakekeeper-versions.md §5, and no server was asked.
 */
export type Profile = Readonly<Record<string, unknown>>;
export type Credential = Readonly<Record<string, unknown>>;
export type Cloud = 'aws' | 'azure' | 'gcp';

export interface Server {
  /** Whether the server is older than 0.12. */
  readonly is011: boolean;
  readonly systemIdentities: readonly Cloud[];
  /** Of a profile that is kept already: its credential is elsewhere. */
  readonly takesNoCredential?: boolean;
}

/** What a kind of store is: field of its place, and its name in credentials. */
interface Kind {
  readonly required: readonly string[];
  readonly place: readonly string[];
  readonly fixed: readonly string[];
  readonly family: string;
  readonly defaults: Profile;
}

const kinds: Readonly<Record<string, Kind>> = {
  s3: {
    required: ['bucket', 'region', 'sts-enabled'],
    place: ['bucket', 'region', 'endpoint'],
    fixed: ['bucket', 'key-prefix'],
    family: 's3',
    defaults: { flavor: 'aws', ...recordedDefaults() },
  },
  gcs: {
    required: ['bucket'],
    place: ['bucket'],
    fixed: ['bucket', 'key-prefix'],
    family: 'gcs',
    defaults: { 'sts-enabled': true, 'storage-layout': null },
  },
  adls: {
    required: ['account-name', 'filesystem'],
    place: ['account-name', 'filesystem', 'host', 'authority-host'],
    fixed: ['filesystem', 'key-prefix', 'host', 'authority-host'],
    family: 'az',
    defaults: { 'allow-alternative-protocols': false, 'sas-enabled': true, 'storage-layout': null },
  },
};
/** By their names in the enumerations of the server, for its message. */
const profileTypes = '`adls`, `azdls`, `onelake`, `s3`, `gcs`';
const credentialFields: Readonly<Record<string, readonly string[]>> = {
  'access-key': ['access-key-id', 'secret-access-key'],
  'aws-system-identity': [],
  'cloudflare-r2': ['access-key-id', 'secret-access-key', 'token', 'account-id'],
  'service-account-key': ['key'],
  'gcp-system-identity': [],
  'azure-system-identity': [],
  'client-credentials': ['client-id', 'tenant-id', 'client-secret'],
  'shared-access-key': ['key'],
};
const since012 = ['storage-layout', 'sts-endpoint'];

/** What the recorded server answered for fields that a create had not said. */
function recordedDefaults(): Profile {
  const made = recordedExchanges().filter(
    ({ request, response }) => request.path === '/management/v1/warehouse' && response.status === 201,
  );
  const unsaid = made.flatMap(({ request, response }) => {
    const sent = profileIn(request.body);
    return Object.entries(profileIn(response.body)).filter(([field]) => !(field in sent));
  });
  return Object.fromEntries(unsaid);
}

function profileIn(body: unknown): Profile {
  return (body as { 'storage-profile': Profile })['storage-profile'];
}

/** The form in which a profile is kept, or why it is refused. */
export function accept(
  profile: Profile | undefined,
  credential: Credential | undefined,
  server: Server,
): { readonly profile: Profile } | { readonly refusal: Answer } {
  const refusal =
    malformedProfile(profile) ??
    malformedCredential(credential, server) ??
    (server.takesNoCredential ? undefined : otherKind(profile, credential));
  if (refusal !== undefined) return { refusal };
  const kept = normalised({ ...profile }, credential, server);
  const invalid = invalidField(kept) ?? misconfigured(credential, server);
  return invalid === undefined ? { profile: kept } : { refusal: invalid };
}

/** Whether one of two profiles lies within the other. */
export function overlaps(a: Profile, b: Profile): boolean {
  if (a.type !== b.type || kinds[String(a.type)]?.place.some((field) => a[field] !== b[field])) return false;
  const [one, other] = [a, b].map((profile) => `${profile['key-prefix'] ?? ''}/`.replace(/^\//, ''));
  return one !== undefined && other !== undefined && (one.startsWith(other) || other.startsWith(one));
}

/** Why a profile may not take the place of another one; undefined when it may. */
export function moved(next: Profile, former: Profile, { is011 }: Server): Answer | undefined {
  const isBound = next.type === 's3' && (is011 || (next.endpoint ?? null) === null);
  const fields = ['type', ...(kinds[String(next.type)]?.fixed ?? []), ...(isBound ? ['region'] : [])];
  const changed = fields.find((field) => (next[field] ?? null) !== (former[field] ?? null));
  return changed === undefined
    ? undefined
    : error(
        400,
        'UpdateError',
        `Field \`${changed.replace('-', '_')}\` cannot be updated to prevent loss of data.`,
      );
}

function malformedProfile(profile: Profile | undefined): Answer | undefined {
  if (profile === undefined) return undecodable('missing field `storage-profile`');
  const kind = kinds[String(profile.type)];
  if (kind === undefined)
    return undecodable(
      `storage-profile.type: unknown variant \`${profile.type}\`, expected one of ${profileTypes}`,
    );
  const missing = kind.required.find((field) => !['string', 'boolean'].includes(typeof profile[field]));
  return missing === undefined ? undefined : undecodable(`storage-profile: missing field \`${missing}\``);
}

function malformedCredential(credential: Credential | undefined, { is011 }: Server): Answer | undefined {
  if (credential === undefined) return undefined;
  const type = String(credential['credential-type']);
  const fields = credentialFields[type];
  if (fields === undefined)
    return undecodable(
      `storage-credential: unknown variant \`${type}\`, expected one of \`access-key\`, ` +
        `\`aws-system-identity\`, \`cloudflare-r2\``,
    );
  const spellings = (field: string) =>
    type !== 'access-key' ? [field] : is011 ? [`aws-${field}`] : [`aws-${field}`, field];
  const missing = fields.find((field) =>
    spellings(field).every((spelling) => !['string', 'object'].includes(typeof credential[spelling])),
  );
  return missing === undefined ? undefined : undecodable(`storage-credential: missing field \`${missing}\``);
}

function otherKind(profile: Profile | undefined, credential: Credential | undefined): Answer | undefined {
  const kind = kinds[String(profile?.type)];
  if (credential === undefined)
    return profile?.type === 's3'
      ? undefined
      : error(400, 'MissingCredentialError', 'Storage credential is missing');
  if (credential.type === kind?.family) return undefined;
  const found = Object.entries(kinds).find(([, { family }]) => family === credential.type)?.[0];
  return error(
    400,
    'UnexpectedStorageProfileType',
    `Expected storage of type ${profile?.type}, is: ${found}`,
  );
}

function normalised(
  profile: Record<string, unknown>,
  credential: Credential | undefined,
  { is011 }: Server,
): Profile {
  const { 'key-prefix': prefix, ...rest } = profile;
  const trimmed = typeof prefix === 'string' ? prefix.replace(/^[\s/]+|[\s/]+$/g, '') : '';
  const kept = trimmed === '' ? {} : { 'key-prefix': trimmed };
  const asURL = (field: string) =>
    typeof profile[field] === 'string' ? { [field]: new URL(profile[field]).href } : {};
  const isR2 = credential?.['credential-type'] === 'cloudflare-r2';
  const forced = { 'sts-enabled': true, flavor: 's3-compat', 'sts-role-arn': null, 'assume-role-arn': null };
  const defaults = Object.entries(kinds[String(rest.type)]?.defaults ?? {});
  return {
    ...Object.fromEntries(defaults.filter(([field]) => !is011 || !since012.includes(field))),
    ...rest,
    ...(rest.flavor === 'minio' ? { flavor: 's3-compat' } : {}),
    ...kept,
    ...asURL('endpoint'),
    ...asURL('authority-host'),
    ...(isR2 ? forced : {}),
  };
}

function invalidField(profile: Profile): Answer | undefined {
  const { bucket } = profile;
  if (profile.type === 'adls')
    return Number(profile['sas-token-validity-seconds'] ?? 3600) > 604_800
      ? error(400, 'Invalidsas-token-validity-seconds', 'too long')
      : undefined;
  if (!/^[a-z0-9](?:(?!\.\.)[a-z0-9.-]){1,61}[a-z0-9]$/.test(String(bucket)))
    return error(
      400,
      'InvalidLocation',
      `Invalid location \`s3://${bucket}\`. Context: []. Source: Invalid bucket name \`${bucket}\`: ` +
        'Bucket name can consist only of lowercase letters, numbers, dots (.), and hyphens (-).',
    );
  const hasRole = (profile['sts-role-arn'] ?? profile['assume-role-arn'] ?? undefined) !== undefined;
  return profile.type === 's3' && profile['sts-enabled'] === true && profile.flavor === 'aws' && !hasRole
    ? error(400, 'Invalidsts-role-arn', 'Either `sts-role-arn` or `assume-role-arn` is required')
    : undefined;
}

function misconfigured(credential: Credential | undefined, { systemIdentities }: Server): Answer | undefined {
  const [, cloud] = /^(.+)-system-identity$/.exec(String(credential?.['credential-type'])) ?? [];
  return cloud === undefined || systemIdentities.includes(cloud as Cloud)
    ? undefined
    : error(
        400,
        'Misconfiguration',
        'Credentials misconfigured: System identity credentials are disabled in this Lakekeeper deployment.',
      );
}
