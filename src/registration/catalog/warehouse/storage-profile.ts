import type { DataStore } from '../../../catalog/data-store-inputs.ts';
import type { StorageProfile } from '../../../clients/lakekeeper/lakekeeper-answers.ts';
import { nameForMessage } from '../../../text/printable.ts';
import { fieldsWith } from './warehouse-fields.ts';

/** Storage profiles in Lakekeeper's spelling: derived from a data store, and compared with the server's. */

type ProfileType = DataStore['type'];

/** The fields that identify a bucket. Two profiles with the same values share it. */
const places: Readonly<Record<ProfileType, readonly string[]>> = {
  s3: ['bucket', 'region', 'endpoint'],
  gcs: ['bucket'],
  adls: ['account-name', 'filesystem', 'host', 'authority-host'],
};

/** The server's defaults for absent fields. It may return them. Sources as in `warehouse-fields.ts`. */
const defaults: Readonly<Record<ProfileType, StorageProfile>> = {
  s3: { flavor: 'aws', 'path-style-access': false, 'remote-signing-enabled': true },
  gcs: { 'sts-enabled': true },
  adls: {
    host: 'dfs.core.windows.net',
    'authority-host': 'https://login.microsoftonline.com/',
    'sas-enabled': true,
    'sas-token-validity-seconds': 3600,
  },
};

/**
 * Whether the server is 0.12 or newer: its profiles then have the field `storage-layout`, possibly null. The reported
 * version is not used, because builds of the main branch report an older one (docs/facts/lakekeeper-versions.md §5).
 */
export function isSince012(observed: StorageProfile): boolean {
  return 'storage-layout' in observed;
}

/**
 * The storage profile of a data store. Flags are always set: the server's defaults are true, and `sts-enabled` of S3
 * has none.
 */
export function storageProfile(store: DataStore): StorageProfile {
  const profile = {
    type: store.type,
    ...fieldsOf(store),
    'key-prefix': trimmedPrefix(store.keyPrefix),
    'storage-layout': store.storageLayout,
  };
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
    'sts-endpoint': store.stsEndpoint,
    'sts-token-validity-seconds': store.stsTokenValiditySeconds,
    'sts-session-tags': store.stsSessionTags,
    'remote-signing-url-style': store.remoteSigningUrlStyle,
    'aws-kms-key-arn': store.awsKmsKeyArn,
    'allow-alternative-protocols': store.allowAlternativeProtocols,
    'push-s3-delete-disabled': store.pushS3DeleteDisabled,
    'legacy-md5-behavior': store.legacyMd5Behavior,
  };
}

/** What happens to the files of dropped tables; undefined if the settings leave that to the warehouse's users. */
export function deleteProfileOf({ deleteProfile: wanted }: DataStore): StorageProfile | undefined {
  return wanted?.type === 'soft'
    ? { type: wanted.type, 'expiration-seconds': wanted.expirationSeconds }
    : wanted;
}

/** The differences in fields that an update cannot change, for messages: `bucket: a -> b`. */
export function immutableDifferences(desired: StorageProfile, observed: StorageProfile): string[] {
  const types = difference('type', desired, observed);
  return types.length > 0
    ? types
    : immutableFields(desired, observed).flatMap((field) => difference(field, desired, observed));
}

/** The differences in fields that an update corrects. */
export function mutableDifferences(desired: StorageProfile, observed: StorageProfile): string[] {
  return correctedFields(desired, observed).flatMap((field) => difference(field, desired, observed));
}

/**
 * The profile of an update: our fields as desired, all other fields as observed, since an update replaces the whole
 * profile.
 */
export function updatedProfile(desired: StorageProfile, observed: StorageProfile): StorageProfile {
  const corrected = correctedFields(desired, observed);
  // Immutable fields are sent in the observed spelling, because the server compares texts.
  const kept = Object.entries(observed).filter(([field]) => !corrected.includes(field));
  const set = Object.entries(desired).filter(([field]) => corrected.includes(field));
  return Object.fromEntries([...kept, ...set]);
}

/**
 * Whether the locations of two profiles overlap: the same bucket, and one prefix within the other, by path segments.
 */
export function overlap(one: StorageProfile, other: StorageProfile): boolean {
  const fields = ['type', ...places[typeOf(one)]];
  if (fields.some((field) => difference(field, one, other).length > 0)) return false;
  const [short = [], long = []] = [one, other]
    .map((profile) => trimmedPrefix(profile['key-prefix'])?.split('/') ?? [])
    .sort((a, b) => a.length - b.length);
  return short.every((segment, i) => segment === long[i]);
}

function typeOf({ type }: StorageProfile): ProfileType {
  return type as ProfileType;
}

function immutableFields(desired: StorageProfile, observed: StorageProfile): string[] {
  const refused = fieldsWith('refused', typeOf(desired));
  return canChangeRegion(desired, observed) ? refused.filter((field) => field !== 'region') : refused;
}

function correctedFields(desired: StorageProfile, observed: StorageProfile): string[] {
  const type = typeOf(desired);
  const region = canChangeRegion(desired, observed) ? ['region'] : [];
  // Before 0.12 the server ignores these fields, so they would always differ.
  const stated = fieldsWith('corrected where stated', type).filter(
    (field) => desired[field] !== undefined && (isSince012(observed) || !since012.includes(field)),
  );
  return [...region, ...fieldsWith('corrected', type), ...stated];
}

const since012 = ['storage-layout', 'sts-endpoint'];

/** Since 0.12 the region can be changed if there is an endpoint. */
function canChangeRegion(desired: StorageProfile, observed: StorageProfile): boolean {
  return desired.type === 's3' && desired.endpoint !== undefined && isSince012(observed);
}

function difference(field: string, desired: StorageProfile, observed: StorageProfile): string[] {
  const [to, from] = [comparable(field, desired), comparable(field, observed)];
  return from === to ? [] : [`${field}: ${valueForMessage(from)} -> ${valueForMessage(to)}`];
}

/** The value in a normal form. Lakekeeper normalizes values, and returns null or a default for absent ones. */
function comparable(field: string, profile: StorageProfile): unknown {
  const value = profile[field] ?? defaults[typeOf(profile)]?.[field];
  if (field === 'key-prefix') return trimmedPrefix(value);
  if (field === 'flavor') return value === 'minio' ? 's3-compat' : value;
  if (field === 'endpoint') return comparableEndpoint(value, profile.bucket);
  if (field === 'sts-endpoint') return comparableEndpoint(value, undefined);
  if (typeof value === 'object' && value !== null) return JSON.stringify(Object.entries(value).sort());
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
