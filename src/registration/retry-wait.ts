import { setTimeout as sleep } from 'node:timers/promises';
import { backOffMs } from '../clients/back-off.ts';

/**
 * Waits between attempts of one run, longer each time, with jitter: runs that were refused together do not come
 * back together.
 */
export class RetryWait {
  #failures = 0;

  /** @param onWait called when waiting begins, with the reason. */
  constructor(
    private readonly signal: AbortSignal,
    private readonly onWait: (why: unknown) => void,
  ) {}

  /** @throws the reason of the signal, with what was waited for as its cause, when the signal ends the wait. */
  async wait(why: unknown): Promise<void> {
    if (this.#failures === 0) this.onWait(why);
    this.#failures += 1;
    const milliseconds = backOffMs(this.#failures, undefined, { firstMs: 500, longestMs: 10_000 });
    try {
      await sleep(milliseconds, undefined, { signal: this.signal });
    } catch {
      const { reason } = this.signal;
      throw new Error(reason instanceof Error ? reason.message : String(reason), { cause: why });
    }
  }

  reset(): void {
    this.#failures = 0;
  }
}
