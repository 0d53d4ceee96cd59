import { PermanentError, UsageError } from '../../text/errors.ts';
import type { OutcomeRow } from '../../text/outcome-row.ts';
import { meaningOf } from './lakekeeper-refusals.ts';

/** The server refused, gave an answer that is none, or could not be reached. The message holds no credential. */
export class LakekeeperError extends Error {
  override name = 'LakekeeperError';
  /** Of the answer; undefined when there was none, or only half of one. */
  readonly status: number | undefined;
  /** Lakekeeper's word for what is wrong, as `WarehouseAlreadyExists`; undefined when the answer did not say. */
  readonly type: string | undefined;
  readonly meaning: Omit<OutcomeRow, 'answer'>;
  /** What the server asked to wait, in milliseconds. */
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

/** Statuses of a server, or a proxy before it, that is busy, restarting or not there yet. */
const busy: ReadonlySet<number> = new Set([429, 500, 502, 503, 504]);

/**
 * Whether the request is sent again at once, in the same run: no answer, or a server that is busy. Every
 * request of this product may be repeated (`lakekeeper-client.ts`). A refusal of the object store, which took
 * its time, is for the caller.
 */
export function isRepeated({ status, type }: LakekeeperError): boolean {
  if (status === undefined) return true;
  return busy.has(status) && type !== 'SecretFetchError' && type !== 'SecretParseError';
}

/**
 * Runs a piece of work on the server, and makes of its refusal the class that the run ends with.
 *
 * @throws an error that says `while …` and what to do, with the error of the work as its cause.
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
    // The server's own words stand in the cause.
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

/** Whether the server did not answer, or was busy: worth a longer wait inside the run. */
export function isLakekeeperBusy(error: unknown): boolean {
  const cause = lakekeeperErrorIn(error);
  return cause !== undefined && isRepeated(cause);
}
