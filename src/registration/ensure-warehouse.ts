import { PermanentError } from '../report/errors.ts';
import { nameForMessage } from '../report/printable.ts';
import {
  type Lakekeeper,
  LakekeeperError,
  type ObservedWarehouse,
  type StorageCredential,
  whileAsking,
} from './adapters/lakekeeper.ts';
import {
  type DesiredDataStore,
  type DesiredWarehouse,
  findWarehouse,
  type ObservedLakekeeper,
  overlapping,
  planLakekeeperWarehouse,
  storageProfile,
  type WarehouseAction,
} from './lakekeeper-warehouse.ts';

const conflicts = new Set(['WarehouseAlreadyExists', 'CreateWarehouseStorageProfileOverlap']);

export interface WarehousePorts {
  readonly lakekeeper: Pick<
    Lakekeeper,
    'info' | 'warehouses' | 'createWarehouse' | 'activateWarehouse' | 'updateStorage'
  >;
  /** Told of every action once it is done. */
  readonly did?: (action: WarehouseAction) => void;
}

export interface EnsureWarehouse {
  readonly name: string;
  readonly dataStore: DesiredDataStore;
  /** With the references of the data store resolved. */
  readonly credential: StorageCredential;
  readonly replaceCredential?: boolean;
}

export interface EnsuredWarehouse {
  readonly id: string;
  /** As the server spells it. */
  readonly name: string;
  readonly outcome: 'unchanged' | 'created' | 'updated';
}

/** What a run would do, and the warehouse as it is; undefined when it is not there. Throws as `ensureWarehouse` does. */
export async function planWarehouse(
  wanted: Omit<EnsureWarehouse, 'credential'>,
  { lakekeeper }: Pick<WarehousePorts, 'lakekeeper'>,
): Promise<{ readonly actions: WarehouseAction[]; readonly warehouse: ObservedWarehouse | undefined }> {
  const desired = desiredWarehouse(wanted);
  const observed = await observe(lakekeeper);
  return {
    actions: planLakekeeperWarehouse(desired, observed),
    warehouse: findWarehouse(desired.name, observed.warehouses),
  };
}

/**
 * Makes the org's warehouse in Lakekeeper exist, active and with the storage that is desired.
 *
 * @throws PermanentError when it lies elsewhere, when another one is in its place, or when the server refuses for good; any other error is transient.
 */
export async function ensureWarehouse(
  wanted: EnsureWarehouse,
  ports: WarehousePorts,
): Promise<EnsuredWarehouse> {
  const { lakekeeper, did } = ports;
  const desired = desiredWarehouse(wanted);
  let observed = await observe(lakekeeper);
  let actions = planLakekeeperWarehouse(desired, observed);
  let isCreated = false;
  const [first] = actions;
  if (first?.kind === 'createWarehouse') {
    const conflict = await create(first, wanted.credential, lakekeeper);
    isCreated = conflict === undefined;
    if (isCreated) did?.(first);
    observed = await observe(lakekeeper);
    if (findWarehouse(desired.name, observed.warehouses) === undefined)
      throw inTheWay(desired, observed, conflict);
    // Someone else's may differ from what is desired.
    actions = planLakekeeperWarehouse(
      isCreated ? { ...desired, replaceCredential: false } : desired,
      observed,
    );
  }
  for (const action of actions) {
    await apply(action, wanted.credential, lakekeeper);
    did?.(action);
  }
  const { id, name } = findWarehouse(desired.name, observed.warehouses) ?? { id: '', name: '' };
  return { id, name, outcome: isCreated ? 'created' : actions.length > 0 ? 'updated' : 'unchanged' };
}

function desiredWarehouse({
  name,
  dataStore,
  replaceCredential = false,
}: Omit<EnsureWarehouse, 'credential'>): DesiredWarehouse {
  return {
    name,
    profile: storageProfile(dataStore),
    credentialType: dataStore.credential.type,
    replaceCredential,
  };
}

async function observe(lakekeeper: Pick<Lakekeeper, 'info' | 'warehouses'>): Promise<ObservedLakekeeper> {
  return await whileAsking('looking at the warehouses of the catalog', async () => {
    const [{ version }, warehouses] = await Promise.all([lakekeeper.info(), lakekeeper.warehouses()]);
    return { version, warehouses };
  });
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

async function apply(
  action: WarehouseAction,
  credential: StorageCredential,
  lakekeeper: Pick<Lakekeeper, 'activateWarehouse' | 'updateStorage'>,
): Promise<void> {
  const name = nameForMessage(action.name);
  if (action.kind === 'activateWarehouse')
    await whileAsking(`activating the Lakekeeper warehouse ${name}`, () =>
      lakekeeper.activateWarehouse(action.id),
    );
  if (action.kind === 'updateStorage')
    await whileAsking(`updating the storage of the Lakekeeper warehouse ${name}`, () =>
      lakekeeper.updateStorage(action.id, action.profile, credential),
    );
}

/** Why there is no warehouse of the name after a create. */
function inTheWay(
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
  const place = `${profile.bucket}/${profile['key-prefix'] ?? ''}`;
  const names = others.map(({ name: other, id }) => `${nameForMessage(other)} (${id})`).join(', ');
  return new PermanentError(
    `the Lakekeeper warehouse ${nameForMessage(name)} cannot lie in ${nameForMessage(place)}, because ${names} already ${others.length === 1 ? 'lies' : 'lie'} there; give the org another prefix or bucket, or override its warehouse name with the existing one`,
    { cause },
  );
}
