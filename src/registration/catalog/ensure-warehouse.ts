import type { DataStore } from '../../catalog/catalog.ts';
import { placeOf } from '../../catalog/place.ts';
import {
  type Lakekeeper,
  LakekeeperError,
  type ObservedWarehouse,
  type StorageCredential,
  whileAsking,
} from '../../clients/lakekeeper/lakekeeper-client.ts';
import { PermanentError } from '../../text/errors.ts';
import { nameForMessage } from '../../text/printable.ts';
import { fingerprintOf, type SentCredentials } from '../secret/credential-fingerprint.ts';
import { credentialTypeOf } from './storage-credential.ts';
import { storageProfile } from './storage-profile.ts';
import {
  type DesiredWarehouse,
  findWarehouse,
  type ObservedLakekeeper,
  overlapping,
  planLakekeeperWarehouse,
  type WarehouseAction,
} from './warehouse-plan.ts';

const conflicts = new Set(['WarehouseAlreadyExists', 'CreateWarehouseStorageProfileOverlap']);

export interface WarehousePorts {
  readonly lakekeeper: Pick<
    Lakekeeper,
    'info' | 'warehouses' | 'createWarehouse' | 'activateWarehouse' | 'updateStorage' | 'replaceCredential'
  >;
  readonly sentCredentials: SentCredentials;
  /** Told of every action once it is done. */
  readonly did?: (action: WarehouseAction) => void;
}

export interface EnsureWarehouse {
  readonly name: string;
  readonly dataStore: DataStore;
  /** Of the data store, with its references resolved. */
  readonly credential: StorageCredential;
}

export interface EnsuredWarehouse {
  readonly id: string;
  /** As the server spells it. */
  readonly name: string;
  readonly outcome: 'unchanged' | 'created' | 'updated';
}

/** What a run would do, and the warehouse as it is; undefined when it is not there. Writes nothing, and throws as `ensureWarehouse` does. */
export async function planWarehouse(
  wanted: EnsureWarehouse,
  ports: Pick<WarehousePorts, 'lakekeeper' | 'sentCredentials'>,
): Promise<{ readonly actions: WarehouseAction[]; readonly warehouse: ObservedWarehouse | undefined }> {
  const observed = await observe(wanted, ports);
  return {
    actions: planLakekeeperWarehouse(desiredWarehouse(wanted), observed),
    warehouse: findWarehouse(wanted.name, observed.warehouses),
  };
}

/**
 * Makes the org's warehouse in Lakekeeper exist, active, and with the storage and the credential that are desired. A run that dies
 * after giving the server a credential and before remembering it gives it again.
 *
 * @throws PermanentError when it lies elsewhere, when another one is in its place, or when the server refuses for good; any other error is transient.
 */
export async function ensureWarehouse(
  wanted: EnsureWarehouse,
  ports: WarehousePorts,
): Promise<EnsuredWarehouse> {
  const desired = desiredWarehouse(wanted);
  let observed = await observe(wanted, ports);
  let actions = planLakekeeperWarehouse(desired, observed);
  let isCreated = false;
  const [first] = actions;
  if (first?.kind === 'createWarehouse') {
    const conflict = await create(first, wanted.credential, ports.lakekeeper);
    isCreated = conflict === undefined;
    if (isCreated) ports.did?.(first);
    observed = await observe(wanted, ports);
    const made = findWarehouse(desired.name, observed.warehouses);
    if (made === undefined) throw inTheWay(wanted, desired, observed, conflict);
    if (isCreated) await remember(made.id, wanted, ports);
    // Someone else's may differ from what is desired.
    actions = planLakekeeperWarehouse(desired, isCreated ? { ...observed, credential: 'agrees' } : observed);
  }
  for (const action of actions) {
    await apply(action, wanted, ports);
    ports.did?.(action);
  }
  const { id, name } = findWarehouse(desired.name, observed.warehouses) ?? { id: '', name: '' };
  return { id, name, outcome: isCreated ? 'created' : actions.length > 0 ? 'updated' : 'unchanged' };
}

function desiredWarehouse({ name, dataStore }: EnsureWarehouse): DesiredWarehouse {
  return { name, profile: storageProfile(dataStore), credentialType: credentialTypeOf(dataStore) };
}

async function observe(
  { name, credential }: EnsureWarehouse,
  { lakekeeper, sentCredentials }: Pick<WarehousePorts, 'lakekeeper' | 'sentCredentials'>,
): Promise<ObservedLakekeeper> {
  const [{ version }, warehouses] = await whileAsking('looking at the warehouses of the catalog', () =>
    Promise.all([lakekeeper.info(), lakekeeper.warehouses()]),
  );
  const { fingerprint, key } = await sentCredentials.recall();
  const id = findWarehouse(name, warehouses)?.id ?? '';
  const agrees = fingerprint === fingerprintOf(credential, id, key);
  return {
    version,
    warehouses,
    credential: fingerprint === undefined ? 'unknown' : agrees ? 'agrees' : 'differs',
  };
}

async function remember(
  id: string,
  { credential }: EnsureWarehouse,
  { sentCredentials }: Pick<WarehousePorts, 'sentCredentials'>,
): Promise<void> {
  const { key } = await sentCredentials.recall();
  await sentCredentials.remember(fingerprintOf(credential, id, key));
}

/** @returns the server's refusal when the name or the place is taken: the same create twice is refused for its place, with 400. */
async function create(
  { name, profile }: WarehouseAction & { kind: 'createWarehouse' },
  credential: StorageCredential,
  lakekeeper: Pick<Lakekeeper, 'createWarehouse'>,
): Promise<LakekeeperError | undefined> {
  try {
    await lakekeeper.createWarehouse(name, profile, credential);
    return undefined;
  } catch (error) {
    if (error instanceof LakekeeperError && conflicts.has(error.type ?? '')) return error;
    return await whileAsking(`creating the Lakekeeper warehouse ${nameForMessage(name)}`, () =>
      Promise.reject(error),
    );
  }
}

async function apply(action: WarehouseAction, wanted: EnsureWarehouse, ports: WarehousePorts): Promise<void> {
  const { lakekeeper } = ports;
  const name = nameForMessage(action.name);
  switch (action.kind) {
    case 'createWarehouse':
      return;
    case 'activateWarehouse':
      return whileAsking(`activating the Lakekeeper warehouse ${name}`, () =>
        lakekeeper.activateWarehouse(action.id),
      );
    case 'updateStorage':
      await whileAsking(`updating the storage of the Lakekeeper warehouse ${name}`, () =>
        lakekeeper.updateStorage(action.id, action.profile, wanted.credential),
      );
      return remember(action.id, wanted, ports);
    case 'replaceCredential':
      await whileAsking(`replacing the credential of the Lakekeeper warehouse ${name}`, () =>
        lakekeeper.replaceCredential(action.id, wanted.credential),
      );
      return remember(action.id, wanted, ports);
  }
}

/** Why there is no warehouse of the name after a create. */
function inTheWay(
  { dataStore }: EnsureWarehouse,
  { name, profile }: DesiredWarehouse,
  { warehouses }: ObservedLakekeeper,
  cause: LakekeeperError | undefined,
): Error {
  const others = overlapping(profile, warehouses);
  // What was in the way may be gone by now, or have been created and deleted.
  if (cause === undefined || others.length === 0)
    return new Error(
      `the Lakekeeper warehouse ${nameForMessage(name)} is not there after creating it`,
      cause && { cause },
    );
  const names = others.map(({ name: other, id }) => `${nameForMessage(other)} (${id})`).join(', ');
  return new PermanentError(
    `the Lakekeeper warehouse ${nameForMessage(name)} cannot lie in ${nameForMessage(placeOf(dataStore).url)}, because ${names} already ${others.length === 1 ? 'lies' : 'lie'} there; give the org another prefix or bucket, or override its warehouse name with the existing one`,
    { cause },
  );
}
