import { setTimeout as sleep } from 'node:timers/promises';
import { explain } from '../../text/errors.ts';
import { printable } from '../../text/printable.ts';
import type { Redactions } from '../../text/redactions.ts';
import { type BackOff, backOffMs } from '../back-off.ts';
import { errorModel } from './lakekeeper-answers.ts';
import { isRepeated, LakekeeperError } from './lakekeeper-errors.ts';

export interface LakekeeperAccess {
  /** Root of the server, without a slash at its end: `http://lakekeeper-acme.lakekeeper.svc:8181`. */
  readonly serverURL: string;
  /**
   * Called for every request, because tokens are renewed; undefined when authentication is off. `refused`: the one
   * that the server refused.
   */
  readonly token: (refused?: string) => Promise<string | undefined>;
  /** Told of the token before it is sent. The secrets of storage credentials it knows from where they are resolved. */
  readonly redactions: Redactions;
  /** How long a request may take, in milliseconds. */
  readonly timeoutMs?: number;
  /**
   * How often a request is sent while the server is busy or does not answer; the caller may wait longer, and
   * ask again.
   */
  readonly attempts?: number;
  /** Ends the request under way, and the waiting for the next attempt; what it is aborted with is then thrown. */
  readonly signal?: AbortSignal;
  /** Called before waiting for the next attempt. */
  readonly onRetry?: (error: LakekeeperError) => void;
  readonly wait?: (milliseconds: number, signal?: AbortSignal) => Promise<unknown>;
}

export interface LakekeeperRequest {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly body?: object;
  /** Without the token. */
  readonly isAnonymous?: boolean;
}

/**
 * The server gives up after 30 s by itself (creating a warehouse writes to the bucket), and its own answer says
 * more.
 */
const defaultTimeoutMs = 40_000;
/** In less than two seconds. */
const defaultAttempts = 4;
const backOff: BackOff = { firstMs: 200, longestMs: 10_000 };
const longestRetryAfterMs = 60_000;
const longestMessage = 500;

/**
 * Sends a request until it is answered, again while the server is busy or does not answer: 429, 5xx, a broken
 * connection, a timeout. A token that is refused is read again once, since it may have been renewed on the way.
 *
 * @returns the JSON of the answer; undefined when it is empty.
 * @throws LakekeeperError; what `signal` was aborted with when it was, with the last failure before its cause.
 */
export async function send(access: LakekeeperAccess, request: LakekeeperRequest): Promise<unknown> {
  const { signal, attempts = defaultAttempts, onRetry, wait = waitFor } = access;
  let refused: string | undefined;
  let last: LakekeeperError | undefined;
  for (let failures = 0; ; ) {
    const token = request.isAnonymous ? undefined : (await access.token(refused))?.trim();
    try {
      return await once(access, request, token);
    } catch (error) {
      if (signal?.aborted) throw ended(signal, last);
      if (!(error instanceof LakekeeperError)) throw error;
      if (error.status === 401 && token && refused === undefined) {
        refused = token;
        continue;
      }
      failures += 1;
      if (!isRepeated(error) || failures >= attempts) throw error;
      last = error;
      onRetry?.(error);
      const asked = error.retryAfterMs && Math.min(error.retryAfterMs, longestRetryAfterMs);
      await wait(backOffMs(failures, asked, backOff), signal).catch((cause: unknown) => {
        throw signal?.aborted ? ended(signal, last) : cause;
      });
    }
  }
}

const waitFor = (milliseconds: number, signal?: AbortSignal) =>
  sleep(milliseconds, undefined, signal ? { signal } : {});

/** What the run was ended with, after what it last met. */
function ended({ reason }: AbortSignal, last: LakekeeperError | undefined): unknown {
  return last === undefined ? reason : new LakekeeperError(last.message, last, { cause: reason });
}

/** One request, up to the last byte of its answer. */
async function once(
  access: LakekeeperAccess,
  request: LakekeeperRequest,
  token: string | undefined,
): Promise<unknown> {
  const { redactions, signal, timeoutMs = defaultTimeoutMs } = access;
  if (token) redactions.add(token);
  const what = `${request.method} ${request.path.replace(/\?.*/, '')}`;
  const say = (text: string) => printable(redactions.apply(text)).slice(0, longestMessage);

  signal?.throwIfAborted();
  const timeout = AbortSignal.timeout(timeoutMs);
  let response: Response;
  let text: string;
  try {
    response = await fetch(`${access.serverURL}${request.path}`, {
      ...contentOf(request, token),
      // Lakekeeper never redirects, and a token must not travel on.
      redirect: 'manual',
      signal: signal ? AbortSignal.any([signal, timeout]) : timeout,
    });
    text = await response.text();
  } catch (error) {
    signal?.throwIfAborted();
    // Not kept as a cause: fetch quotes a header or a URL that it does not like.
    const reason = timeout.aborted ? `no answer within ${timeoutMs} ms` : innermost(error);
    throw new LakekeeperError(`Lakekeeper did not answer ${what} completely: ${say(reason)}`);
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
    retryAfterMs: retryAfterMs(response.headers.get('retry-after')),
  });
}

function contentOf({ method, body }: LakekeeperRequest, token: string | undefined): RequestInit {
  const headers = {
    accept: 'application/json',
    ...(token ? { authorization: `Bearer ${token}` } : {}),
    ...(body === undefined ? {} : { 'content-type': 'application/json' }),
  };
  return { method, headers, ...(body === undefined ? {} : { body: JSON.stringify(body) }) };
}

/** Lakekeeper sends seconds (RFC 9110 §10.2.3 knows dates too, which some proxies send). */
function retryAfterMs(header: string | null): number | undefined {
  if (header === null) return undefined;
  const milliseconds = /^\d{1,6}$/.test(header) ? Number(header) * 1000 : Date.parse(header) - Date.now();
  return milliseconds > 0 ? milliseconds : undefined;
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
