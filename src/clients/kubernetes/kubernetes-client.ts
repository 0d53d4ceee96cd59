import { request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { setTimeout as sleep } from 'node:timers/promises';
import { PermanentError } from '../../text/errors.ts';
import type { KubernetesConnection } from './kubernetes-connection.ts';

/** A kind of object as it stands in URLs. */
export interface Resource {
  /** Empty for the core group. */
  readonly group: string;
  readonly version: string;
  readonly plural: string;
}

export interface ObjectAddress {
  readonly namespace: string;
  readonly name: string;
}

export interface ObjectMetadata {
  readonly name: string;
  readonly namespace?: string;
  readonly uid: string;
  readonly resourceVersion: string;
  readonly generation?: number;
  readonly creationTimestamp?: string;
  readonly deletionTimestamp?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
}

export interface KubernetesObject {
  readonly metadata: ObjectMetadata;
}

export type Verb = 'get' | 'list' | 'watch' | 'create' | 'patch';

export interface Call {
  readonly verb: Verb;
  readonly resource: Resource;
  readonly namespace: string;
  readonly name?: string;
  readonly subresource?: string;
  readonly query?: Readonly<Record<string, string>>;
  /** JSON to create; a JSON merge patch to patch. */
  readonly body?: unknown;
}

/** What the API server said, by its code; `reason` is the machine-readable one (`AlreadyExists`, `Conflict`, `Expired`). */
export class KubernetesError extends Error {
  override name = 'KubernetesError';
  constructor(
    message: string,
    readonly code: number,
    readonly reason: string,
    readonly retryAfterMs: number | undefined,
  ) {
    super(message);
  }
}

export interface KubernetesClientOptions {
  /** Ends every call: the deadline of the run, SIGTERM. */
  readonly signal?: AbortSignal;
  /** A call that takes longer (milliseconds) is tried again. */
  readonly timeoutMs?: number;
  readonly attempts?: number;
  readonly wait?: (milliseconds: number, signal?: AbortSignal) => Promise<void>;
}

export interface KubernetesClient {
  readonly server: string;
  /**
   * One call, tried again while the failure is transient (429, 500, 502, 503, 504, a timeout, a broken connection). Every
   * caller's request may be repeated: a create has a fixed name and takes 409 as an answer, patches say the whole of what
   * they want, an eviction names the pod's uid.
   *
   * @throws KubernetesError for 404, 409 and 410, and when attempts are used up; PermanentError for 400, 401, 403, 405, 413, 415 and 422.
   */
  call<T>(call: Call, signal?: AbortSignal): Promise<T>;
  /** One connection's events, as they come; ends when the connection does. Never tried again here. */
  watch(call: Call, signal: AbortSignal): AsyncGenerator<WatchEvent>;
  /** Waits before the next attempt, longer after each failure. */
  backOff(failures: number, error: unknown, signal?: AbortSignal): Promise<void>;
}

export type WatchEvent =
  | { readonly type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK'; readonly object: KubernetesObject }
  | { readonly type: 'ERROR'; readonly object: Status };

interface Status {
  readonly message?: string;
  readonly reason?: string;
  readonly code?: number;
}

const transientCodes: ReadonlySet<number> = new Set([408, 429, 500, 502, 503, 504]);
const permanentCodes: ReadonlySet<number> = new Set([400, 401, 403, 405, 413, 415, 422]);
const firstWaitMs = 200;
const longestWaitMs = 10_000;
const longestRetryAfterMs = 60_000;

export function isTransient(error: unknown): boolean {
  if (error instanceof PermanentError) return false;
  return !(error instanceof KubernetesError) || transientCodes.has(error.code);
}

export function hasCode(error: unknown, code: number): boolean {
  return error instanceof KubernetesError && error.code === code;
}

export function kubernetesClient(
  connection: KubernetesConnection,
  {
    signal: ends,
    timeoutMs = 15_000,
    attempts = 6,
    wait = (ms, signal) => sleep(ms, undefined, { ...(signal && { signal }) }),
  }: KubernetesClientOptions = {},
): KubernetesClient {
  const client: KubernetesClient = {
    server: connection.server,
    call: async <T>(call: Call, signal?: AbortSignal): Promise<T> => {
      const all = together(ends, signal);
      let refused = false;
      for (let failures = 0; ; ) {
        all?.throwIfAborted();
        try {
          return await once<T>(connection, call, timeoutMs, all);
        } catch (error) {
          all?.throwIfAborted();
          if (hasCode(error, 401) && !refused) {
            // The token may have been replaced since it was read.
            refused = true;
            continue;
          }
          failures += 1;
          if (!isTransient(error) || failures >= attempts) throw explained(call, connection.server, error);
          await client.backOff(failures, error, signal);
        }
      }
    },
    watch: async function* (call, signal) {
      const response = await send(connection, call, together(ends, signal)).catch((error: unknown) => {
        throw explained(call, connection.server, error);
      });
      for await (const line of linesOf(response)) yield JSON.parse(line) as WatchEvent;
    },
    backOff: async (failures, error, signal) => {
      const grown = Math.min(firstWaitMs * 2 ** (failures - 1), longestWaitMs);
      const asked = error instanceof KubernetesError ? (error.retryAfterMs ?? 0) : 0;
      // Jitter, so that the Jobs of a fleet do not come back all at once.
      const milliseconds = Math.max(grown * (0.5 + Math.random() / 2), Math.min(asked, longestRetryAfterMs));
      const all = together(ends, signal);
      try {
        await wait(milliseconds, all);
      } catch (cause) {
        all?.throwIfAborted();
        throw cause;
      }
    },
  };
  return client;
}

function together(first: AbortSignal | undefined, second: AbortSignal): AbortSignal;
function together(first: AbortSignal | undefined, second: AbortSignal | undefined): AbortSignal | undefined;
function together(first: AbortSignal | undefined, second: AbortSignal | undefined) {
  return first && second ? AbortSignal.any([first, second]) : (first ?? second);
}

/** Path and query of a call. */
export function pathOf({ resource, namespace, name, subresource, query }: Call): string {
  const { group, version, plural } = resource;
  const root = group === '' ? `/api/${version}` : `/apis/${group}/${version}`;
  const parts = ['namespaces', namespace, plural, name, subresource].filter((part) => part !== undefined);
  const search = query && Object.keys(query).length > 0 ? `?${new URLSearchParams(query)}` : '';
  return `${root}/${parts.map(encodeURIComponent).join('/')}${search}`;
}

async function once<T>(
  connection: KubernetesConnection,
  call: Call,
  timeoutMs: number,
  ends: AbortSignal | undefined,
): Promise<T> {
  const timeout = AbortSignal.timeout(timeoutMs);
  const signal = ends ? AbortSignal.any([ends, timeout]) : timeout;
  try {
    const body = await textOf(await send(connection, call, signal));
    return JSON.parse(body) as T;
  } catch (cause) {
    if (cause instanceof KubernetesError) throw cause;
    if (timeout.aborted) throw new Error(`no answer within ${timeoutMs / 1000} s`, { cause });
    // A parser's message would quote the answer, which may be a Secret.
    if (cause instanceof SyntaxError) throw new Error('the answer is not JSON');
    throw cause;
  }
}

async function send(
  connection: KubernetesConnection,
  call: Call,
  signal: AbortSignal,
): Promise<IncomingMessage> {
  const options = await connection.options();
  const body = call.body === undefined ? undefined : JSON.stringify(call.body);
  const method = call.verb === 'create' ? 'POST' : call.verb === 'patch' ? 'PATCH' : 'GET';
  const type = call.verb === 'patch' ? 'application/merge-patch+json' : 'application/json';
  const headers = {
    ...(options.headers as Record<string, string> | undefined),
    accept: 'application/json',
    'user-agent': 'lakekeeper-gitops',
    ...(body === undefined ? {} : { 'content-type': type, 'content-length': Buffer.byteLength(body) }),
  };
  const url = new URL(`${connection.server}${pathOf(call)}`);
  const request = url.protocol === 'http:' ? httpRequest : httpsRequest;
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    const sent = request(url, { ...options, method, headers, signal }, resolve);
    // A peer that is gone without a word is found by the operating system.
    sent.on('socket', (socket) => socket.setKeepAlive(true, 15_000));
    sent.on('error', reject);
    sent.end(body);
  });
  const code = response.statusCode ?? 0;
  if (code >= 200 && code < 300) return response;
  const text = await textOf(response);
  throw errorOf(statusIn(text), code, call, Number(response.headers['retry-after']));
}

/** The error that a `Status` stands for; also one that came inside a watch. */
export function errorOf(status: Status, code: number, call: Call, retryAfterSeconds = Number.NaN) {
  // A refused write of a Secret is answered with the whole Secret (seen with 422 of kube-apiserver 1.36).
  const isWrite = call.resource.plural === 'secrets' && call.body !== undefined;
  const isQuoted = isWrite && ![403, 404, 409].includes(code);
  const said = isQuoted ? status.reason : (status.message ?? status.reason);
  return new KubernetesError(
    said ? `${code}: ${said.slice(0, 1000)}` : `the API server answered with ${code}`,
    code,
    status.reason ?? '',
    Number.isFinite(retryAfterSeconds) ? retryAfterSeconds * 1000 : undefined,
  );
}

/** Says what was tried; of a refusal, which right is missing. */
function explained(call: Call, server: string, cause: unknown): unknown {
  if (!(cause instanceof KubernetesError)) return new Error(`${whileDoing(call)} (${server})`, { cause });
  const { code, reason, retryAfterMs } = cause;
  if (code === 401)
    return new PermanentError(
      `${whileDoing(call)}: the API server at ${server} does not accept our token or certificate (401); check the ServiceAccount or the kubeconfig's user`,
    );
  if (code === 403) return new PermanentError(`${whileDoing(call)}: ${missingRight(call)}`, { cause });
  if (permanentCodes.has(code)) return new PermanentError(whileDoing(call), { cause });
  const error = new KubernetesError(`${whileDoing(call)}: ${cause.message}`, code, reason, retryAfterMs);
  return error;
}

function missingRight({ verb, resource, namespace, name, subresource, query }: Call): string {
  const { group, plural } = resource;
  const what = `${plural}${subresource ? `/${subresource}` : ''}${group ? ` (API group ${group})` : ''}`;
  const named = name ?? /^metadata\.name=(.+)$/.exec(query?.fieldSelector ?? '')?.[1];
  const which = named !== undefined && verb !== 'create' ? `, name ${named}` : '';
  return `the right to ${verb} ${what}${which}, in namespace ${namespace} is missing (403); synth renders it as a Role: is it applied?`;
}

function whileDoing({ verb, resource, namespace, name, subresource, body }: Call): string {
  const of = name ?? (body as { metadata?: { name?: string } } | undefined)?.metadata?.name;
  const what = `${resource.plural}${subresource ? `/${subresource}` : ''}`;
  const doing = { get: 'reading', list: 'listing', watch: 'watching', create: 'creating', patch: 'patching' };
  return `while ${doing[verb]} ${what} ${namespace}${of ? `/${of}` : ''}`;
}

function statusIn(text: string): Status {
  try {
    const content: unknown = JSON.parse(text);
    return content !== null && typeof content === 'object' ? (content as Status) : {};
  } catch {
    // `404 page not found` of an API group that is not there, or a proxy's page.
    return {};
  }
}

async function textOf(response: IncomingMessage): Promise<string> {
  response.setEncoding('utf8');
  let text = '';
  for await (const chunk of response) text += chunk;
  return text;
}

/** The lines of an answer that has not ended. What stands after the last line break was cut off, and is left out. */
async function* linesOf(response: IncomingMessage): AsyncGenerator<string> {
  response.setEncoding('utf8');
  let rest = '';
  for await (const chunk of response) {
    const lines = `${rest}${chunk}`.split('\n');
    rest = lines.pop() ?? '';
    yield* lines.filter((line) => line !== '');
  }
}
