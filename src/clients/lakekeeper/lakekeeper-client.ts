import { PermanentError } from '../../text/errors.ts';
import {
  type CatalogConfig,
  catalogConfig,
  type ObservedWarehouse,
  observedWarehouse,
  observedWarehouses,
  type ServerInfo,
  type StorageCredential,
  type StorageProfile,
  type StorageReport,
  serverInfo,
  storageReport,
} from './lakekeeper-answers.ts';
import { LakekeeperError } from './lakekeeper-errors.ts';
import { type LakekeeperAccess, send } from './lakekeeper-request.ts';

/**
 * Lakekeeper's management API and the one catalog call that registration needs. Every request may be repeated,
 * and is while the server is busy: reads, what is the same when done twice, and the two creates, of which a
 * second one is refused because the first one was done. Paths and fields:
 * docs/facts/lakekeeper-management-api.md.
 */
export interface Lakekeeper {
  info(): Promise<ServerInfo>;
  /** The server's info as anybody is told it; `refused` when a token is wanted (401). */
  anonymousInfo(): Promise<ServerInfo | 'refused'>;
  /** Accepts the terms of use and makes the caller the operator of the server. */
  bootstrap(): Promise<void>;
  createProject(id: string, name: string): Promise<void>;
  /** The active ones of the default project: no release up to 0.13 lists inactive ones. */
  activeWarehouses(): Promise<ObservedWarehouse[]>;
  /** The inactive ones of the default project; undefined when the server is too old for the question (up to 0.13.3). */
  inactiveWarehouses(): Promise<ObservedWarehouse[] | undefined>;
  /** Active or not; undefined when there is none with this id. */
  warehouse(id: string): Promise<ObservedWarehouse | undefined>;
  createWarehouse(
    name: string,
    profile: StorageProfile,
    credential: StorageCredential,
    deleteProfile?: StorageProfile,
  ): Promise<ObservedWarehouse>;
  activateWarehouse(id: string): Promise<void>;
  /** Whether it is protected from being deleted; active or not. */
  setProtection(id: string, isProtected: boolean): Promise<void>;
  /** Only an instance admin may do this. Since 0.13. */
  setManagedBy(id: string, managedBy: 'self-managed' | 'instance-admin'): Promise<void>;
  /** Of active warehouses only. */
  renameWarehouse(id: string, name: string): Promise<void>;
  /**
   * Replaces the profile and the credential: one without the other would remove the credential. Of active
   * warehouses only.
   */
  updateStorage(id: string, profile: StorageProfile, credential: StorageCredential): Promise<void>;
  setDeleteProfile(id: string, profile: StorageProfile): Promise<void>;
  /** Replaces the credential alone. Of active warehouses only. */
  replaceCredential(id: string, credential: StorageCredential): Promise<void>;
  /**
   * Has the server try its access to the storage of a warehouse, with the profile and credential that it has
   * stored: it writes and removes a probe there. Undefined when the server does not know the question: no release
   * up to 0.13.3 does (docs/facts/lakekeeper-versions.md §1.4).
   */
  validateAccess(id: string): Promise<StorageReport | undefined>;
  /** What an engine is told when it attaches the warehouse; undefined when there is no active one of the name. */
  catalogConfig(warehouse: string): Promise<CatalogConfig | undefined>;
}

/**
 * The client of one server. Nothing is asked yet.
 *
 * @throws PermanentError when the server's URL is none that requests can be sent to.
 */
export function connectLakekeeper(access: LakekeeperAccess): Lakekeeper {
  if (!isServerURL(access.serverURL))
    throw new PermanentError(
      "the catalog's server URL is wrong; expected http:// or https://, a host, and neither a user nor a password",
    );
  const get = (path: string, isAnonymous = false) => send(access, { method: 'GET', path, isAnonymous });
  const post = (path: string, body?: object) => send(access, { method: 'POST', path, ...(body && { body }) });
  const infoPath = '/management/v1/info';
  const warehouses = '/management/v1/warehouse';
  const at = (id: string, action: string) => `${warehouses}/${encodeURIComponent(id)}/${action}`;
  return {
    info: async () => serverInfo(await get(infoPath)),
    anonymousInfo: async () => {
      const content = await unless(({ status }) => status === 401, get(infoPath, true));
      return content === refused ? 'refused' : serverInfo(content);
    },
    bootstrap: async () => {
      await post('/management/v1/bootstrap', { 'accept-terms-of-use': true, 'is-operator': true });
    },
    createProject: async (id, name) => {
      await post('/management/v1/project', { 'project-id': id, 'project-name': name });
    },
    activeWarehouses: async () => observedWarehouses(await get(warehouses)),
    inactiveWarehouses: async () => {
      // One value is enough, and repeated keys are all that a server which knows the question takes
      // (docs/facts/lakekeeper-versions.md §1.2).
      const content = await unless(isUnknownQuery, get(`${warehouses}?warehouseStatus=inactive`));
      return content === refused ? undefined : observedWarehouses(content);
    },
    warehouse: async (id) => {
      const content = await unless(isMissingWarehouse, get(`${warehouses}/${encodeURIComponent(id)}`));
      return content === refused ? undefined : observedWarehouse(content);
    },
    createWarehouse: async (name, profile, credential, deleteProfile) =>
      observedWarehouse(
        await post(warehouses, {
          'warehouse-name': name,
          'storage-profile': profile,
          'storage-credential': credential,
          ...(deleteProfile && { 'delete-profile': deleteProfile }),
        }),
      ),
    activateWarehouse: async (id) => {
      await post(at(id, 'activate'));
    },
    setProtection: async (id, isProtected) => {
      await post(at(id, 'protection'), { protected: isProtected });
    },
    setManagedBy: async (id, managedBy) => {
      await post(at(id, 'managed-by'), { 'managed-by': managedBy });
    },
    renameWarehouse: async (id, name) => {
      await post(at(id, 'rename'), { 'new-name': name });
    },
    updateStorage: async (id, profile, credential) => {
      await post(at(id, 'storage'), { 'storage-profile': profile, 'storage-credential': credential });
    },
    setDeleteProfile: async (id, profile) => {
      await post(at(id, 'delete-profile'), { 'delete-profile': profile });
    },
    replaceCredential: async (id, credential) => {
      await post(at(id, 'storage-credential'), { 'new-storage-credential': credential });
    },
    validateAccess: async (id) => {
      const content = await unless(isUnknownPath, post(at(id, 'storage/validate-access')));
      return content === refused ? undefined : storageReport(content);
    },
    catalogConfig: async (warehouse) => {
      const path = `/catalog/v1/config?warehouse=${encodeURIComponent(warehouse)}`;
      const content = await unless(isMissingWarehouse, get(path));
      return content === refused ? undefined : catalogConfig(content);
    },
  };
}

const refused = Symbol('refused');

/** The answer, or `refused` when that is an answer too. */
async function unless(
  isAnswer: (error: LakekeeperError) => boolean,
  answer: Promise<unknown>,
): Promise<unknown> {
  try {
    return await answer;
  } catch (error) {
    if (error instanceof LakekeeperError && isAnswer(error)) return refused;
    throw error;
  }
}

/** The web framework under the server refuses the query: in plain text, without an error type. */
function isUnknownQuery({ status, type }: LakekeeperError): boolean {
  return status === 400 && type === undefined;
}

/** Without an error type: a warehouse that is not there has one. */
function isUnknownPath({ status, type }: LakekeeperError): boolean {
  return status === 404 && type === undefined;
}

/** Nobody is told more than this, also about what he may not see. */
function isMissingWarehouse({ type }: LakekeeperError): boolean {
  return type === 'NoSuchWarehouseException' || type === 'WarehouseNotFound';
}

function isServerURL(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, username, password } = new URL(text);
  return /^https?:$/.test(protocol) && username === '' && password === '';
}
