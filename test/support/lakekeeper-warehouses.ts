import { randomUUID } from 'node:crypto';
import { type Answer, error, nilProject, object, undecodable } from './lakekeeper-answer.ts';
import type { LakekeeperStandIn, SeenRequest, StoredWarehouse } from './lakekeeper-stand-in.ts';
import { accept, type Credential, moved, overlaps, type Profile, type Server } from './lakekeeper-storage.ts';
import { isBefore } from './lakekeeper-versions.ts';
import { tryOut } from './object-store-stand-in.ts';

/** What the stand-in for Lakekeeper does with warehouses, in the order in which the server checks. */

export function list(standIn: LakekeeperStandIn, url: URL): Answer {
  if (standIn.settings.hasDefaultProject === false) return noProject();
  const wanted = url.searchParams.getAll('warehouseStatus');
  const [first] = wanted;
  // Up to 0.13.3 the framework takes no list from a query, and ignores the spellings with brackets.
  if (first !== undefined && !standIn.settings.isMain)
    return {
      status: 400,
      text: `Failed to deserialize query string: warehouseStatus: invalid type: string "${first}", expected a sequence`,
    };
  const statuses = first === undefined ? ['active'] : wanted;
  return {
    status: 200,
    body: {
      warehouses: standIn.warehouses
        .filter(({ isActive }) => statuses.includes(isActive ? 'active' : 'inactive'))
        .map((warehouse) => shown(standIn, warehouse)),
    },
  };
}

export function create(
  standIn: LakekeeperStandIn,
  body: Record<string, unknown>,
  request: SeenRequest,
): Answer {
  const { settings } = standIn;
  const name = body['warehouse-name'];
  const managedBy = body['managed-by'] ?? 'self-managed';
  if (typeof name !== 'string') return undecodable('missing field `warehouse-name`');
  const knowsManagedBy = !isBefore(settings, '0.13');
  if (knowsManagedBy && managedBy !== 'self-managed' && managedBy !== 'instance-admin')
    return undecodable(
      `managed-by: unknown variant \`${managedBy}\`, expected \`self-managed\` or \`instance-admin\``,
    );
  if (settings.hasDefaultProject === false) return noProject();
  if (knowsManagedBy && managedBy === 'instance-admin' && !isInstanceAdmin(standIn, request))
    return managed();
  if (name === '') return error(400, 'EmptyWarehouseName', 'Warehouse name cannot be empty');
  if (Buffer.byteLength(name) > 128)
    return error(400, 'WarehouseNameTooLong', 'Warehouse must be shorter than 128 chars');
  const storage = acceptedStorage(standIn, body);
  if ('refusal' in storage) return storage.refusal;
  const seesInactive = !isBefore(settings, '0.13');
  const overlapped = standIn.warehouses.find(
    (other) => (other.isActive || seesInactive) && overlaps(profileOf(standIn, other), storage.profile),
  );
  if (overlapped !== undefined)
    return error(
      400,
      'CreateWarehouseStorageProfileOverlap',
      `Storage profile overlaps with existing warehouse ${overlapped.name}`,
    );
  const context = 'Error creating warehouse in catalog';
  if (!standIn.projects.has(nilProject))
    return error(404, 'ProjectNotFound', `Project with id '${nilProject}' not found`, context);
  if (standIn.warehouses.some((other) => sameName(other.name, name)))
    return error(
      409,
      'WarehouseAlreadyExists',
      `A warehouse with the name '${name}' already exists in project with id '${nilProject}'`,
      context,
    );
  const warehouse: StoredWarehouse = {
    id: randomUUID(),
    name,
    isActive: true,
    ...storage,
    deleteProfile: object(body['delete-profile']),
    ...(managedBy === 'instance-admin' && { managedBy }),
    encryptionKey: settings.encryptionKey,
  };
  standIn.warehouses.push(warehouse);
  return { status: 201, body: shown(standIn, warehouse) };
}

/** A request for one warehouse. @param action what follows its id, if anything. */
export function ofOneWarehouse(
  standIn: LakekeeperStandIn,
  id: string,
  action: string | undefined,
  request: SeenRequest,
  parse: () => Record<string, unknown> | Answer,
): Answer {
  const found = standIn.warehouses.find((warehouse) => warehouse.id === id);
  const invalid = found === undefined ? malformedId(id) : undefined;
  if (invalid !== undefined) return invalid;
  if (action === undefined && request.method === 'GET') {
    if (found !== undefined) found.staleConfigs = 0;
    return found === undefined ? unknownId(standIn, id) : { status: 200, body: shown(standIn, found) };
  }
  if (action === undefined && request.method === 'DELETE') return remove(standIn, id, found, request);
  if (request.method !== 'POST') return { status: 405 };
  const change = action === undefined ? undefined : changes[action];
  if (change === undefined || (action === validateAccess && !standIn.settings.isMain)) return { status: 404 };
  const body = change.hasBody ? parse() : {};
  if ('status' in body) return body as Answer;
  const isReachable = found !== undefined && (found.isActive || !change.isForActive);
  if (!isReachable) return unknownId(standIn, id);
  if (change.isLocked && found.managedBy === 'instance-admin' && !isInstanceAdmin(standIn, request))
    return managed('Error verifying warehouse spec is mutable');
  const answer = change.make(standIn, found, body, request);
  if (answer.status === 200 && action !== 'managed-by') found.updatedAt = new Date().toISOString();
  return answer.status === 200 && change.isShown ? { status: 200, body: shown(standIn, found) } : answer;
}

interface Change {
  readonly hasBody: boolean;
  readonly isForActive: boolean;
  readonly isLocked: boolean;
  /** Whether the warehouse is answered. */
  readonly isShown: boolean;
  make(
    standIn: LakekeeperStandIn,
    warehouse: StoredWarehouse,
    body: Record<string, unknown>,
    request: SeenRequest,
  ): Answer;
}

const done: Answer = { status: 200 };
const activation = (isActive: boolean): Change => ({
  hasBody: false,
  isForActive: false,
  isLocked: true,
  isShown: false,
  make: ({ settings }, warehouse) => {
    warehouse.staleConfigs = isActive && !warehouse.isActive ? (settings.staleConfigs ?? 0) : 0;
    warehouse.isActive = isActive;
    return done;
  },
});
const ofStorage = { hasBody: true, isForActive: true, isLocked: true, isShown: true };

/** Only the main branch knows it (docs/facts/lakekeeper-versions.md §1.4). */
const validateAccess = 'storage/validate-access';

const changes: Readonly<Record<string, Change>> = {
  [validateAccess]: {
    hasBody: false,
    isForActive: false,
    isLocked: false,
    isShown: false,
    make: (standIn, warehouse) => {
      const { objectStores } = standIn.settings;
      const refusal =
        objectStores && tryOut(profileOf(standIn, warehouse), warehouse.credential, objectStores);
      const name = 'lakekeeper-read-write';
      const check = refusal
        ? { name, status: 'failed', ...object(refusal.body) }
        : { name, status: 'passed' };
      return { status: 200, body: { valid: refusal === undefined, checks: [check] } };
    },
  },
  activate: activation(true),
  deactivate: activation(false),
  storage: {
    ...ofStorage,
    make: (standIn, warehouse, body) => {
      const storage = acceptedStorage(standIn, body);
      if ('refusal' in storage) return storage.refusal;
      const refusal = moved(storage.profile, profileOf(standIn, warehouse), storageServer(standIn));
      if (refusal === undefined)
        Object.assign(warehouse, storage, { encryptionKey: standIn.settings.encryptionKey });
      return refusal ?? done;
    },
  },
  // Absent, it is taken away.
  'storage-credential': {
    ...ofStorage,
    make: (standIn, warehouse, body) => {
      const credential = object(body['new-storage-credential']);
      const storage = accepted(standIn, profileOf(standIn, warehouse), credential);
      if ('refusal' in storage) return storage.refusal;
      Object.assign(warehouse, { credential, encryptionKey: standIn.settings.encryptionKey });
      return done;
    },
  },
  rename: {
    ...ofStorage,
    make: (standIn, warehouse, body) => {
      const name = String(body['new-name']);
      if (standIn.warehouses.some((other) => other !== warehouse && sameName(other.name, name)))
        return error(
          503,
          'CatalogBackendError',
          'Catalog backend error (Unexpected): error returned from database: duplicate key value ' +
            'violates unique constraint "unique_warehouse_name_in_project" at line 664',
        );
      warehouse.name = name;
      return done;
    },
  },
  'delete-profile': {
    ...ofStorage,
    make: (_, warehouse, body) => {
      warehouse.deleteProfile = object(body['delete-profile']);
      return done;
    },
  },
  protection: {
    hasBody: true,
    isForActive: false,
    isLocked: true,
    isShown: false,
    make: (_, warehouse, body) => {
      warehouse.isProtected = body.protected === true;
      const updated = { protected: warehouse.isProtected, updated_at: new Date().toISOString() };
      return { status: 200, body: updated };
    },
  },
  'managed-by': {
    hasBody: true,
    isForActive: false,
    isLocked: false,
    isShown: true,
    make: (standIn, warehouse, body, request) => {
      if (isBefore(standIn.settings, '0.13')) return { status: 404 };
      if (!isInstanceAdmin(standIn, request))
        return error(
          403,
          'InstanceAdminRequired',
          'Action `set_warehouse_managed_by` requires instance-admin privilege.',
        );
      warehouse.managedBy = String(body['managed-by']);
      return done;
    },
  },
};

function remove(
  standIn: LakekeeperStandIn,
  id: string,
  found: StoredWarehouse | undefined,
  request: SeenRequest,
): Answer {
  if (found === undefined) return unknownId(standIn, id);
  if (found.managedBy === 'instance-admin' && !isInstanceAdmin(standIn, request))
    return managed('Error verifying warehouse spec is mutable');
  if (found.isProtected)
    return error(
      409,
      'WarehouseProtected',
      'Warehouse is protected and force flag not set. Cannot delete protected warehouse.',
      'Error deleting warehouse in catalog',
    );
  standIn.warehouses.splice(standIn.warehouses.indexOf(found), 1);
  return { status: 204 };
}

export function unknownName({ settings }: LakekeeperStandIn, name: string): Answer {
  return error(404, missingType(settings), `A warehouse '${name}' does not exist`);
}

function unknownId({ settings }: LakekeeperStandIn, id: string): Answer {
  return error(
    404,
    missingType(settings),
    `A warehouse with id '${id}' does not exist`,
    'Warehouse not found or access denied',
  );
}

function missingType(settings: LakekeeperStandIn['settings']): string {
  return isBefore(settings, '0.12.1') ? 'WarehouseNotFound' : 'NoSuchWarehouseException';
}

function malformedId(id: string): Answer | undefined {
  if (/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(id)) return undefined;
  const [character = ''] = /[^0-9a-f-]/i.exec(id) ?? [];
  const said = `UUID parsing failed: invalid character: found \`${character}\` at ${id.indexOf(character)}`;
  return { status: 400, text: `Invalid URL: Cannot parse \`warehouse_id\` with value \`${id}\`: ${said}` };
}

function managed(...context: string[]): Answer {
  return error(
    403,
    'WarehouseManaged',
    "Warehouse spec is managed by 'instance-admin' and cannot be modified by this caller. Manage it " +
      'through the controlling instance admin (e.g. your operator / IaC), or have an instance admin ' +
      'clear the managed-by marker.',
    ...context,
  );
}

function noProject(): Answer {
  return error(
    400,
    'ProjectIdMissing',
    'This endpoint requires a project ID to be specified, but none was provided. Please set the x-project-id header.',
  );
}

function isInstanceAdmin({ settings }: LakekeeperStandIn, { authorization }: SeenRequest): boolean {
  return settings.instanceAdmins?.some((token) => authorization === `Bearer ${token}`) ?? false;
}

export function shown(standIn: LakekeeperStandIn, warehouse: StoredWarehouse): object {
  const { settings } = standIn;
  const { type, 'credential-type': credentialType } = warehouse.credential ?? {};
  // What was encrypted with another key cannot be read.
  const isReadable = warehouse.encryptionKey === settings.encryptionKey;
  const hasType = credentialType !== undefined && isReadable && !isBefore(settings, '0.12');
  return {
    id: warehouse.id,
    'warehouse-id': warehouse.id,
    name: warehouse.name,
    'project-id': nilProject,
    'storage-profile': profileOf(standIn, warehouse),
    ...(hasType ? { 'storage-credential-type': { type, 'credential-type': credentialType } } : {}),
    'delete-profile': warehouse.deleteProfile ?? { type: 'hard' },
    status: warehouse.isActive ? 'active' : 'inactive',
    protected: warehouse.isProtected ?? false,
    ...(isBefore(settings, '0.13')
      ? {}
      : { 'managed-by': warehouse.managedBy ?? 'self-managed', 'allowed-format-versions': [1, 2, 3] }),
    'updated-at': warehouse.updatedAt ?? null,
  };
}

/** In the form of the server, also when a test put it there in another one. */
function profileOf(standIn: LakekeeperStandIn, { profile }: StoredWarehouse): Profile {
  const kept = accept(profile, undefined, { ...storageServer(standIn), takesNoCredential: true });
  return 'profile' in kept ? kept.profile : profile;
}

type Storage = { readonly profile: Profile; readonly credential: Credential | undefined };

function acceptedStorage(
  standIn: LakekeeperStandIn,
  body: Record<string, unknown>,
): Storage | { readonly refusal: Answer } {
  return accepted(standIn, object(body['storage-profile']), object(body['storage-credential']));
}

function accepted(
  standIn: LakekeeperStandIn,
  profile: Profile | undefined,
  credential: Credential | undefined,
): Storage | { readonly refusal: Answer } {
  const kept = accept(profile, credential, storageServer(standIn));
  if ('refusal' in kept) return kept;
  const { objectStores } = standIn.settings;
  const refusal = objectStores && tryOut(kept.profile, credential, objectStores);
  return refusal === undefined ? { ...kept, credential } : { refusal };
}

function storageServer({ settings }: LakekeeperStandIn): Server {
  return { is011: isBefore(settings, '0.12'), systemIdentities: settings.systemIdentities ?? [] };
}

function sameName(a: string, b: string): boolean {
  return a.toLowerCase() === b.toLowerCase();
}
