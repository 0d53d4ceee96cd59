import type { DataStore } from '../../../catalog/data-store-inputs.ts';
import { placeOf } from '../../../catalog/place.ts';
import type { ObservedWarehouse, StorageCredential } from '../../../clients/lakekeeper/lakekeeper-answers.ts';
import type { Lakekeeper } from '../../../clients/lakekeeper/lakekeeper-client.ts';
import { LakekeeperError, whileAsking } from '../../../clients/lakekeeper/lakekeeper-errors.ts';
import { PermanentError } from '../../../text/errors.ts';
import { nameForMessage } from '../../../text/printable.ts';
import { fingerprintOf, type SentCredentials } from '../../secret/sent-credential.ts';
import { changeWarehouse, createWarehouse } from './apply.ts';
import { observeWarehouse, warehouseByName } from './observe.ts';
import {
  type DesiredWarehouse,
  isSameName,
  planProtection,
  planWarehouse,
  type WarehouseAction,
  type WarehouseObservation,
} from './plan.ts';
import { credentialTypeOf } from './storage-credential.ts';
import { deleteProfileOf, overlap, storageProfile } from './storage-profile.ts';
import { storeAdvice } from './store-refusals.ts';
import type { StoredWarehouse } from './stored-warehouses.ts';

export interface WarehousePorts {
  readonly lakekeeper: Lakekeeper;
  readonly sentCredentials: SentCredentials;
  /**
   * All warehouses in the catalog's database, also inactive ones. Called only before a rename, and after a create that
   * was refused.
   */
  readonly storedWarehouses: () => Promise<StoredWarehouse[]>;
  /** Called after every action. */
  readonly onAction?: (action: WarehouseAction | ProjectCreation) => void;
}

export interface ProjectCreation {
  readonly kind: 'createProject';
  /** Its id. */
  readonly name: string;
}

export interface EnsureWarehouse {
  readonly name: string;
  readonly dataStore: DataStore;
  readonly managedBy?: 'instance-admin' | undefined;
  readonly mustExist?: true | undefined;
  /** Of the data store, with its references resolved. */
  readonly credential: StorageCredential;
  /** Its id from the server's info; undefined if the server has none by setting. */
  readonly defaultProject: string | undefined;
}

export interface EnsuredWarehouse {
  readonly id: string;
  /** In the server's spelling. */
  readonly name: string;
  readonly outcome: 'unchanged' | 'created' | 'updated';
}

export function desiredWarehouse({
  name,
  dataStore,
  managedBy,
  mustExist,
}: Pick<EnsureWarehouse, 'name' | 'dataStore' | 'managedBy' | 'mustExist'>): DesiredWarehouse {
  return {
    name,
    profile: storageProfile(dataStore),
    credentialType: credentialTypeOf(dataStore),
    managedBy,
    deleteProfile: deleteProfileOf(dataStore),
    ...(mustExist && { mustExist }),
  };
}

/**
 * Creates the org's Lakekeeper warehouse, or corrects it: active, with the desired storage and credential. If a run
 * ends between sending a credential and noting it in the Secret, the next run sends it again.
 *
 * @throws PermanentError if the warehouse has another location, if another warehouse has its location, or for a
 * refusal that a retry cannot help; StaleCacheError if it was just activated and cannot be changed yet; any other
 * error is transient.
 */
export async function ensureWarehouse(
  wanted: EnsureWarehouse,
  ports: WarehousePorts,
): Promise<EnsuredWarehouse> {
  const desired = desiredWarehouse(wanted);
  const observed = await observeWarehouse(wanted, ports);
  const [first, ...rest] = planWarehouse(desired, observed);
  if (first?.kind !== 'createWarehouse')
    return applyChanges(wanted, observed.warehouse, first ? [first, ...rest] : [], ports);

  const made = await createWarehouse(
    first,
    wanted.credential,
    wanted.defaultProject,
    applyPorts(wanted, ports),
    (id) => ports.onAction?.({ kind: 'createProject', name: id }),
  );
  if (!(made instanceof LakekeeperError)) {
    ports.onAction?.(first);
    await noteCredential(made.id, wanted, ports);
    for (const action of planProtection(desired, made))
      await changeWarehouse(action, wanted.credential, applyPorts(wanted, ports));
    return { id: made.id, name: made.name, outcome: 'created' };
  }
  const found = await findExisting(wanted, desired, made, ports);
  return applyChanges(wanted, found.warehouse, planWarehouse(desired, found), ports);
}

async function applyChanges(
  wanted: EnsureWarehouse,
  warehouse: ObservedWarehouse | undefined,
  actions: readonly WarehouseAction[],
  ports: WarehousePorts,
): Promise<EnsuredWarehouse> {
  for (const action of actions) {
    if (action.kind === 'createWarehouse') continue;
    if (action.kind === 'renameWarehouse') await refuseTakenName(action, ports);
    await changeWarehouse(action, wanted.credential, applyPorts(wanted, ports));
    const sendsCredential = action.kind === 'updateStorage' || action.kind === 'replaceCredential';
    if (sendsCredential) await noteCredential(action.id, wanted, ports);
    ports.onAction?.(action);
  }
  const { id = '', name = '' } = warehouse ?? {};
  const renamed = actions.find((action) => action.kind === 'renameWarehouse');
  return { id, name: renamed?.newName ?? name, outcome: actions.length > 0 ? 'updated' : 'unchanged' };
}

/**
 * The server answers a rename to a taken name as it answers trouble with its database (503, `CatalogBackendError`), so
 * the run would wait until its deadline. Only an inactive warehouse can have the name: an active one of this name would
 * have been taken as the org's.
 */
async function refuseTakenName(
  { id, name, newName }: WarehouseAction & { readonly kind: 'renameWarehouse' },
  { storedWarehouses }: Pick<WarehousePorts, 'storedWarehouses'>,
): Promise<void> {
  const all = await storedWarehouses();
  const project = all.find((one) => one.id === id)?.project;
  const taken = all.find((one) => one.id !== id && one.project === project && isSameName(one.name, newName));
  if (taken !== undefined)
    throw new PermanentError(
      `the Lakekeeper warehouse ${nameForMessage(name)} (${id}) cannot get the name ${nameForMessage(newName)}, ` +
        `because an inactive warehouse (${taken.id}) has it; delete that one, or activate and rename it, or ` +
        'override the warehouse name of the org',
    );
}

function applyPorts({ dataStore }: EnsureWarehouse, { lakekeeper }: WarehousePorts) {
  return { lakekeeper, storeAdvice: (error: LakekeeperError) => storeAdvice(error, dataStore) };
}

/**
 * The warehouse of this name after a refused create: another client has created it meanwhile, or it is inactive.
 *
 * @throws PermanentError if another warehouse has the location; Error, which is transient, if none has it any more.
 */
async function findExisting(
  wanted: EnsureWarehouse,
  desired: DesiredWarehouse,
  refusal: LakekeeperError,
  ports: WarehousePorts,
): Promise<WarehouseObservation> {
  const observed = await observeWarehouse(wanted, ports);
  if (observed.warehouse !== undefined) return observed;
  const all = await whileAsking('looking for the warehouse at this location', () => allWarehouses(ports));
  const warehouse = warehouseByName(wanted.name, all);
  if (warehouse !== undefined) return { warehouse, credential: 'unknown' };
  throw locationTaken(wanted, desired, all, refusal);
}

/** The warehouses that the server lists, and those that only its database has. */
async function allWarehouses({ lakekeeper, storedWarehouses }: WarehousePorts): Promise<ObservedWarehouse[]> {
  const listed = await lakekeeper.activeWarehouses();
  const all = [...listed];
  for (const { id } of await storedWarehouses()) {
    if (listed.some((warehouse) => warehouse.id === id)) continue;
    const found = await lakekeeper.warehouse(id);
    if (found !== undefined) all.push(found);
  }
  return all;
}

async function noteCredential(
  id: string,
  { credential }: EnsureWarehouse,
  { sentCredentials }: Pick<WarehousePorts, 'sentCredentials'>,
): Promise<void> {
  const { key } = await sentCredentials.read();
  await sentCredentials.write({ fingerprint: fingerprintOf(credential, id, key), warehouseId: id });
}

function locationTaken(
  { dataStore }: EnsureWarehouse,
  { name, profile }: DesiredWarehouse,
  warehouses: readonly ObservedWarehouse[],
  cause: LakekeeperError,
): Error {
  const others = warehouses.filter((other) => overlap(profile, other.profile));
  // The other warehouse may have been deleted meanwhile.
  if (others.length === 0)
    return new Error(`the Lakekeeper warehouse ${nameForMessage(name)} is not there after creating it`, {
      cause,
    });
  const names = others
    .map(({ name: other, id, isActive }) => `${nameForMessage(other)} (${id}${isActive ? '' : ', inactive'})`)
    .join(', ');
  return new PermanentError(
    `the Lakekeeper warehouse ${nameForMessage(name)} cannot lie in ` +
      `${nameForMessage(placeOf(dataStore).url)}, because ${names} already ` +
      `${others.length === 1 ? 'lies' : 'lie'} there; give the org another prefix or bucket, or ` +
      'override its warehouse name with the existing one',
    { cause },
  );
}
