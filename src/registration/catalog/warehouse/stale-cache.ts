import type { BackOff } from '../../../clients/back-off.ts';

/**
 * How long a server may answer from its cache that a warehouse is inactive. Entries live for 60 s, and only servers of
 * the main branch remove one on activation (docs/facts/lakekeeper-versions.md §1.3).
 */
export const staleCacheLimitMs = 90_000;
export const staleCacheBackOff: BackOff = { firstMs: 2000, maxMs: 5000 };

/**
 * The server's cache still has an active warehouse as inactive. The run waits without lock and session, and retries.
 */
export class StaleCacheError extends Error {
  override name = 'StaleCacheError';

  /** @param what what is waited for: `the warehouse is served`. */
  constructor(what: string) {
    super(
      `waiting until ${what}: the server may use its cache for a minute. If it persists, the warehouse was ` +
        'deactivated or deleted meanwhile, or one of several replicas uses another database',
    );
  }
}
