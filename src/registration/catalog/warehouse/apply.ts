import type { ObservedWarehouse, StorageCredential } from '../../../clients/lakekeeper/lakekeeper-answers.ts';
import type { Lakekeeper } from '../../../clients/lakekeeper/lakekeeper-client.ts';
import { LakekeeperError, whileAsking } from '../../../clients/lakekeeper/lakekeeper-errors.ts';
import { nameForMessage } from '../../../text/printable.ts';
import type { WarehouseAction } from './plan.ts';
import { StaleCacheError } from './stale-cache.ts';

type CreateWarehouse = WarehouseAction & { readonly kind: 'createWarehouse' };
type ChangeWarehouse = Exclude<WarehouseAction, CreateWarehouse>;

const conflicts = new Set(['WarehouseAlreadyExists', 'CreateWarehouseStorageProfileOverlap']);

export interface ApplyPorts {
  readonly lakekeeper: Pick<
    Lakekeeper,
    | 'createProject'
    | 'createWarehouse'
    | 'activateWarehouse'
    | 'setProtection'
    | 'setManagedBy'
    | 'renameWarehouse'
    | 'warehouse'
    | 'updateStorage'
    | 'replaceCredential'
    | 'setDeleteProfile'
  >;
  /** What to check after an error of the data store. */
  readonly storeAdvice: (error: LakekeeperError) => string;
}

/**
 * Creates the warehouse. Creates the default project before it, if the server crashed between bootstrap and project.
 *
 * @param defaultProject its id from the server's info; undefined if the server has none by setting.
 * @param onProject called after the project was created.
 * @returns the warehouse; the server's error if the name or the location is taken. A repeated create also gets that
 * error, for the location.
 */
export async function createWarehouse(
  action: CreateWarehouse,
  credential: StorageCredential,
  defaultProject: string | undefined,
  { lakekeeper, storeAdvice }: ApplyPorts,
  onProject: (id: string) => void,
): Promise<ObservedWarehouse | LakekeeperError> {
  const create = () =>
    lakekeeper.createWarehouse(action.name, action.profile, credential, action.deleteProfile);
  return whileAsking(
    `creating the Lakekeeper warehouse ${nameForMessage(action.name)}`,
    async () => {
      try {
        return await create().catch(async (error: unknown) => {
          if (!hasType(error, 'ProjectNotFound') || defaultProject === undefined) throw error;
          await createDefaultProject(defaultProject, lakekeeper);
          onProject(defaultProject);
          return create();
        });
      } catch (error) {
        if (error instanceof LakekeeperError && conflicts.has(error.type ?? '')) return error;
        throw error;
      }
    },
    storeAdvice,
  );
}

/** Its name is the one that the server uses at bootstrap. Another run may have created it meanwhile. */
async function createDefaultProject(
  id: string,
  lakekeeper: Pick<Lakekeeper, 'createProject'>,
): Promise<void> {
  await lakekeeper.createProject(id, 'Default Project').catch((error: unknown) => {
    if (!hasType(error, 'ProjectIdAlreadyExists')) throw error;
  });
}

/**
 * Changes the warehouse. After an activation, the server answers 404 to changes of storage and credential until its
 * cache is updated. Reading the warehouse by its id updates the cache of the replica that answers.
 *
 * @throws StaleCacheError while the server answers 404.
 */
export async function changeWarehouse(
  action: ChangeWarehouse,
  credential: StorageCredential,
  { lakekeeper, storeAdvice }: ApplyPorts,
): Promise<void> {
  const { id } = action;
  const name = nameForMessage(action.name);
  const whenServed = (work: Promise<void>) =>
    work.catch((error: unknown) => {
      const isMissing = hasType(error, 'NoSuchWarehouseException') || hasType(error, 'WarehouseNotFound');
      throw isMissing ? new StaleCacheError(`the Lakekeeper warehouse ${name} can be changed`) : error;
    });
  switch (action.kind) {
    case 'activateWarehouse':
      await whileAsking(`activating the Lakekeeper warehouse ${name}`, async () => {
        await lakekeeper.activateWarehouse(id);
        await lakekeeper.warehouse(id);
      });
      return;
    case 'protectWarehouse':
      await whileAsking(`protecting the Lakekeeper warehouse ${name}`, () =>
        lakekeeper.setProtection(id, true),
      );
      return;
    case 'lockWarehouse':
      await whileAsking(
        `letting instance admins alone change the Lakekeeper warehouse ${name}`,
        () => lakekeeper.setManagedBy(id, 'instance-admin'),
        ({ type, meaning }) => (type === 'InstanceAdminRequired' ? notInstanceAdmin : meaning.whatToDo),
      );
      return;
    case 'renameWarehouse':
      await whileAsking(`renaming the Lakekeeper warehouse ${name}`, () =>
        whenServed(lakekeeper.renameWarehouse(id, action.newName)),
      );
      return;
    case 'updateStorage':
      await whileAsking(
        `updating the storage of the Lakekeeper warehouse ${name}`,
        () => whenServed(lakekeeper.updateStorage(id, action.profile, credential)),
        storeAdvice,
      );
      return;
    case 'replaceCredential':
      await whileAsking(
        `replacing the credential of the Lakekeeper warehouse ${name}`,
        () => whenServed(lakekeeper.replaceCredential(id, credential)),
        storeAdvice,
      );
      return;
    case 'setDeleteProfile':
      await whileAsking(`setting the delete profile of the Lakekeeper warehouse ${name}`, () =>
        whenServed(lakekeeper.setDeleteProfile(id, action.deleteProfile)),
      );
  }
}

const notInstanceAdmin =
  'the server does not know this Job as an instance admin; look whether the pods of the catalog have its account in ' +
  'LAKEKEEPER__INSTANCE_ADMINS';

function hasType(error: unknown, type: string): boolean {
  return error instanceof LakekeeperError && error.type === type;
}
