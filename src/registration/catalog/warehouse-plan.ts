import {
  isAtLeast,
  type ObservedWarehouse,
  type StorageProfile,
} from '../../clients/lakekeeper/lakekeeper-client.ts';
import { PermanentError } from '../../text/errors.ts';
import { nameForMessage } from '../../text/printable.ts';
import { immutableDifferences, mutableDifferences, overlap, updatedProfile } from './storage-profile.ts';

export interface DesiredWarehouse {
  readonly name: string;
  readonly profile: StorageProfile;
  /** As Lakekeeper says it: `access-key`. */
  readonly credentialType: string;
}

export interface ObservedLakekeeper {
  readonly version: string;
  readonly warehouses: readonly ObservedWarehouse[];
  /**
   * Whether the warehouse of the desired name was last given the credential that is at its source now; the server cannot be asked.
   * `unknown`: nobody remembers giving it one.
   */
  readonly credential: 'agrees' | 'differs' | 'unknown';
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
    }
  | {
      readonly kind: 'replaceCredential';
      readonly id: string;
      readonly name: string;
      readonly differences: readonly string[];
    };

/** The warehouse of that name. Lakekeeper's names are unique whatever their case, among inactive ones too. */
export function findWarehouse(
  name: string,
  warehouses: readonly ObservedWarehouse[],
): ObservedWarehouse | undefined {
  return warehouses.find((warehouse) => warehouse.name.toLowerCase() === name.toLowerCase());
}

/** The warehouses that lie where a profile would. */
export function overlapping(
  profile: StorageProfile,
  warehouses: readonly ObservedWarehouse[],
): ObservedWarehouse[] {
  return warehouses.filter((other) => overlap(profile, other.profile));
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

  refuseMove(desired, warehouse, observed.version);
  const { id, name } = warehouse;
  // Only the storage of an active warehouse can be changed.
  const activation: WarehouseAction[] = warehouse.isActive ? [] : [{ kind: 'activateWarehouse', id, name }];
  return [...activation, ...planStorage(desired, warehouse, observed)];
}

function planStorage(
  desired: DesiredWarehouse,
  warehouse: ObservedWarehouse,
  observed: ObservedLakekeeper,
): WarehouseAction[] {
  const { id, name } = warehouse;
  const inProfile = mutableDifferences(desired.profile, warehouse.profile, observed.version);
  const inCredential = credentialDifferences(desired, warehouse, observed);
  if (inProfile.length > 0) {
    const profile = updatedProfile(desired.profile, warehouse.profile, observed.version);
    return [{ kind: 'updateStorage', id, name, profile, differences: [...inProfile, ...inCredential] }];
  }
  return inCredential.length > 0 ? [{ kind: 'replaceCredential', id, name, differences: inCredential }] : [];
}

function refuseMove(
  { profile }: DesiredWarehouse,
  { name, profile: found }: ObservedWarehouse,
  version: string,
): void {
  const changed = immutableDifferences(profile, found, version);
  if (changed.length > 0)
    throw new PermanentError(
      `the Lakekeeper warehouse ${nameForMessage(name)} lies elsewhere, and Lakekeeper cannot move it (${changed.join('; ')}); restore the old value in the org's data store, or retire the org and register it anew`,
    );
}

function credentialDifferences(
  { credentialType: wanted }: DesiredWarehouse,
  { credentialType: found }: ObservedWarehouse,
  { version, credential }: ObservedLakekeeper,
): string[] {
  // Before 0.12 the server does not say; since, nothing said means that there is none or that it cannot be read.
  const isKnown = found !== undefined || isAtLeast(version, [0, 12]);
  if (isKnown && found !== wanted) return [`credential-type: ${found ?? 'none'} -> ${wanted}`];
  if (credential === 'differs') return ['credential: changed at its source'];
  return credential === 'unknown' ? ['credential: not known to be the present one'] : [];
}
