import { setImmediate as turnOfTheLoop } from 'node:timers/promises';

/** Milliseconds after which timers and signals have their turn. */
const turnEveryMs = 20;

/**
 * For work that does not wait by itself: its result, called again and again, waits for a turn of the event loop when
 * the last one was some time ago. One timer keeps the lock of the output directory fresh, and notices its loss.
 */
export function eventLoopTurns(): () => Promise<void> {
  let last = performance.now();
  return async () => {
    if (performance.now() - last < turnEveryMs) return;
    await turnOfTheLoop();
    last = performance.now();
  };
}
