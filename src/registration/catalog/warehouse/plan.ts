import type { ObservedWarehouse, StorageProfile } from '../../../clients/lakekeeper/lakekeeper-answers.ts';
import { PermanentError } from '../../../text/errors.ts';
import { nameForMessage } from '../../../text/printable.ts';
import { immutableDifferences, isSince012, mutableDifferences, updatedProfile } from './storage-profile.ts';

export interface DesiredWarehouse {
  readonly name: string;
  readonly profile: StorageProfile;
  /** In Lakekeeper's spelling: `access-key`. */
  readonly credentialType: string;
  /** Undefined if the Job is not an instance admin. Then the warehouse is protected from deletion. */
  readonly managedBy?: 'instance-admin' | undefined;
  /** Undefined if registration does not manage it. */
  readonly deleteProfile?: StorageProfile | undefined;
  /** It is not created. */
  readonly mustExist?: true | undefined;
}

export interface WarehouseObservation {
  /** The org's warehouse, active or not, also under another name; undefined if there is none. */
  readonly warehouse: ObservedWarehouse | undefined;
  /**
   * Whether the credential that was last sent to the server is the current one. The server does not return it.
   * `unknown`: the Secret has no note of one.
   */
  readonly credential: 'agrees' | 'differs' | 'unknown';
}

/** A change to make. It has no credential, so that a plan can be printed. */
export type WarehouseAction =
  | {
      readonly kind: 'createWarehouse';
      readonly name: string;
      readonly profile: StorageProfile;
      readonly deleteProfile?: StorageProfile | undefined;
    }
  | { readonly kind: 'activateWarehouse'; readonly id: string; readonly name: string }
  | { readonly kind: 'protectWarehouse'; readonly id: string; readonly name: string }
  | { readonly kind: 'lockWarehouse'; readonly id: string; readonly name: string }
  | {
      readonly kind: 'renameWarehouse';
      readonly id: string;
      readonly name: string;
      readonly newName: string;
    }
  | {
      readonly kind: 'updateStorage';
      readonly id: string;
      readonly name: string;
      readonly profile: StorageProfile;
      /** What differs, for people: `sts-enabled: true -> false`. */
      readonly differences: readonly string[];
    }
  | {
      readonly kind: 'replaceCredential';
      readonly id: string;
      readonly name: string;
      readonly differences: readonly string[];
    }
  | {
      readonly kind: 'setDeleteProfile';
      readonly id: string;
      readonly name: string;
      readonly deleteProfile: StorageProfile;
      readonly differences: readonly string[];
    };

/**
 * The changes that make the server's warehouse the desired one; none if it already is. `warehouse-fields.ts` lists
 * what is done about each field.
 *
 * @throws PermanentError if a field differs that Lakekeeper cannot change, or if there is no warehouse and must be one.
 */
export function planWarehouse(
  desired: DesiredWarehouse,
  { warehouse, credential }: WarehouseObservation,
): WarehouseAction[] {
  // In requests to the catalog API, the text before the first slash is a project.
  if (desired.name === '' || desired.name.includes('/') || Buffer.byteLength(desired.name) > 128)
    throw new PermanentError(
      `${nameForMessage(desired.name)} cannot be the name of a Lakekeeper warehouse: expected 1 to ` +
        '128 bytes without a slash',
    );
  if (warehouse === undefined || isAnother(desired, warehouse)) {
    if (desired.mustExist) throw new PermanentError(missing(desired.name));
    return [
      {
        kind: 'createWarehouse',
        name: desired.name,
        profile: desired.profile,
        ...(desired.deleteProfile && { deleteProfile: desired.deleteProfile }),
      },
    ];
  }

  refuseMove(desired, warehouse);
  const { id, name } = warehouse;
  // First: storage and credential of an inactive warehouse cannot be changed.
  const activation: WarehouseAction[] = warehouse.isActive ? [] : [{ kind: 'activateWarehouse', id, name }];
  const renaming: WarehouseAction[] = isSameName(name, desired.name)
    ? []
    : [{ kind: 'renameWarehouse', id, name, newName: desired.name }];
  return [
    ...activation,
    ...renaming,
    ...planStorage(desired, warehouse, credential),
    ...planDeleteProfile(desired, warehouse),
    ...planProtection(desired, warehouse),
  ];
}

function missing(name: string): string {
  return (
    `the catalog has no active warehouse ${nameForMessage(name)}, which should have come with its database: its org ` +
    'is in moves.confirm. Copy the database (docs/moves.md), or activate the warehouse; if a new, empty one is ' +
    'meant, take the org out of moves.confirm'
  );
}

/** A server before 0.13 has no `managed-by`, so its warehouses are protected from deletion instead. */
export function planProtection(
  { managedBy: wanted }: Pick<DesiredWarehouse, 'managedBy'>,
  { id, name, managedBy, isProtected }: ObservedWarehouse,
): (WarehouseAction & { readonly kind: 'protectWarehouse' | 'lockWarehouse' })[] {
  if (managedBy === 'instance-admin') return [];
  if (wanted !== undefined && managedBy !== undefined) return [{ kind: 'lockWarehouse', id, name }];
  return isProtected === false ? [{ kind: 'protectWarehouse', id, name }] : [];
}

/** If both name and location differ, the settings ask for a new warehouse beside the former one. */
function isAnother({ name, profile }: DesiredWarehouse, found: ObservedWarehouse): boolean {
  return !isSameName(name, found.name) && immutableDifferences(profile, found.profile).length > 0;
}

/** Case-insensitive, as Lakekeeper compares names. */
export function isSameName(one: string, other: string): boolean {
  return one.toLowerCase() === other.toLowerCase();
}

function planDeleteProfile(
  { deleteProfile }: DesiredWarehouse,
  { id, name, deleteProfile: found }: ObservedWarehouse,
): WarehouseAction[] {
  if (deleteProfile === undefined) return [];
  const shown = (profile: StorageProfile) =>
    [profile.type ?? 'unknown', profile['expiration-seconds'] ?? []].flat().join(' ');
  const [from, to] = [shown(found), shown(deleteProfile)];
  if (from === to) return [];
  return [
    { kind: 'setDeleteProfile', id, name, deleteProfile, differences: [`delete-profile: ${from} -> ${to}`] },
  ];
}

function planStorage(
  desired: DesiredWarehouse,
  warehouse: ObservedWarehouse,
  credential: WarehouseObservation['credential'],
): WarehouseAction[] {
  const { id, name } = warehouse;
  const inProfile = mutableDifferences(desired.profile, warehouse.profile);
  const inCredential = credentialDifferences(desired, warehouse, credential);
  if (inProfile.length > 0) {
    const profile = updatedProfile(desired.profile, warehouse.profile);
    return [{ kind: 'updateStorage', id, name, profile, differences: [...inProfile, ...inCredential] }];
  }
  return inCredential.length > 0 ? [{ kind: 'replaceCredential', id, name, differences: inCredential }] : [];
}

function refuseMove({ profile }: DesiredWarehouse, { name, profile: found }: ObservedWarehouse): void {
  const changed = immutableDifferences(profile, found);
  if (changed.length > 0)
    throw new PermanentError(
      `the Lakekeeper warehouse ${nameForMessage(name)} lies elsewhere, and Lakekeeper cannot move ` +
        `it (${changed.join('; ')}); restore the old value in the org's data store, or retire the org ` +
        'and register it again',
    );
}

function credentialDifferences(
  { credentialType: wanted }: DesiredWarehouse,
  { credentialType: found, profile }: ObservedWarehouse,
  credential: WarehouseObservation['credential'],
): string[] {
  // Before 0.12 the answer has no type. Since then, no type means no credential, or one that cannot be decrypted.
  const isKnown = found !== undefined || isSince012(profile);
  if (isKnown && found !== wanted) return [`credential-type: ${found ?? 'none'} -> ${wanted}`];
  if (credential === 'differs') return ['credential: changed at its source'];
  return credential === 'unknown' ? ['credential: not known to be the current one'] : [];
}
