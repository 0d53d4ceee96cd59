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
  /** Where to look when the object store refuses. */
  readonly storeAdvice: (error: LakekeeperError) => string;
}

/**
 * Creates the warehouse. A server that was bootstrapped and died before it made its default project gets one first.
 *
 * @param defaultProject as the server's info says it; undefined when there is to be none.
 * @param onProject called when the project was made.
 * @returns the warehouse, or the server's refusal when the name or the place is taken: the same create twice is
 * refused for its place.
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

/** As the server names it at bootstrap. Another run may be faster. */
async function createDefaultProject(
  id: string,
  lakekeeper: Pick<Lakekeeper, 'createProject'>,
): Promise<void> {
  await lakekeeper.createProject(id, 'Default Project').catch((error: unknown) => {
    if (!hasType(error, 'ProjectIdAlreadyExists')) throw error;
  });
}

/**
 * Changes the warehouse. Storage and credential of one that was just activated may be refused with 404 until
 * the server's cache knows that it is active: reading it by its id fills the cache of the server that answers.
 *
 * @throws StaleCacheError while they are.
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
