export interface BackOff {
  /** Wait after the first failure, in milliseconds; it doubles with each further one. */
  readonly firstMs: number;
  readonly longestMs: number;
}

/**
 * How long to wait before the next attempt, in milliseconds. Half of it is random, also of what a server asked
 * for with Retry-After: a fleet's Jobs that were refused together do not come back together.
 *
 * @param failures how many attempts have failed, from 1.
 * @param retryAfterMs what the server asked for; the wait is never shorter.
 */
export function backOffMs(
  failures: number,
  retryAfterMs: number | undefined,
  { firstMs, longestMs }: BackOff,
  random: () => number = Math.random,
): number {
  const grown = Math.min(firstMs * 2 ** (failures - 1), longestMs);
  const own = grown * (0.5 + random() / 2);
  return retryAfterMs === undefined ? own : Math.max(own, retryAfterMs * (1 + random() / 2));
}
