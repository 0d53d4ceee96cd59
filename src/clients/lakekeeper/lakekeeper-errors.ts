import { PermanentError, UsageError } from '../../text/errors.ts';
import type { OutcomeRow } from '../../text/outcome-row.ts';
import { meaningOf } from './lakekeeper-refusals.ts';

/** The server refused a request, gave an unexpected answer, or did not answer. The message has no credentials. */
export class LakekeeperError extends Error {
  override name = 'LakekeeperError';
  /** HTTP status; undefined without a complete answer. */
  readonly status: number | undefined;
  /** Lakekeeper's error type, such as `WarehouseAlreadyExists`; undefined if the answer has none. */
  readonly type: string | undefined;
  readonly meaning: Omit<OutcomeRow, 'answer'>;
  /** The Retry-After of the answer. */
  readonly retryAfterMs: number | undefined;

  constructor(message: string, answer: LakekeeperAnswer = {}, options?: ErrorOptions) {
    super(message, options);
    this.status = answer.status;
    this.type = answer.type;
    this.meaning = meaningOf(answer.status, answer.type);
    this.retryAfterMs = answer.retryAfterMs;
  }

  /** Whether the same request may succeed later. */
  get isTransient(): boolean {
    return this.meaning.outcome === 'try again';
  }
}

export interface LakekeeperAnswer {
  readonly status?: number | undefined;
  readonly type?: string | undefined;
  readonly retryAfterMs?: number | undefined;
}

/** HTTP statuses of a server, or a proxy before it, that is busy or restarting. */
const busy: ReadonlySet<number> = new Set([429, 500, 502, 503, 504]);

/**
 * Whether the client repeats the request: no answer, or a server that is busy. Every request of this product can be
 * repeated (`lakekeeper-client.ts`). Errors of the data store are not repeated here: each attempt takes long.
 */
export function isRetried({ status, type }: LakekeeperError): boolean {
  if (status === undefined) return true;
  return busy.has(status) && type !== 'SecretFetchError' && type !== 'SecretParseError';
}

/**
 * Runs requests to the server, and maps their LakekeeperError to the class of error that ends the run.
 *
 * @param what for the message, after "while": `creating the Lakekeeper warehouse`.
 * @throws UsageError, PermanentError or Error, by the table of refusals, with what to do; the LakekeeperError is its
 * cause. Other errors are thrown as they are.
 */
export async function whileAsking<T>(
  what: string,
  work: () => Promise<T>,
  whatToDo: (error: LakekeeperError) => string = ({ meaning }) => meaning.whatToDo,
): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    if (!(cause instanceof LakekeeperError)) throw cause;
    const hint = whatToDo(cause);
    // The message of the server is in the cause.
    const message = `while ${what}${hint.startsWith('nothing') ? '' : `; ${hint}`}`;
    const { outcome } = cause.meaning;
    if (outcome === 'usage error') throw new UsageError(message, { cause });
    throw outcome === 'needs a person'
      ? new PermanentError(message, { cause })
      : new Error(message, { cause });
  }
}

/** The LakekeeperError among an error and its causes. */
export function lakekeeperErrorIn(error: unknown): LakekeeperError | undefined {
  for (let e = error; e instanceof Error; e = e.cause) if (e instanceof LakekeeperError) return e;
  return undefined;
}

/** Whether the server did not answer or was busy. The run then waits and begins another attempt. */
export function isLakekeeperBusy(error: unknown): boolean {
  const cause = lakekeeperErrorIn(error);
  return cause !== undefined && isRetried(cause);
}
