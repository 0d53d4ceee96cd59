import { setTimeout as sleep } from 'node:timers/promises';
import { explain } from '../../text/errors.ts';
import { printable } from '../../text/printable.ts';
import type { Redactions } from '../../text/redactions.ts';
import { type BackOff, backOffMs, retryAfterMs } from '../back-off.ts';
import { exchange, textOf, withTimeout } from '../http-exchange.ts';
import { errorModel } from './lakekeeper-answers.ts';
import { isRetried, LakekeeperError } from './lakekeeper-errors.ts';

export interface LakekeeperAccess {
  /** Root of the server, without a slash at its end: `http://lakekeeper-acme.lakekeeper.svc:8181`. */
  readonly serverURL: string;
  /**
   * The bearer token, called for every request because tokens are renewed; it returns undefined without
   * authentication. `refused`: the token that the server has just refused.
   */
  readonly token: (refused?: string) => Promise<string | undefined>;
  /** The token is added to it before it is sent. Storage credentials were added when they were resolved. */
  readonly redactions: Redactions;
  /** Time limit of one attempt. The default is 40 s. */
  readonly timeoutMs?: number;
  /** The number of attempts while the server is busy or does not answer. The default is 4, in less than 2 s. */
  readonly attempts?: number;
  /** Ends the request, and the wait for the next attempt, with its reason. */
  readonly signal?: AbortSignal;
  /** Called before the wait for the next attempt. */
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

/** More than the server's own limit of 30 s, because its answer has the reason. Creating a warehouse writes a file. */
const defaultTimeoutMs = 40_000;
const defaultAttempts = 4;
const backOff: BackOff = { firstMs: 200, maxMs: 10_000 };
const maxMessageLength = 500;

/**
 * Sends a request. It is retried while the server is busy or does not answer: 429, 5xx, a broken connection, a
 * timeout. A token that is refused is read again once, since it may have been renewed.
 *
 * @returns the JSON of the answer; undefined if it is empty.
 * @throws LakekeeperError; after `signal`, its reason, or the last LakekeeperError with that reason as its cause.
 */
export async function send(access: LakekeeperAccess, request: LakekeeperRequest): Promise<unknown> {
  const { signal, attempts = defaultAttempts, onRetry, wait = waitFor } = access;
  let refused: string | undefined;
  let last: LakekeeperError | undefined;
  for (let failures = 0; ; ) {
    const token = request.isAnonymous ? undefined : (await access.token(refused))?.trim();
    try {
      return await sendOnce(access, request, token);
    } catch (error) {
      if (signal?.aborted) throw abortedError(signal, last);
      if (!(error instanceof LakekeeperError)) throw error;
      if (error.status === 401 && token && refused === undefined) {
        refused = token;
        continue;
      }
      failures += 1;
      if (!isRetried(error) || failures >= attempts) throw error;
      last = error;
      onRetry?.(error);
      await wait(backOffMs(failures, error.retryAfterMs, backOff), signal).catch((cause: unknown) => {
        throw signal?.aborted ? abortedError(signal, last) : cause;
      });
    }
  }
}

const waitFor = (milliseconds: number, signal?: AbortSignal) =>
  sleep(milliseconds, undefined, signal ? { signal } : {});

/** The reason of the signal, with the last failure before it. */
function abortedError({ reason }: AbortSignal, last: LakekeeperError | undefined): unknown {
  return last === undefined ? reason : new LakekeeperError(last.message, last, { cause: reason });
}

/** One attempt: sends the request and reads the whole answer. */
async function sendOnce(
  access: LakekeeperAccess,
  request: LakekeeperRequest,
  token: string | undefined,
): Promise<unknown> {
  const { redactions, signal, timeoutMs = defaultTimeoutMs } = access;
  if (token) redactions.add(token);
  const what = `${request.method} ${request.path.replace(/\?.*/, '')}`;
  const forMessage = (text: string) => printable(redactions.apply(text)).slice(0, maxMessageLength);

  const { response, text } = await withTimeout(timeoutMs, signal, async (ends) => {
    const body = request.body && JSON.stringify(request.body);
    const options = { method: request.method, headers: headersOf(request, token), signal: ends };
    const response = await exchange(`${access.serverURL}${request.path}`, options, body);
    return { response, text: await textOf(response) };
  }).catch((error: unknown) => {
    signal?.throwIfAborted();
    // Without its cause: the error may quote a header or a URL.
    throw new LakekeeperError(
      `Lakekeeper did not answer ${what} completely: ${forMessage(innermost(error))}`,
    );
  });
  const { statusCode: status = 0 } = response;
  const content = parseJSON(text);
  if (status >= 200 && status < 300) {
    if (text === '' || content !== undefined) return content;
    throw new LakekeeperError(`Lakekeeper answered ${what} with something that is not JSON`);
  }
  const { type, message } = errorModel(content);
  const details = [type, message ?? text].filter((part) => part).join(': ');
  throw new LakekeeperError(`Lakekeeper answered ${what} with ${status} ${forMessage(details)}`.trim(), {
    status,
    type: type === undefined ? undefined : forMessage(type),
    retryAfterMs: retryAfterMs(response.headers['retry-after']),
  });
}

function headersOf({ body }: LakekeeperRequest, token: string | undefined): Record<string, string> {
  return {
    accept: 'application/json',
    ...(token ? { authorization: `Bearer ${token}` } : {}),
    ...(body === undefined ? {} : { 'content-type': 'application/json' }),
  };
}

/** The message of the innermost cause. */
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
