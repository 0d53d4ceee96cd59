import { explain, PermanentError } from '../../text/errors.ts';
import { printable } from '../../text/printable.ts';
import type { Redactions } from '../../text/redactions.ts';

/**
 * Lakekeeper's management API and the one catalog call that registration needs. Every call is one request, with a deadline;
 * whether to try again is the caller's decision. Paths and fields: docs/facts/lakekeeper-management-api.md.
 */
export interface Lakekeeper {
  info(): Promise<ServerInfo>;
  /** Asks for the server's info without a token: `open` when it is answered, `refused` when it is not (401). */
  anonymousAccess(): Promise<'open' | 'refused'>;
  /** Accepts the terms of use and makes the caller the operator of the server. */
  bootstrap(): Promise<void>;
  /** All of the default project, the inactive ones too. */
  warehouses(): Promise<ObservedWarehouse[]>;
  createWarehouse(name: string, profile: StorageProfile, credential: StorageCredential): Promise<void>;
  activateWarehouse(id: string): Promise<void>;
  /** Replaces the profile and the credential: one without the other would remove the credential. */
  updateStorage(id: string, profile: StorageProfile, credential: StorageCredential): Promise<void>;
  /** Replaces the credential alone. */
  replaceCredential(id: string, credential: StorageCredential): Promise<void>;
  /** What an engine is told when it attaches the warehouse. */
  catalogConfig(warehouse: string): Promise<CatalogConfig>;
}

export interface LakekeeperAccess {
  /** Root of the server, without a slash at its end: `http://lakekeeper-acme.lakekeeper.svc:8181`. */
  readonly serverURL: string;
  /** Called for every request, because tokens are renewed; undefined when authentication is off. */
  readonly token: () => Promise<string | undefined>;
  /** Told of the token before it is sent. The secrets of storage credentials it knows from where they are resolved. */
  readonly redactions: Redactions;
  /** How long a request may take, in milliseconds. */
  readonly timeout?: number;
  /** Ends the request under way; what it is aborted with is then thrown. */
  readonly signal?: AbortSignal;
}

export interface ServerInfo {
  readonly bootstrapped: boolean;
  readonly version: string;
  readonly authorizer: string;
  /** The clouds whose identity of its own pods the server uses. */
  readonly systemIdentities: readonly ('aws' | 'azure' | 'gcp')[];
}

export interface ObservedWarehouse {
  readonly id: string;
  readonly name: string;
  readonly isActive: boolean;
  readonly profile: StorageProfile;
  /** As `access-key`. Undefined when there is none, when its secret cannot be read, and always before 0.12. */
  readonly credentialType: string | undefined;
}

/** A storage profile in Lakekeeper's own spelling. */
export type StorageProfile = Readonly<Record<string, unknown>>;

/** A credential in Lakekeeper's own spelling. */
export type StorageCredential = Readonly<Record<string, unknown>>;

export interface CatalogConfig {
  /** Id of the warehouse that the name stands for. */
  readonly prefix: string | undefined;
  /** Where engines are sent. */
  readonly uri: string | undefined;
}

/** The server refused, gave an answer that is none, or could not be reached. The message holds no credential. */
export class LakekeeperError extends Error {
  override name = 'LakekeeperError';
  /** Of the answer; undefined when there was none, or only half of one. */
  readonly status: number | undefined;
  /** Lakekeeper's word for what is wrong, as `WarehouseAlreadyExists`; undefined when the answer did not say. */
  readonly type: string | undefined;
  /** Whether the same request may succeed later. */
  readonly isTransient: boolean;
  /** What the server asked to wait. */
  readonly retryAfterSeconds: number | undefined;

  constructor(message: string, answer: LakekeeperAnswer = {}) {
    super(message);
    this.status = answer.status;
    this.type = answer.type;
    this.isTransient = isTransient(answer);
    this.retryAfterSeconds = answer.retryAfterSeconds;
  }
}

interface LakekeeperAnswer {
  readonly status?: number;
  readonly type?: string | undefined;
  readonly retryAfterSeconds?: number | undefined;
}

/** The server gives up after 30 s by itself (creating a warehouse writes to the bucket), and its own answer says more. */
const defaultTimeout = 40_000;
const longestMessage = 500;

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
  const management = '/management/v1';
  return {
    info: async () => serverInfo(await send(access, 'GET', `${management}/info`)),
    anonymousAccess: async () => {
      try {
        serverInfo(await send({ ...access, token: noToken }, 'GET', `${management}/info`));
        return 'open';
      } catch (error) {
        if (error instanceof LakekeeperError && error.status === 401) return 'refused';
        throw error;
      }
    },
    bootstrap: async () => {
      const terms = { 'accept-terms-of-use': true, 'is-operator': true };
      await send(access, 'POST', `${management}/bootstrap`, terms);
    },
    warehouses: async () =>
      observedWarehouses(
        await send(access, 'GET', `${management}/warehouse?warehouseStatus=active&warehouseStatus=inactive`),
      ),
    createWarehouse: async (name, profile, credential) => {
      await send(access, 'POST', `${management}/warehouse`, {
        'warehouse-name': name,
        'storage-profile': profile,
        'storage-credential': credential,
      });
    },
    activateWarehouse: async (id) => {
      await send(access, 'POST', `${management}/warehouse/${encodeURIComponent(id)}/activate`);
    },
    updateStorage: async (id, profile, credential) => {
      await send(access, 'POST', `${management}/warehouse/${encodeURIComponent(id)}/storage`, {
        'storage-profile': profile,
        'storage-credential': credential,
      });
    },
    replaceCredential: async (id, credential) => {
      await send(access, 'POST', `${management}/warehouse/${encodeURIComponent(id)}/storage-credential`, {
        'new-storage-credential': credential,
      });
    },
    catalogConfig: async (warehouse) =>
      catalogConfig(
        await send(access, 'GET', `/catalog/v1/config?warehouse=${encodeURIComponent(warehouse)}`),
      ),
  };
}

/**
 * Runs a piece of work on the server. A refusal that time does not heal becomes a PermanentError; other errors keep their class.
 *
 * @throws an error that says `while …`, with the error of the work as its cause.
 */
export async function whileAsking<T>(what: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    if (!(cause instanceof LakekeeperError)) throw cause;
    const message = `while ${what}`;
    throw cause.isTransient ? new Error(message, { cause }) : new PermanentError(message, { cause });
  }
}

/** The LakekeeperError among an error and its causes. */
export function lakekeeperErrorIn(error: unknown): LakekeeperError | undefined {
  for (let e = error; e instanceof Error; e = e.cause) if (e instanceof LakekeeperError) return e;
  return undefined;
}

/** Whether a version is at least another one. What is no version counts as newer: it is a build of the main branch. */
export function isAtLeast(version: string, [major, minor]: readonly [number, number]): boolean {
  const [, ...parts] = /^v?(\d+)\.(\d+)/.exec(version) ?? [];
  if (parts.length < 2) return true;
  const [ofMajor = 0, ofMinor = 0] = parts.map(Number);
  return ofMajor > major || (ofMajor === major && ofMinor >= minor);
}

function isServerURL(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, username, password } = new URL(text);
  return /^https?:$/.test(protocol) && username === '' && password === '';
}

const noToken = () => Promise.resolve(undefined);

/** One request, up to the last byte of its answer. @returns the JSON of the answer; undefined when it is empty. */
async function send(access: LakekeeperAccess, method: string, path: string, body?: object): Promise<unknown> {
  const { redactions, signal, timeout = defaultTimeout } = access;
  const token = (await access.token())?.trim();
  if (token) redactions.add(token);
  const what = `${method} ${path.replace(/\?.*/, '')}`;
  const say = (text: string) => printable(redactions.apply(text)).slice(0, longestMessage);

  signal?.throwIfAborted();
  const request = new AbortController();
  const late = setTimeout(() => request.abort(), timeout);
  const stop = () => request.abort();
  signal?.addEventListener('abort', stop);
  let response: Response;
  let text: string;
  try {
    response = await fetch(`${access.serverURL}${path}`, {
      method,
      headers: {
        accept: 'application/json',
        ...(token ? { authorization: `Bearer ${token}` } : {}),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      // Lakekeeper never redirects, and a token must not travel on.
      redirect: 'manual',
      signal: request.signal,
    });
    text = await response.text();
  } catch (error) {
    signal?.throwIfAborted();
    // Not kept as a cause: fetch quotes a header or a URL that it does not like.
    const reason = request.signal.aborted ? `no answer within ${timeout} ms` : innermost(error);
    throw new LakekeeperError(`Lakekeeper did not answer ${what} completely: ${say(reason)}`);
  } finally {
    clearTimeout(late);
    signal?.removeEventListener('abort', stop);
  }

  const content = parseJSON(text);
  if (response.ok) {
    if (text === '' || content !== undefined) return content;
    throw new LakekeeperError(`Lakekeeper answered ${what} with something that is not JSON`);
  }
  const { type, message } = errorModel(content);
  const details = [type, message ?? text].filter((part) => part).join(': ');
  throw new LakekeeperError(`Lakekeeper answered ${what} with ${response.status} ${say(details)}`.trim(), {
    status: response.status,
    type: type === undefined ? undefined : say(type),
    retryAfterSeconds: retryAfter(response.headers.get('retry-after')),
  });
}

/**
 * Refusals of the storage or of the database behind the server: they pass, or they pass once rights have spread in the cloud.
 * And a warehouse that is gone meanwhile: the next run makes it again.
 */
const passingTypes = new Set([
  'PermissionDenied',
  'NotFound',
  'RequestTimeout',
  'ServiceUnavailable',
  'RateLimited',
  'ConditionNotMatch',
  'CredentialsExpired',
  'Unexpected',
  'ShortTermCredentialError',
  'InitializeClientError',
  'CatalogBackendError',
  'ConcurrentBootstrap',
  'NoSuchWarehouseException',
  'WarehouseNotFound',
]);
/** Statuses that the web framework under Lakekeeper gives without an error type, and always will for this request. */
const finalWithoutType = new Set([400, 405, 413, 415, 422]);

function isTransient({ status, type }: LakekeeperAnswer): boolean {
  if (status === undefined || status < 400 || status >= 500) return true;
  // A token at the end of its life is refused as well, and the next one is not.
  if (status === 401 || status === 408 || status === 429) return true;
  // Without a type it is a proxy that answers, or another server.
  return type === undefined ? !finalWithoutType.has(status) : passingTypes.has(type);
}

/** Only seconds: Lakekeeper sends no dates. */
function retryAfter(header: string | null): number | undefined {
  return header !== null && /^\d{1,6}$/.test(header) ? Number(header) : undefined;
}

/** The message of the last cause: the outer one only says `fetch failed`. */
function innermost(error: unknown): string {
  return explain(error).split('\n  because: ').at(-1) ?? '';
}

function parseJSON(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function errorModel(content: unknown): { type?: string | undefined; message?: string | undefined } {
  const { error } = fields(content);
  const { type, message } = fields(error);
  return { type: textOf(type), message: textOf(message) };
}

function serverInfo(content: unknown): ServerInfo {
  const info = fields(content);
  const version = textOf(info['lakekeeper-version']) ?? textOf(info.version);
  const authorizer = textOf(info['authz-backend']);
  if (typeof info.bootstrapped !== 'boolean' || version === undefined || authorizer === undefined)
    throw new LakekeeperError('what answered is no Lakekeeper: its info has no version, or not what it runs');
  return {
    bootstrapped: info.bootstrapped,
    version,
    authorizer,
    systemIdentities: (['aws', 'azure', 'gcp'] as const).filter(
      (cloud) => info[`${cloud}-system-identities-enabled`] === true,
    ),
  };
}

function observedWarehouses(content: unknown): ObservedWarehouse[] {
  const { warehouses } = fields(content);
  if (!Array.isArray(warehouses)) throw new LakekeeperError('Lakekeeper listed no warehouses');
  return warehouses.map((item: unknown) => {
    const warehouse = fields(item);
    const id = textOf(warehouse['warehouse-id']) ?? textOf(warehouse.id);
    const name = textOf(warehouse.name);
    if (id === undefined || name === undefined)
      throw new LakekeeperError('Lakekeeper listed a warehouse without an id or a name');
    return {
      id,
      name,
      isActive: warehouse.status === 'active',
      profile: fields(warehouse['storage-profile']),
      credentialType: textOf(fields(warehouse['storage-credential-type'])['credential-type']),
    };
  });
}

function catalogConfig(content: unknown): CatalogConfig {
  const { defaults, overrides } = fields(content);
  return { prefix: textOf(fields(defaults).prefix), uri: textOf(fields(overrides).uri) };
}

function fields(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? { ...value } : {};
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}
