import type { DataStore } from '../../catalog/catalog.ts';
import { isAtLeast, type StorageProfile } from '../../clients/lakekeeper/lakekeeper-client.ts';
import { nameForMessage } from '../../text/printable.ts';

/** Storage profiles in Lakekeeper's spelling: made from what is desired, and compared with what the server answers. */

type ProfileType = DataStore['type'];

/** What the server does with the profiles of one type. */
interface ProfileRules {
  /** With the prefix, what says where files lie: two profiles that agree in it share a bucket. */
  readonly place: readonly string[];
  /** What no update may change. */
  readonly immutable: readonly string[];
  /** Fields that are ours: one that we do not state is not to be there. All others are left as they are found. */
  readonly own: readonly string[];
  /** What the server takes a field for that is not there, and may answer with. */
  readonly defaults: Readonly<Record<string, unknown>>;
}

/**
 * S3: docs/facts/lakekeeper-management-api.md §4.2, §4.4 and §6. GCS and ADLS: fields, defaults, `update_with` and
 * `is_overlapping_location` in Lakekeeper's crates/lakekeeper/src/service/storage, as of gcs/mod.rs 063eb01, az.rs
 * 0039de1 (before 0.13) and az/az_profile.rs 27036dd (since); the flags for vending are there since 0.11.0. No server
 * was asked.
 */
const rules: Readonly<Record<ProfileType, ProfileRules>> = {
  s3: {
    place: ['bucket', 'region', 'endpoint'],
    immutable: ['bucket', 'key-prefix'],
    own: [
      'flavor',
      'endpoint',
      'path-style-access',
      'sts-enabled',
      'sts-role-arn',
      'assume-role-arn',
      'remote-signing-enabled',
    ],
    defaults: { flavor: 'aws', 'path-style-access': false, 'remote-signing-enabled': true },
  },
  gcs: {
    place: ['bucket'],
    immutable: ['bucket', 'key-prefix'],
    own: ['sts-enabled'],
    defaults: { 'sts-enabled': true },
  },
  adls: {
    place: ['account-name', 'filesystem', 'host', 'authority-host'],
    // The server would change the account, and every table would stay behind in the old one.
    immutable: ['account-name', 'filesystem', 'key-prefix', 'host', 'authority-host'],
    own: ['sas-enabled', 'sas-token-validity-seconds'],
    defaults: {
      host: 'dfs.core.windows.net',
      'authority-host': 'https://login.microsoftonline.com/',
      'sas-enabled': true,
      'sas-token-validity-seconds': 3600,
    },
  },
};

/**
 * The storage profile of a data store. Flags are always stated: their defaults are on, or none (`sts-enabled` of S3).
 */
export function storageProfile(store: DataStore): StorageProfile {
  const profile = { type: store.type, ...fieldsOf(store), 'key-prefix': trimmedPrefix(store.keyPrefix) };
  return Object.fromEntries(Object.entries(profile).filter(([, value]) => value !== undefined));
}

function fieldsOf(store: DataStore): StorageProfile {
  if (store.type === 'gcs') return { bucket: store.bucket, 'sts-enabled': store.stsEnabled };
  if (store.type === 'adls')
    return {
      'account-name': store.accountName,
      filesystem: store.filesystem,
      host: store.host,
      'authority-host': store.authorityHost,
      'sas-enabled': store.sasEnabled,
      'sas-token-validity-seconds': store.sasTokenValiditySeconds,
    };
  return {
    flavor: store.flavor,
    bucket: store.bucket,
    region: store.region,
    endpoint: store.endpoint,
    'path-style-access': store.pathStyleAccess,
    'sts-enabled': store.stsEnabled,
    'sts-role-arn': store.stsRoleArn,
    'assume-role-arn': store.assumeRoleArn,
    'remote-signing-enabled': store.remoteSigningEnabled,
  };
}

/** What differs in what no update may change, for people: `bucket: a -> b`. */
export function immutableDifferences(
  desired: StorageProfile,
  observed: StorageProfile,
  version: string,
): string[] {
  const types = difference('type', desired, observed);
  return types.length > 0
    ? types
    : immutableFields(desired, version).flatMap((field) => difference(field, desired, observed));
}

/** What differs in the rest. */
export function mutableDifferences(
  desired: StorageProfile,
  observed: StorageProfile,
  version: string,
): string[] {
  const immutable = immutableFields(desired, version);
  return ['region', ...rulesFor(desired).own]
    .filter((field) => !immutable.includes(field))
    .flatMap((field) => difference(field, desired, observed));
}

/**
 * The profile to update with: ours as desired, all others as they are found, since an update replaces the whole
 * profile.
 */
export function updatedProfile(
  desired: StorageProfile,
  observed: StorageProfile,
  version: string,
): StorageProfile {
  const { own } = rulesFor(desired);
  // What cannot change is sent as it was found: the server compares spelling, not meaning.
  const immutable = immutableFields(desired, version);
  const kept = Object.entries(observed).filter(
    ([field]) => !own.includes(field) || immutable.includes(field),
  );
  const set = Object.entries(desired).filter(([field]) => !immutable.includes(field));
  return Object.fromEntries([...kept, ...set]);
}

/**
 * Whether two profiles lie in each other's way: in the same bucket, and one prefix within the other, segment by
 * segment.
 */
export function overlap(one: StorageProfile, other: StorageProfile): boolean {
  const fields = ['type', ...rulesFor(one).place];
  if (fields.some((field) => difference(field, one, other).length > 0)) return false;
  const [short = [], long = []] = [one, other]
    .map((profile) => trimmedPrefix(profile['key-prefix'])?.split('/') ?? [])
    .sort((a, b) => a.length - b.length);
  return short.every((segment, i) => segment === long[i]);
}

function rulesFor({ type }: StorageProfile): ProfileRules {
  return rules[type as ProfileType];
}

function immutableFields(desired: StorageProfile, version: string): readonly string[] {
  const { immutable } = rulesFor(desired);
  if (desired.type !== 's3') return immutable;
  // Since 0.12 the region may follow an endpoint.
  const canChangeRegion = desired.endpoint !== undefined && isAtLeast(version, [0, 12]);
  return canChangeRegion ? immutable : [...immutable, 'region'];
}

function difference(field: string, desired: StorageProfile, observed: StorageProfile): string[] {
  const [to, from] = [comparable(field, desired), comparable(field, observed)];
  return from === to ? [] : [`${field}: ${valueForMessage(from)} -> ${valueForMessage(to)}`];
}

/** Lakekeeper answers with its own form of what was sent, and with null or a default for what was not. */
function comparable(field: string, profile: StorageProfile): unknown {
  const value = profile[field] ?? rulesFor(profile)?.defaults[field];
  if (field === 'key-prefix') return trimmedPrefix(value);
  if (field === 'flavor') return value === 'minio' ? 's3-compat' : value;
  if (field === 'endpoint') return comparableEndpoint(value, profile.bucket);
  if (field === 'authority-host') return URL.canParse(String(value)) ? new URL(String(value)).href : value;
  return value;
}

function comparableEndpoint(value: unknown, bucket: unknown): string | undefined {
  if (typeof value !== 'string' || !URL.canParse(value)) return undefined;
  const { protocol, host } = new URL(value);
  return `${protocol}//${host.startsWith(`${bucket}.`) ? host.slice(`${bucket}.`.length) : host}`;
}

function trimmedPrefix(value: unknown): string | undefined {
  return typeof value === 'string' ? value.replace(/^[\s/]+|[\s/]+$/g, '') || undefined : undefined;
}

function valueForMessage(value: unknown): string {
  return value === undefined ? 'none' : nameForMessage(String(value));
}
