import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import {
  accept,
  type Cloud,
  type Credential,
  canReplace,
  overlaps,
  type Profile,
  type Server,
} from './lakekeeper-storage.ts';

/**
 * A small HTTP server that behaves as Lakekeeper does where registration looks
 * (docs/facts/lakekeeper-management-api.md). `test/contracts/lakekeeper.ts` states that behaviour, for this and for a
 * real server. Simulated: no storage is touched, and everything is in memory.
 */
export interface StandInSettings {
  readonly version?: '0.11.6' | '0.12.2' | '0.13.3';
  /** The tokens that are accepted; without it, authentication is off. */
  readonly tokens?: readonly string[];
  /** The clouds whose system identities are switched on. */
  readonly systemIdentities?: readonly Cloud[];
  /** Without a slash at its end. The Host header is used when it is absent. */
  readonly baseURI?: string;
  readonly authorizer?: string;
  readonly isBootstrapped?: boolean;
}

/** What goes wrong with a request. With `afterwards` the server does what it was asked, and only the answer is lost. */
export type Fault = { readonly afterwards?: boolean } & (
  | {
      readonly kind: 'status';
      readonly status: number;
      readonly headers?: Record<string, string>;
      readonly body?: string;
    }
  /** Answers when the promise is settled. */
  | { readonly kind: 'delay'; readonly until: Promise<unknown> }
  | { readonly kind: 'cut' | 'halfBody' | 'notJSON' | 'silence' }
);

export interface StoredWarehouse {
  id: string;
  name: string;
  isActive: boolean;
  profile: Profile;
  credential: Credential | undefined;
}

export interface SeenRequest {
  readonly method: string;
  /** With its query. */
  readonly url: string;
  readonly authorization: string | undefined;
  readonly body: string;
}

export interface LakekeeperStandIn {
  readonly url: string;
  /** Change them at any time. */
  settings: StandInSettings;
  isBootstrapped: boolean;
  readonly warehouses: StoredWarehouse[];
  readonly requests: SeenRequest[];
  /** Requests that may have changed something. */
  writes(): SeenRequest[];
  /** The next request whose `METHOD /path` begins like this goes wrong; faults queue up. */
  fail(request: string, fault: Fault): void;
  /** Called before the next request whose `METHOD /path` begins like this, to be faster than it. */
  before(request: string, event: () => void): void;
  stop(): Promise<void>;
}

interface Answer {
  readonly status: number;
  readonly body?: unknown;
  readonly text?: string;
  readonly headers?: Record<string, string>;
}

const nilProject = '00000000-0000-0000-0000-000000000000';

/** Starts a stand-in on a free port of this machine. */
export async function startLakekeeper(settings: StandInSettings = {}): Promise<LakekeeperStandIn> {
  const faults: { request: string; fault: Fault }[] = [];
  const events: { request: string; event: () => void }[] = [];
  const server = createServer((request, response) => {
    void respond(request, response).catch((error: unknown) => response.destroy(error as Error));
  });

  const respond = async (request: IncomingMessage, response: ServerResponse) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const seen: SeenRequest = {
      method: request.method ?? '',
      url: request.url ?? '',
      authorization: request.headers.authorization,
      body: Buffer.concat(chunks).toString(),
    };
    standIn.requests.push(seen);
    const isFor = ({ request: wanted }: { request: string }) =>
      `${seen.method} ${seen.url}`.startsWith(wanted);
    for (const { event } of takeFirst(events, isFor)) event();
    const [failure] = takeFirst(faults, isFor);
    const fault = failure?.fault;
    if (fault?.kind === 'delay') await fault.until;
    const isDone = fault === undefined || fault.kind === 'delay' || fault.afterwards === true;
    const answer = isDone ? answerTo(standIn, seen, request.headers.host ?? '') : { status: 200, body: {} };
    send(response, answer, fault);
  };

  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const standIn: LakekeeperStandIn = {
    url: `http://127.0.0.1:${port}`,
    settings,
    isBootstrapped: settings.isBootstrapped ?? false,
    warehouses: [],
    requests: [],
    writes: () => standIn.requests.filter(({ method }) => method !== 'GET'),
    fail: (request, fault) => faults.push({ request, fault }),
    before: (request, event) => events.push({ request, event }),
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
  return standIn;
}

function takeFirst<T>(from: T[], isWanted: (item: T) => boolean): T[] {
  const index = from.findIndex(isWanted);
  return index < 0 ? [] : from.splice(index, 1);
}

function send(response: ServerResponse, answer: Answer, fault: Fault | undefined): void {
  if (fault?.kind === 'silence') return;
  if (fault?.kind === 'cut') {
    response.destroy();
    return;
  }
  if (fault?.kind === 'status') {
    response.writeHead(fault.status, fault.headers).end(fault.body);
    return;
  }
  if (fault?.kind === 'notJSON') {
    response.writeHead(200, { 'content-type': 'text/html' }).end('<html>one moment please</html>');
    return;
  }
  const body = answer.text ?? (answer.body === undefined ? '' : JSON.stringify(answer.body));
  const headers = {
    ...(answer.text === undefined && body !== '' ? { 'content-type': 'application/json' } : {}),
    ...(body === '' ? {} : { 'content-length': String(Buffer.byteLength(body)) }),
    ...answer.headers,
  };
  response.writeHead(answer.status, headers);
  if (fault?.kind !== 'halfBody') {
    response.end(body);
    return;
  }
  response.write(body.slice(0, Math.floor(body.length / 2)), () => response.destroy());
}

function answerTo(standIn: LakekeeperStandIn, request: SeenRequest, host: string): Answer {
  const url = new URL(request.url, 'http://stand-in');
  const path = url.pathname;
  if (path === '/health') return { status: 200, body: { health: 'ok', services: {} } };
  if (!/^\/(management|catalog)\/v1\//.test(path)) return { status: 404 };
  const refusal = authenticate(standIn, request);
  if (refusal) return refusal;

  const route = `${request.method} ${path}`;
  if (route === 'GET /management/v1/info') return { status: 200, body: info(standIn) };
  if (route === 'GET /catalog/v1/config') return config(standIn, url, host);
  if (route === 'GET /management/v1/warehouse') return list(standIn, url);
  const [, id, action] = /^\/management\/v1\/warehouse\/([^/]+)(?:\/([a-z-]+))?$/.exec(path) ?? [];
  if (request.method === 'DELETE' && id !== undefined && action === undefined) {
    const found = standIn.warehouses.findIndex((warehouse) => warehouse.id === id);
    if (found < 0) return unknownWarehouse(standIn);
    standIn.warehouses.splice(found, 1);
    return { status: 204 };
  }
  if (request.method !== 'POST') return { status: id === undefined ? 404 : 405 };
  if (action === 'activate' || action === 'deactivate') return activate(standIn, id, action === 'activate');

  const body = parse(request.body);
  if (body === undefined) return { status: 400, text: 'Failed to parse the request body as JSON' };
  if (path === '/management/v1/bootstrap') return bootstrap(standIn, body);
  if (path === '/management/v1/warehouse') return create(standIn, body);
  if (action === 'storage') return updateStorage(standIn, id, body);
  if (action === 'storage-credential') return updateCredential(standIn, id, body);
  return { status: 404 };
}

function authenticate({ settings }: LakekeeperStandIn, { authorization }: SeenRequest): Answer | undefined {
  if (settings.tokens === undefined) return undefined;
  const token = /^Bearer (.+)$/.exec(authorization ?? '')?.[1];
  if (token !== undefined && settings.tokens.includes(token)) return undefined;
  const type = token === undefined ? 'MissingAuthorizationHeader' : 'AuthenticationFailed';
  return isBefore(settings, '0.12') ? { status: 401, text: 'Unauthorized' } : error(401, type);
}

function info({ settings, isBootstrapped }: LakekeeperStandIn): object {
  const { version = '0.12.2', authorizer = 'allow-all', systemIdentities = [] } = settings;
  return {
    bootstrapped: isBootstrapped,
    'server-id': nilProject,
    'default-project-id': nilProject,
    'authz-backend': authorizer,
    'aws-system-identities-enabled': systemIdentities.includes('aws'),
    'azure-system-identities-enabled': systemIdentities.includes('azure'),
    'gcp-system-identities-enabled': systemIdentities.includes('gcp'),
    queues: [],
    version,
    ...(isBefore(settings, '0.12') ? {} : { 'lakekeeper-version': version }),
  };
}

function bootstrap(standIn: LakekeeperStandIn, body: Record<string, unknown>): Answer {
  if (typeof body['accept-terms-of-use'] !== 'boolean')
    return { status: 422, text: 'missing field `accept-terms-of-use`' };
  if (!body['accept-terms-of-use']) return error(400, 'TermsOfUseNotAccepted');
  if (standIn.isBootstrapped) return error(400, 'CatalogAlreadyBootstrapped');
  standIn.isBootstrapped = true;
  return { status: 204 };
}

function config(standIn: LakekeeperStandIn, url: URL, host: string): Answer {
  const wanted = url.searchParams.get('warehouse');
  if (!wanted) return error(400, 'GetConfigNoWarehouseProvided');
  const found = standIn.warehouses.find(({ name, isActive }) => isActive && sameName(name, wanted));
  if (found === undefined) return unknownWarehouse(standIn);
  return {
    status: 200,
    body: {
      defaults: { prefix: found.id, 'rest-page-size': '100' },
      overrides: { uri: `${standIn.settings.baseURI ?? `http://${host}`}/catalog` },
      endpoints: [],
    },
  };
}

function list(standIn: LakekeeperStandIn, url: URL): Answer {
  const statuses = url.searchParams.getAll('warehouseStatus');
  const wanted = statuses.length === 0 ? ['active'] : statuses;
  const warehouses = standIn.warehouses
    .filter(({ isActive }) => wanted.includes(isActive ? 'active' : 'inactive'))
    .map((warehouse) => shown(standIn, warehouse));
  return { status: 200, body: { warehouses } };
}

function shown({ settings }: LakekeeperStandIn, warehouse: StoredWarehouse): object {
  const { type, 'credential-type': credentialType } = warehouse.credential ?? {};
  const hasType = credentialType !== undefined && !isBefore(settings, '0.12');
  return {
    id: warehouse.id,
    'warehouse-id': warehouse.id,
    name: warehouse.name,
    'project-id': nilProject,
    status: warehouse.isActive ? 'active' : 'inactive',
    protected: false,
    'storage-profile': warehouse.profile,
    'delete-profile': { type: 'hard' },
    ...(hasType ? { 'storage-credential-type': { type, 'credential-type': credentialType } } : {}),
  };
}

/** In the server's order: name, profile, storage and overlap, and only then the database, which knows the names. */
function create(standIn: LakekeeperStandIn, body: Record<string, unknown>): Answer {
  const name = body['warehouse-name'];
  if (typeof name !== 'string') return { status: 422, text: 'missing field `warehouse-name`' };
  if (name === '') return error(400, 'EmptyWarehouseName');
  if (Buffer.byteLength(name) > 128) return error(400, 'WarehouseNameTooLong');
  const storage = acceptedStorage(standIn, body);
  if ('status' in storage) return storage;
  const seesInactive = !isBefore(standIn.settings, '0.13');
  if (
    standIn.warehouses.some(
      (other) => (other.isActive || seesInactive) && overlaps(other.profile, storage.profile),
    )
  )
    return error(400, 'CreateWarehouseStorageProfileOverlap');
  if (standIn.warehouses.some((other) => sameName(other.name, name)))
    return error(409, 'WarehouseAlreadyExists');
  const warehouse = { id: randomUUID(), name, isActive: true, ...storage };
  standIn.warehouses.push(warehouse);
  return { status: 201, body: shown(standIn, warehouse) };
}

function activate(standIn: LakekeeperStandIn, id: string | undefined, isActive: boolean): Answer {
  const warehouse = standIn.warehouses.find((candidate) => candidate.id === id);
  if (warehouse === undefined) return unknownWarehouse(standIn);
  warehouse.isActive = isActive;
  return { status: 200 };
}

function updateStorage(
  standIn: LakekeeperStandIn,
  id: string | undefined,
  body: Record<string, unknown>,
): Answer {
  const warehouse = standIn.warehouses.find((candidate) => candidate.id === id && candidate.isActive);
  if (warehouse === undefined) return unknownWarehouse(standIn);
  const storage = acceptedStorage(standIn, body);
  if ('status' in storage) return storage;
  if (!canReplace(storage.profile, warehouse.profile, storageServer(standIn)))
    return error(400, 'UpdateError');
  Object.assign(warehouse, storage);
  return { status: 200, body: shown(standIn, warehouse) };
}

/** Absent, it is taken away. */
function updateCredential(
  standIn: LakekeeperStandIn,
  id: string | undefined,
  body: Record<string, unknown>,
): Answer {
  const warehouse = standIn.warehouses.find((candidate) => candidate.id === id);
  if (warehouse === undefined) return unknownWarehouse(standIn);
  const credential = object(body['new-storage-credential']);
  const storage = accepted(standIn, warehouse.profile, credential);
  if ('status' in storage) return storage;
  warehouse.credential = credential;
  return { status: 200, body: shown(standIn, warehouse) };
}

interface Storage {
  readonly profile: Profile;
  readonly credential: Credential | undefined;
}

function acceptedStorage(standIn: LakekeeperStandIn, body: Record<string, unknown>): Storage | Answer {
  return accepted(standIn, object(body['storage-profile']), object(body['storage-credential']));
}

function accepted(
  standIn: LakekeeperStandIn,
  profile: Profile | undefined,
  credential: Credential | undefined,
): Storage | Answer {
  const verdict = accept(profile, credential, storageServer(standIn));
  if ('text' in verdict) return { status: 422, text: verdict.text };
  return 'type' in verdict ? error(400, verdict.type) : { profile: verdict.profile, credential };
}

function storageServer({ settings }: LakekeeperStandIn): Server {
  return { is011: isBefore(settings, '0.12'), systemIdentities: settings.systemIdentities ?? [] };
}

function error(status: number, type: string): Answer {
  return {
    status,
    body: { error: { message: `${type}, says the stand-in`, type, code: status, stack: [] } },
  };
}

function unknownWarehouse({ settings }: LakekeeperStandIn): Answer {
  return error(404, isBefore(settings, '0.12.1') ? 'WarehouseNotFound' : 'NoSuchWarehouseException');
}

function isBefore({ version = '0.12.2' }: StandInSettings, other: string): boolean {
  return version.localeCompare(other, 'en', { numeric: true }) < 0;
}

function sameName(a: string, b: string): boolean {
  return a.toLowerCase() === b.toLowerCase();
}

function parse(text: string): Record<string, unknown> | undefined {
  try {
    return object(JSON.parse(text));
  } catch {
    return undefined;
  }
}

function object(value: unknown): Record<string, unknown> | undefined {
  return typeof value === 'object' && value !== null ? { ...value } : undefined;
}
