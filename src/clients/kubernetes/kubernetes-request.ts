import type { IncomingMessage } from 'node:http';
import type { RequestOptions } from 'node:https';
import { retryAfterMs } from '../back-off.ts';
import { exchange, textOf, withTimeout } from '../http-exchange.ts';
import type { KubernetesConnection } from './kubernetes-connection.ts';
import { KubernetesError, refusalOf, type Status } from './kubernetes-errors.ts';

/** A kind of object, as URLs name it. */
export interface Resource {
  /** Empty for the core group. */
  readonly group: string;
  readonly version: string;
  readonly plural: string;
}

export type Verb = 'get' | 'list' | 'watch' | 'create' | 'patch' | 'delete';

export interface Call {
  readonly verb: Verb;
  readonly resource: Resource;
  /** Empty for a list over all namespaces. */
  readonly namespace: string;
  readonly name?: string;
  readonly subresource?: string;
  readonly query?: Readonly<Record<string, string>>;
  /** The object for `create`, a JSON merge patch for `patch`, DeleteOptions for `delete`. */
  readonly body?: unknown;
}

const methods = {
  get: 'GET',
  list: 'GET',
  watch: 'GET',
  create: 'POST',
  patch: 'PATCH',
  delete: 'DELETE',
} as const satisfies Record<Verb, string>;

/** The URL path and query of a call. */
function pathOf({ resource, namespace, name, subresource, query }: Call): string {
  const { group, version, plural } = resource;
  const root = group === '' ? `/api/${version}` : `/apis/${group}/${version}`;
  const inNamespace = namespace === '' ? [] : ['namespaces', namespace];
  const parts = [...inNamespace, plural, name, subresource].filter((part) => part !== undefined);
  const search = query && Object.keys(query).length > 0 ? `?${new URLSearchParams(query)}` : '';
  return `${root}/${parts.map(encodeURIComponent).join('/')}${search}`;
}

/**
 * Sends one request and parses the answer.
 *
 * @throws KubernetesError for an answer that is not a success; Error if there is none, or if it is not JSON.
 */
export async function request<T>(
  connection: KubernetesConnection,
  call: Call,
  timeoutMs: number,
  ends: AbortSignal | undefined,
): Promise<T> {
  // Its wait is none for the server: where requests are limited, those of other orgs go first.
  const options = await connection.options();
  const body = await withTimeout(timeoutMs, ends, async (signal) =>
    textOf(await sendWith(options, connection.server, call, signal)),
  );
  try {
    return JSON.parse(body) as T;
  } catch {
    // Without its cause: the parser's message quotes the answer, which may be a Secret.
    throw new Error('the answer is not JSON');
  }
}

/**
 * Sends one request.
 *
 * @returns a successful answer, its body not read yet.
 * @throws as `request`.
 */
export async function send(
  connection: KubernetesConnection,
  call: Call,
  signal: AbortSignal,
): Promise<IncomingMessage> {
  return sendWith(await connection.options(), connection.server, call, signal);
}

async function sendWith(
  options: RequestOptions,
  server: string,
  call: Call,
  signal: AbortSignal,
): Promise<IncomingMessage> {
  const body = call.body === undefined ? undefined : JSON.stringify(call.body);
  const method = methods[call.verb];
  const type = call.verb === 'patch' ? 'application/merge-patch+json' : 'application/json';
  const headers = {
    ...(options.headers as Record<string, string> | undefined),
    accept: 'application/json',
    'user-agent': 'lakekeeper-gitops',
    ...(body === undefined ? {} : { 'content-type': type }),
  };
  const url = `${server}${pathOf(call)}`;
  const response = await exchange(url, { ...options, method, headers, signal }, body);
  const code = response.statusCode ?? 0;
  if (code >= 200 && code < 300) return response;
  const text = await textOf(response);
  throw errorOf(statusIn(text), code, call, retryAfterMs(response.headers['retry-after']));
}

/** The error of a `Status`, from an answer or from an event of a watch. */
export function errorOf(status: Status, code: number, call: Call, retryAfter?: number): KubernetesError {
  // The message about a refused write of a Secret may contain the Secret (seen with 422 of kube-apiserver 1.36).
  const isSecretWrite = call.resource.plural === 'secrets' && call.body !== undefined;
  const refusal = refusalOf(code, status);
  const mayQuoteSecret =
    isSecretWrite && ![403, 404, 409].includes(code) && refusal !== 'policy' && refusal !== 'webhook';
  const text = mayQuoteSecret ? status.reason : (status.message ?? status.reason);
  return new KubernetesError(
    text ? `${code}: ${text.slice(0, 1000)}` : `the API server answered with ${code}`,
    code,
    status.reason ?? '',
    retryAfter,
    refusal,
  );
}

function statusIn(text: string): Status {
  try {
    const content: unknown = JSON.parse(text);
    return content !== null && typeof content === 'object' ? (content as Status) : {};
  } catch {
    // Such as `404 page not found` of an API group that does not exist, or a proxy's page.
    return {};
  }
}

/** The lines of a streamed answer. Text after the last line break is incomplete, and is left out. */
export async function* linesOf(response: IncomingMessage): AsyncGenerator<string> {
  response.setEncoding('utf8');
  let rest = '';
  for await (const chunk of response) {
    const lines = `${rest}${chunk}`.split('\n');
    rest = lines.pop() ?? '';
    yield* lines.filter((line) => line !== '');
  }
}
