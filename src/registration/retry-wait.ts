import { setTimeout as sleep } from 'node:timers/promises';
import { type BackOff, backOffMs } from '../clients/back-off.ts';
import { lakekeeperErrorIn } from '../clients/lakekeeper/lakekeeper-errors.ts';
import { tokenEndpointErrorIn } from '../clients/openid/token-refusals.ts';

export interface RetryWaitOptions {
  readonly signal: AbortSignal;
  /** Called with the reason before the first wait. */
  readonly onWait: (why: unknown) => void;
  readonly backOff?: BackOff;
  /** The limit of all waits together. The default is none: only the signal ends them. */
  readonly limitMs?: number;
  readonly wait?: (milliseconds: number, signal: AbortSignal) => Promise<unknown>;
}

/**
 * Waits between the attempts of one run, with exponential back-off and jitter, so that runs which were refused
 * together do not retry together. A catalog or a provider that sends Retry-After is not asked sooner.
 */
export class RetryWait {
  private failures = 0;
  private waitedMs = 0;
  private readonly options: Required<RetryWaitOptions>;

  constructor(options: RetryWaitOptions) {
    this.options = {
      backOff: { firstMs: 500, maxMs: 10_000 },
      limitMs: Number.POSITIVE_INFINITY,
      wait: (milliseconds, signal) => sleep(milliseconds, undefined, { signal }),
      ...options,
    };
  }

  /**
   * @throws Error with the message of the signal's reason, or when the limit is reached. `why` is its cause.
   */
  async wait(why: unknown): Promise<void> {
    const { signal, onWait, backOff, limitMs, wait } = this.options;
    if (this.waitedMs >= limitMs)
      throw new Error(`waited ${Math.round(this.waitedMs / 1000)} s, longer than it should take`, {
        cause: why,
      });
    if (this.failures === 0) onWait(why);
    this.failures += 1;
    const { retryAfterMs } = lakekeeperErrorIn(why) ?? tokenEndpointErrorIn(why) ?? {};
    const milliseconds = backOffMs(this.failures, retryAfterMs, backOff);
    this.waitedMs += milliseconds;
    try {
      await wait(milliseconds, signal);
    } catch {
      const { reason } = signal;
      throw new Error(reason instanceof Error ? reason.message : String(reason), { cause: why });
    }
  }

  reset(): void {
    this.failures = 0;
    this.waitedMs = 0;
  }
}
