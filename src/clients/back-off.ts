export interface BackOff {
  /** The wait after the first failure. It doubles with each further one. */
  readonly firstMs: number;
  readonly maxMs: number;
}

/**
 * How long to wait before the next attempt, in milliseconds: exponential back-off with jitter. Retry-After gets jitter
 * too, so that the Jobs of a fleet that were refused together do not retry together.
 *
 * @param failures the number of failed attempts, from 1.
 * @param retryAfterMs the Retry-After of the server. The wait is never shorter.
 */
export function backOffMs(
  failures: number,
  retryAfterMs: number | undefined,
  { firstMs, maxMs }: BackOff,
  random: () => number = Math.random,
): number {
  const grown = Math.min(firstMs * 2 ** (failures - 1), maxMs);
  const own = grown * (0.5 + random() / 2);
  return retryAfterMs === undefined ? own : Math.max(own, retryAfterMs * (1 + random() / 2));
}
