import { setTimeout as sleep } from 'node:timers/promises';
import { type BackOff, backOffMs } from '../clients/back-off.ts';

export interface RetryWaitOptions {
  readonly signal: AbortSignal;
  /** Called when waiting begins, with the reason. */
  readonly onWait: (why: unknown) => void;
  readonly backOff?: BackOff;
  /** How long all waits together may take, in milliseconds; no limit but that of the signal when not given. */
  readonly limitMs?: number;
  readonly wait?: (milliseconds: number, signal: AbortSignal) => Promise<unknown>;
}

/**
 * Waits between attempts of one run, longer each time, with jitter: runs that were refused together do not come
 * back together.
 */
export class RetryWait {
  #failures = 0;
  #waitedMs = 0;
  readonly #options: Required<RetryWaitOptions>;

  constructor(options: RetryWaitOptions) {
    this.#options = {
      backOff: { firstMs: 500, longestMs: 10_000 },
      limitMs: Number.POSITIVE_INFINITY,
      wait: (milliseconds, signal) => sleep(milliseconds, undefined, { signal }),
      ...options,
    };
  }

  /**
   * @throws the reason of the signal when it ends the wait, or that the limit is reached; with what was waited for
   * as the cause.
   */
  async wait(why: unknown): Promise<void> {
    const { signal, onWait, backOff, limitMs, wait } = this.#options;
    if (this.#waitedMs >= limitMs)
      throw new Error(`waited ${Math.round(this.#waitedMs / 1000)} s, longer than it should take`, {
        cause: why,
      });
    if (this.#failures === 0) onWait(why);
    this.#failures += 1;
    const milliseconds = backOffMs(this.#failures, undefined, backOff);
    this.#waitedMs += milliseconds;
    try {
      await wait(milliseconds, signal);
    } catch {
      const { reason } = signal;
      throw new Error(reason instanceof Error ? reason.message : String(reason), { cause: why });
    }
  }

  reset(): void {
    this.#failures = 0;
    this.#waitedMs = 0;
  }
}
