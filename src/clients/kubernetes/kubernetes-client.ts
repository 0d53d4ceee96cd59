import { setTimeout as sleep } from 'node:timers/promises';
import { PermanentError } from '../../text/errors.ts';
import { type BackOff, backOffMs } from '../back-off.ts';
import type { KubernetesConnection } from './kubernetes-connection.ts';
import {
  isRefusedAs,
  isRetried,
  KubernetesError,
  kubernetesRefusals,
  outcomeOfRefusal,
  type Status,
} from './kubernetes-errors.ts';
import { type Call, linesOf, request, send, type Verb } from './kubernetes-request.ts';

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
  readonly finalizers?: readonly string[];
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
}

export interface KubernetesObject {
  readonly metadata: ObjectMetadata;
}

export interface KubernetesClientOptions {
  /** Ends every call: the deadline of the run, or SIGTERM. */
  readonly signal?: AbortSignal;
  /** Time limit of one attempt. The default is 15 s. */
  readonly timeoutMs?: number;
  /** The number of attempts of one call. The default is 6. */
  readonly attempts?: number;
  readonly wait?: (milliseconds: number, signal?: AbortSignal) => Promise<void>;
}

export interface KubernetesClient {
  /** URL of the API server, for messages. */
  readonly server: string;
  /**
   * One call. It is retried while the failure is transient (408, 429, 500, 502, 503, 504, a timeout, a broken
   * connection). Every request of this product can be repeated: a create has a fixed name and handles 409, a patch has
   * all of the fields that it sets, an eviction has the pod's uid, a delete handles 404.
   *
   * @throws KubernetesError after the last attempt; PermanentError for the rows of `kubernetesRefusals` that need a
   * person; Error when the server did not answer.
   */
  call<T>(call: Call, signal?: AbortSignal): Promise<T>;
  /** The events of one watch connection. It ends when the connection ends, and is not retried. */
  watch(call: Call, signal: AbortSignal): AsyncGenerator<WatchEvent>;
  /** Waits before the next attempt, with exponential back-off. */
  backOff(failures: number, error: unknown, signal?: AbortSignal): Promise<void>;
}

export type WatchEvent =
  | { readonly type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK'; readonly object: KubernetesObject }
  | { readonly type: 'ERROR'; readonly object: Status };

const backOff: BackOff = { firstMs: 200, maxMs: 10_000 };

export function kubernetesClient(
  connection: KubernetesConnection,
  {
    signal: runSignal,
    timeoutMs = 15_000,
    attempts = 6,
    wait = (ms, signal) => sleep(ms, undefined, { ...(signal && { signal }) }),
  }: KubernetesClientOptions = {},
): KubernetesClient {
  const client: KubernetesClient = {
    server: connection.server,
    call: async <T>(call: Call, signal?: AbortSignal): Promise<T> => {
      const aborts = anySignal(runSignal, signal);
      for (let failures = 0; ; ) {
        aborts?.throwIfAborted();
        try {
          return await withRenewedToken(() => request<T>(connection, call, timeoutMs, aborts));
        } catch (error) {
          aborts?.throwIfAborted();
          failures += 1;
          if (!isRetried(error) || failures >= attempts) throw withContext(call, connection.server, error);
          await client.backOff(failures, error, signal);
        }
      }
    },
    watch: async function* (call, signal) {
      const response = await withRenewedToken(() =>
        send(connection, call, anySignal(runSignal, signal)),
      ).catch((error: unknown) => {
        throw withContext(call, connection.server, error);
      });
      for await (const line of linesOf(response)) yield JSON.parse(line) as WatchEvent;
    },
    backOff: async (failures, error, signal) => {
      const retryAfterMs = error instanceof KubernetesError ? error.retryAfterMs : undefined;
      const milliseconds = backOffMs(failures, retryAfterMs, backOff);
      const aborts = anySignal(runSignal, signal);
      try {
        await wait(milliseconds, aborts);
      } catch (cause) {
        aborts?.throwIfAborted();
        throw cause;
      }
    },
  };
  return client;
}

/** Asks once more after 401: the token may have been renewed since it was read. */
async function withRenewedToken<T>(ask: () => Promise<T>): Promise<T> {
  return ask().catch((error: unknown) => {
    if (isRefusedAs(error, 'unauthorized')) return ask();
    throw error;
  });
}

function anySignal(first: AbortSignal | undefined, second: AbortSignal): AbortSignal;
function anySignal(first: AbortSignal | undefined, second: AbortSignal | undefined): AbortSignal | undefined;
function anySignal(first: AbortSignal | undefined, second: AbortSignal | undefined) {
  return first && second ? AbortSignal.any([first, second]) : (first ?? second);
}

/** The error with the call that failed and what to do about it. */
function withContext(call: Call, server: string, cause: unknown): unknown {
  if (!(cause instanceof KubernetesError)) return new Error(`${whileDoing(call)} (${server})`, { cause });
  const { code, reason, retryAfterMs, refusal } = cause;
  if (refusal === 'unauthorized')
    return new PermanentError(
      `${whileDoing(call)}: the API server at ${server} does not accept our token or certificate ` +
        `(401); check the ServiceAccount or the kubeconfig's user`,
      { cause },
    );
  if (refusal === 'missingRight')
    return new PermanentError(`${whileDoing(call)}: ${missingRight(call)}`, { cause });
  const { meaning, whatToDo } = kubernetesRefusals[refusal];
  const advice = ['terminating', 'quota', 'webhook', 'policy', 'forbidden', 'budgets'].includes(refusal)
    ? `; ${meaning}: ${whatToDo}`
    : '';
  const message = `${whileDoing(call)}: ${cause.message}${advice}`;
  return outcomeOfRefusal(cause) === 'needs a person'
    ? new PermanentError(message, { cause })
    : new KubernetesError(message, code, reason, retryAfterMs, refusal);
}

function missingRight({ verb, resource, namespace, name, subresource, query }: Call): string {
  const { group, plural } = resource;
  const what = `${plural}${subresource ? `/${subresource}` : ''}${group ? ` (API group ${group})` : ''}`;
  const named = name ?? /^metadata\.name=(.+)$/.exec(query?.fieldSelector ?? '')?.[1];
  const which = named !== undefined && verb !== 'create' ? `, name ${named}` : '';
  const right = `the right to ${verb} ${what}${which}, in`;
  // Only commands that a person runs list all namespaces: no Role is rendered for that.
  if (namespace === '') return `${right} all namespaces is missing (403)`;
  return `${right} namespace ${namespace} is missing (403); synth renders it as a Role: is it applied?`;
}

const doings = {
  get: 'reading',
  list: 'listing',
  watch: 'watching',
  create: 'creating',
  patch: 'patching',
  delete: 'deleting',
} as const satisfies Record<Verb, string>;

function whileDoing({ verb, resource, namespace, name, subresource, body }: Call): string {
  const of = name ?? (body as { metadata?: { name?: string } } | undefined)?.metadata?.name;
  const what = `${resource.plural}${subresource ? `/${subresource}` : ''}`;
  return `while ${doings[verb]} ${what} ${namespace || 'of all namespaces'}${of ? `/${of}` : ''}`;
}
