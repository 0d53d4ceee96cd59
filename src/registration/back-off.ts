import { setTimeout as sleep } from 'node:timers/promises';

/** Milliseconds: before the second attempt, and at most. */
const shortestMs = 500;
const longestMs = 10_000;

/** Waits that grow from attempt to attempt, with jitter: many runs that were refused at once must not come again at once. */
export class BackOff {
  #attempts = 0;

  /** @param onWait called when waiting begins, with the reason. */
  constructor(
    private readonly signal: AbortSignal,
    private readonly onWait: (why: unknown) => void,
  ) {}

  /** @throws the reason of the signal, with what was waited for as its cause, when that ends the wait. */
  async wait(why: unknown): Promise<void> {
    if (this.#attempts === 0) this.onWait(why);
    const limitMs = Math.min(longestMs, shortestMs * 2 ** this.#attempts++);
    try {
      await sleep(limitMs * (0.5 + Math.random() / 2), undefined, { signal: this.signal });
    } catch {
      const { reason } = this.signal;
      throw new Error(reason instanceof Error ? reason.message : String(reason), { cause: why });
    }
  }

  reset(): void {
    this.#attempts = 0;
  }
}
