import type { RegistrationInputs } from '../catalog/registration-inputs.ts';
import { PermanentError } from '../report/errors.ts';
import { nameForMessage } from '../report/printable.ts';
import {
  isAtLeast,
  type ObservedWarehouse,
  type StorageCredential,
  type StorageProfile,
} from './adapters/lakekeeper.ts';

/** Object storage as the registration inputs say it; a `DataStore` is one too. */
export type DesiredDataStore = RegistrationInputs['lakekeeperWarehouse']['dataStore'];

export interface DesiredWarehouse {
  readonly name: string;
  readonly profile: StorageProfile;
  readonly credentialType: StorageCredential['type'];
  /** Send the credential again: it changed at its source, which the server cannot be asked. */
  readonly replaceCredential?: boolean;
}

export interface ObservedLakekeeper {
  readonly version: string;
  readonly warehouses: readonly ObservedWarehouse[];
}

/** What there is to do. Holds no credential, so that a plan can be printed. */
export type WarehouseAction =
  | { readonly kind: 'createWarehouse'; readonly name: string; readonly profile: StorageProfile }
  | { readonly kind: 'activateWarehouse'; readonly id: string; readonly name: string }
  | {
      readonly kind: 'updateStorage';
      readonly id: string;
      readonly name: string;
      readonly profile: StorageProfile;
      /** What differs, for people: `sts-enabled: true -> false`. */
      readonly differences: readonly string[];
    };

const credentialTypes: Record<StorageCredential['type'], string> = {
  systemIdentity: 'aws-system-identity',
  accessKey: 'access-key',
};
/** Fields that are ours: when we do not state one of them, it is not to be there. All others are left as they are found. */
const ownFields = [
  'flavor',
  'endpoint',
  'path-style-access',
  'sts-enabled',
  'sts-role-arn',
  'assume-role-arn',
  'remote-signing-enabled',
];
const immutableFields = ['type', 'bucket', 'key-prefix'];

/** The storage profile of a data store, in Lakekeeper's spelling. */
export function storageProfile(dataStore: DesiredDataStore): StorageProfile {
  const profile = {
    type: 's3',
    flavor: dataStore.flavor,
    bucket: dataStore.bucket,
    region: dataStore.region,
    'key-prefix': trimmedPrefix(dataStore.keyPrefix),
    endpoint: dataStore.endpoint,
    'path-style-access': dataStore.pathStyleAccess,
    // Has no default: a profile without it is refused.
    'sts-enabled': dataStore.stsEnabled,
    'sts-role-arn': dataStore.stsRoleArn,
    'assume-role-arn': dataStore.assumeRoleArn,
    'remote-signing-enabled': dataStore.remoteSigningEnabled,
  };
  return Object.fromEntries(Object.entries(profile).filter(([, value]) => value !== undefined));
}

/** The warehouse of that name. Lakekeeper's names are unique whatever their case, among inactive ones too. */
export function findWarehouse(
  name: string,
  warehouses: readonly ObservedWarehouse[],
): ObservedWarehouse | undefined {
  return warehouses.find((warehouse) => warehouse.name.toLowerCase() === name.toLowerCase());
}

/**
 * What makes the server's warehouse the one that is desired; nothing when it is.
 *
 * @throws PermanentError when it differs in what Lakekeeper lets nobody change.
 */
export function planLakekeeperWarehouse(
  desired: DesiredWarehouse,
  observed: ObservedLakekeeper,
): WarehouseAction[] {
  // Catalog requests take what stands before the first slash for a project.
  if (desired.name === '' || desired.name.includes('/') || Buffer.byteLength(desired.name) > 128)
    throw new PermanentError(
      `${nameForMessage(desired.name)} cannot be the name of a Lakekeeper warehouse: expected 1 to 128 bytes without a slash`,
    );
  const warehouse = findWarehouse(desired.name, observed.warehouses);
  if (warehouse === undefined)
    return [{ kind: 'createWarehouse', name: desired.name, profile: desired.profile }];

  const { id, name } = warehouse;
  refuseImmutable(desired, warehouse, observed.version);
  const differences = differencesOf(desired, warehouse, observed.version);
  // Only the storage of an active warehouse can be changed.
  return [
    ...(warehouse.isActive ? [] : [{ kind: 'activateWarehouse', id, name } as const]),
    ...(differences.length === 0
      ? []
      : [
          {
            kind: 'updateStorage',
            id,
            name,
            profile: mergedProfile(desired.profile, warehouse.profile),
            differences,
          } as const,
        ]),
  ];
}

/** The warehouses whose place overlaps with a profile's: same bucket, region and endpoint, and one prefix within the other. */
export function overlapping(
  profile: StorageProfile,
  warehouses: readonly ObservedWarehouse[],
): ObservedWarehouse[] {
  const place = (of: StorageProfile) =>
    JSON.stringify([of.type, of.bucket, of.region, comparable('endpoint', of.endpoint, of)]);
  const segments = (of: StorageProfile) => trimmedPrefix(of['key-prefix'])?.split('/') ?? [];
  return warehouses.filter((other) => {
    const [short = [], long = []] = [segments(profile), segments(other.profile)].sort(
      (a, b) => a.length - b.length,
    );
    return place(profile) === place(other.profile) && short.every((segment, i) => segment === long[i]);
  });
}

function refuseImmutable(desired: DesiredWarehouse, observed: ObservedWarehouse, version: string): void {
  // Since 0.12 the region may follow an endpoint.
  const canChangeRegion = desired.profile.endpoint !== undefined && isAtLeast(version, [0, 12]);
  const changed = [...immutableFields, ...(canChangeRegion ? [] : ['region'])].flatMap((field) =>
    difference(field, desired.profile, observed.profile),
  );
  if (changed.length > 0)
    throw new PermanentError(
      `the Lakekeeper warehouse ${nameForMessage(observed.name)} lies elsewhere, and Lakekeeper cannot move it (${changed.join('; ')}); restore the old value in the org's data store, or retire the org and register it anew`,
    );
}

function differencesOf(desired: DesiredWarehouse, observed: ObservedWarehouse, version: string): string[] {
  const fields = ['region', ...ownFields].flatMap((field) =>
    difference(field, desired.profile, observed.profile),
  );
  const credentialType = credentialTypes[desired.credentialType];
  // Before 0.12 the server does not say; since, nothing said means that there is none or that it cannot be read.
  const isKnown = observed.credentialType !== undefined || isAtLeast(version, [0, 12]);
  if (isKnown && observed.credentialType !== credentialType)
    fields.push(`credential-type: ${observed.credentialType ?? 'none'} -> ${credentialType}`);
  if (desired.replaceCredential) fields.push('credential: replaced');
  return fields;
}

function difference(field: string, desired: StorageProfile, observed: StorageProfile): string[] {
  const [to, from] = [
    comparable(field, desired[field], desired),
    comparable(field, observed[field], observed),
  ];
  return from === to ? [] : [`${field}: ${valueForMessage(from)} -> ${valueForMessage(to)}`];
}

/** Lakekeeper answers with its own form of what was sent, and with null or a default for what was not. */
function comparable(field: string, value: unknown, profile: StorageProfile): unknown {
  if (field === 'key-prefix') return trimmedPrefix(value);
  if (field === 'flavor') return value === 'minio' ? 's3-compat' : (value ?? 'aws');
  if (field === 'path-style-access') return value ?? false;
  if (field === 'remote-signing-enabled') return value ?? true;
  if (field === 'endpoint') return comparableEndpoint(value, profile.bucket);
  return value ?? undefined;
}

function comparableEndpoint(value: unknown, bucket: unknown): string | undefined {
  if (typeof value !== 'string' || !URL.canParse(value)) return undefined;
  const { protocol, host } = new URL(value);
  return `${protocol}//${host.startsWith(`${bucket}.`) ? host.slice(`${bucket}.`.length) : host}`;
}

function trimmedPrefix(value: unknown): string | undefined {
  return typeof value === 'string' ? value.replace(/^[\s/]+|[\s/]+$/g, '') || undefined : undefined;
}

/** Ours as desired, all others as they are found: an update replaces the whole profile. */
function mergedProfile(desired: StorageProfile, observed: StorageProfile): StorageProfile {
  const kept = Object.entries(observed).filter(([field]) => !ownFields.includes(field));
  return { ...Object.fromEntries(kept), ...desired };
}

function valueForMessage(value: unknown): string {
  return value === undefined ? 'none' : nameForMessage(String(value));
}
