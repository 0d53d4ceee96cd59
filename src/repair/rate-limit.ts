import { setTimeout as sleep } from 'node:timers/promises';

/**
 * A limit of how often something is done: turns are spaced evenly, in the order in which they are asked for.
 *
 * @returns a function that resolves when it is the caller's turn.
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
