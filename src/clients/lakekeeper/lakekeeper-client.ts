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
 * The part of Lakekeeper's management API that registration needs, and one request of the catalog API. Every request
 * is retried while the server is busy. That is safe: reads and updates are idempotent, and a repeated create is
 * refused because of the first one. Paths and fields: docs/facts/lakekeeper-management-api.md.
 *
 * Every method throws LakekeeperError.
 */
export interface Lakekeeper {
  info(): Promise<ServerInfo>;
  /** `info` without a token; `refused` if the server requires one (401). */
  anonymousInfo(): Promise<ServerInfo | 'refused'>;
  /** Accepts the terms of use. The caller becomes the server's operator. */
  bootstrap(): Promise<void>;
  createProject(id: string, name: string): Promise<void>;
  /** Of the default project. No release up to 0.13 lists inactive warehouses. */
  activeWarehouses(): Promise<ObservedWarehouse[]>;
  /** Of the default project; undefined if the server does not support the query (up to 0.13.3). */
  inactiveWarehouses(): Promise<ObservedWarehouse[] | undefined>;
  /** An active or inactive warehouse; undefined if there is none with this id. */
  warehouse(id: string): Promise<ObservedWarehouse | undefined>;
  createWarehouse(
    name: string,
    profile: StorageProfile,
    credential: StorageCredential,
    deleteProfile?: StorageProfile,
  ): Promise<ObservedWarehouse>;
  activateWarehouse(id: string): Promise<void>;
  /** Sets the protection from deletion, of active and inactive warehouses. */
  setProtection(id: string, isProtected: boolean): Promise<void>;
  /** Only instance admins may do this. Since 0.13. */
  setManagedBy(id: string, managedBy: 'self-managed' | 'instance-admin'): Promise<void>;
  /** Active warehouses only. */
  renameWarehouse(id: string, name: string): Promise<void>;
  /** Replaces profile and credential: an update without the credential removes it. Active warehouses only. */
  updateStorage(id: string, profile: StorageProfile, credential: StorageCredential): Promise<void>;
  setDeleteProfile(id: string, profile: StorageProfile): Promise<void>;
  /** Replaces only the credential. Active warehouses only. */
  replaceCredential(id: string, credential: StorageCredential): Promise<void>;
  /**
   * Lets the server test its stored profile and credential: it writes and removes a probe file. Undefined if the
   * server does not support the request: no release up to 0.13.3 does (docs/facts/lakekeeper-versions.md §1.4).
   */
  validateAccess(id: string): Promise<StorageReport | undefined>;
  /** What an engine receives when it attaches the warehouse; undefined if there is no active one with this name. */
  catalogConfig(warehouse: string): Promise<CatalogConfig | undefined>;
}

/**
 * The client of one server. Sends no request.
 *
 * @throws PermanentError if requests cannot be sent to the server's URL.
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
      // A server that supports the query takes several values as repeated keys (docs/facts/lakekeeper-versions.md
      // §1.2).
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

/** The answer; `refused` for an error that `isAnswer` accepts. */
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

/** The server's web framework refuses an unknown query parameter in plain text, without an error type. */
function isUnknownQuery({ status, type }: LakekeeperError): boolean {
  return status === 400 && type === undefined;
}

/** A 404 without an error type. The one for a warehouse that does not exist has a type. */
function isUnknownPath({ status, type }: LakekeeperError): boolean {
  return status === 404 && type === undefined;
}

/** The server also answers with it when the caller may not see the warehouse. */
function isMissingWarehouse({ type }: LakekeeperError): boolean {
  return type === 'NoSuchWarehouseException' || type === 'WarehouseNotFound';
}

function isServerURL(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, username, password } = new URL(text);
  return /^https?:$/.test(protocol) && username === '' && password === '';
}
