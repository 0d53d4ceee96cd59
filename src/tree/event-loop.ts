import { setImmediate as yieldToEventLoop } from 'node:timers/promises';

/** Milliseconds after which timers and signals are handled. */
const yieldEveryMs = 20;

/**
 * For long synchronous work: a function to be called again and again, which yields to the event loop when the last time
 * was some time ago. One timer keeps the lock of the output directory fresh, and notices its loss.
 */
export function timedYield(): () => Promise<void> {
  let last = performance.now();
  return async () => {
    if (performance.now() - last < yieldEveryMs) return;
    await yieldToEventLoop();
    last = performance.now();
  };
}
