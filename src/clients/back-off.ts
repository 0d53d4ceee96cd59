export interface BackOff {
  /** The wait after the first failure. It doubles with each further one. */
  readonly firstMs: number;
  readonly maxMs: number;
}

const maxRetryAfterMs = 60_000;

/**
 * How long to wait before the next attempt, in milliseconds: exponential back-off with jitter. Retry-After gets jitter
 * too, so that the Jobs of a fleet that were refused together do not retry together.
 *
 * @param failures the number of failed attempts, from 1.
 * @param retryAfterMs the Retry-After of the server. The wait is not shorter; of more than a minute, one is waited.
 */
export function backOffMs(
  failures: number,
  retryAfterMs: number | undefined,
  { firstMs, maxMs }: BackOff,
  random: () => number = Math.random,
): number {
  const grown = Math.min(firstMs * 2 ** (failures - 1), maxMs);
  const own = grown * (0.5 + random() / 2);
  if (retryAfterMs === undefined) return own;
  return Math.max(own, Math.min(retryAfterMs, maxRetryAfterMs) * (1 + random() / 2));
}

/** Of a header in seconds, as Kubernetes and Lakekeeper send it, or a date, as some proxies do (RFC 9110 §10.2.3). */
export function retryAfterMs(header: string | undefined): number | undefined {
  if (header === undefined) return undefined;
  const milliseconds = /^\d{1,6}$/.test(header) ? Number(header) * 1000 : Date.parse(header) - Date.now();
  return milliseconds > 0 ? milliseconds : undefined;
}
