import { setTimeout as sleep } from 'node:timers/promises';
import { PermanentError } from '../../text/errors.ts';
import { type BackOff, backOffMs } from '../back-off.ts';
import type { KubernetesConnection } from './kubernetes-connection.ts';
import {
  hasCode,
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
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
}

export interface KubernetesObject {
  readonly metadata: ObjectMetadata;
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
   * One call, tried again while the failure is transient (429, 500, 502, 503, 504, a timeout, a broken
   * connection). Every caller's request may be repeated: a create has a fixed name and takes 409 as an answer,
   * patches say the whole of what they want, an eviction names the pod's uid, a delete takes 404.
   *
   * @throws KubernetesError, when attempts are used up; PermanentError for the rows of `kubernetesRefusals`
   * that need a person.
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

const backOff: BackOff = { firstMs: 200, longestMs: 10_000 };
const longestRetryAfterMs = 60_000;

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
          return await request<T>(connection, call, timeoutMs, all);
        } catch (error) {
          all?.throwIfAborted();
          if (hasCode(error, 401) && !refused) {
            // The token may have been replaced since it was read.
            refused = true;
            continue;
          }
          failures += 1;
          if (!isRetried(error) || failures >= attempts) throw explained(call, connection.server, error);
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
      const asked = error instanceof KubernetesError ? (error.retryAfterMs ?? 0) : 0;
      const milliseconds = backOffMs(failures, Math.min(asked, longestRetryAfterMs), backOff);
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

/** Says what was tried, what was answered, and what to do. */
function explained(call: Call, server: string, cause: unknown): unknown {
  if (!(cause instanceof KubernetesError)) return new Error(`${whileDoing(call)} (${server})`, { cause });
  const { code, reason, retryAfterMs, refusal } = cause;
  if (refusal === 'unauthorized')
    return new PermanentError(
      `${whileDoing(call)}: the API server at ${server} does not accept our token or certificate ` +
        `(401); check the ServiceAccount or the kubeconfig's user`,
    );
  if (refusal === 'missingRight')
    return new PermanentError(`${whileDoing(call)}: ${missingRight(call)}`, { cause });
  const { meaning, whatToDo } = kubernetesRefusals[refusal];
  const advice = ['terminating', 'quota', 'webhook', 'policy', 'forbidden'].includes(refusal)
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
  // Only a person asks for lists over all namespaces.
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
