import { setTimeout as sleep } from 'node:timers/promises';

/**
 * Limits how often something is done. Calls are spaced evenly, in their order.
 *
 * @returns a function that resolves when the caller may go on.
 */
export function rateLimit(
  perSecond: number,
  wait: (milliseconds: number) => Promise<unknown> = (milliseconds) => sleep(milliseconds),
  now: () => number = () => performance.now(),
): () => Promise<void> {
  const spacingMs = 1000 / perSecond;
  let nextMs = 0;
  return async () => {
    const nowMs = now();
    const turnMs = Math.max(nowMs, nextMs);
    nextMs = turnMs + spacingMs;
    if (turnMs > nowMs) await wait(turnMs - nowMs);
  };
}
