import type { ObservedWarehouse, StorageProfile } from '../../../clients/lakekeeper/lakekeeper-answers.ts';
import { PermanentError } from '../../../text/errors.ts';
import { nameForMessage } from '../../../text/printable.ts';
import { immutableDifferences, isSince012, mutableDifferences, updatedProfile } from './storage-profile.ts';

export interface DesiredWarehouse {
  readonly name: string;
  readonly profile: StorageProfile;
  /** As Lakekeeper says it: `access-key`. */
  readonly credentialType: string;
  /** Undefined where the Job is no instance admin: then it is protected from being deleted. */
  readonly managedBy?: 'instance-admin' | undefined;
  /** Undefined when it is left alone. */
  readonly deleteProfile?: StorageProfile | undefined;
}

export interface WarehouseObservation {
  /** The warehouse of the desired name, or the org's under another one, active or not; undefined when there is none. */
  readonly warehouse: ObservedWarehouse | undefined;
  /**
   * Whether the warehouse was last given the credential that is at its source now; the server cannot be asked.
   * `unknown`: nobody remembers giving it one.
   */
  readonly credential: 'agrees' | 'differs' | 'unknown';
}

/** What there is to do. Holds no credential, so that a plan can be printed. */
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
 * What makes the server's warehouse the one that is desired; nothing when it is. What becomes of each field:
 * `warehouse-fields.ts`.
 *
 * @throws PermanentError when it differs in what Lakekeeper lets nobody change.
 */
export function planWarehouse(
  desired: DesiredWarehouse,
  { warehouse, credential }: WarehouseObservation,
): WarehouseAction[] {
  // Catalog requests take what stands before the first slash for a project.
  if (desired.name === '' || desired.name.includes('/') || Buffer.byteLength(desired.name) > 128)
    throw new PermanentError(
      `${nameForMessage(desired.name)} cannot be the name of a Lakekeeper warehouse: expected 1 to ` +
        '128 bytes without a slash',
    );
  if (warehouse === undefined || isAnother(desired, warehouse))
    return [
      {
        kind: 'createWarehouse',
        name: desired.name,
        profile: desired.profile,
        ...(desired.deleteProfile && { deleteProfile: desired.deleteProfile }),
      },
    ];

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

/** A server before 0.13 does not say who manages a warehouse, and knows no instance admins of it. */
export function planProtection(
  { managedBy: wanted }: Pick<DesiredWarehouse, 'managedBy'>,
  { id, name, managedBy, isProtected }: ObservedWarehouse,
): (WarehouseAction & { readonly kind: 'protectWarehouse' | 'lockWarehouse' })[] {
  if (managedBy === 'instance-admin') return [];
  if (wanted !== undefined && managedBy !== undefined) return [{ kind: 'lockWarehouse', id, name }];
  return isProtected === false ? [{ kind: 'protectWarehouse', id, name }] : [];
}

/** Both name and place differ: a new warehouse is meant, beside the former one. */
function isAnother({ name, profile }: DesiredWarehouse, found: ObservedWarehouse): boolean {
  return !isSameName(name, found.name) && immutableDifferences(profile, found.profile).length > 0;
}

/** As Lakekeeper compares names: without regard to case. */
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
  // Before 0.12 the server does not say; since, nothing said means that there is none or that it cannot be read.
  const isKnown = found !== undefined || isSince012(profile);
  if (isKnown && found !== wanted) return [`credential-type: ${found ?? 'none'} -> ${wanted}`];
  if (credential === 'differs') return ['credential: changed at its source'];
  return credential === 'unknown' ? ['credential: not known to be the present one'] : [];
}
