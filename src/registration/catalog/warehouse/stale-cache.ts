import type { BackOff } from '../../../clients/back-off.ts';

/**
 * How long a server may answer from its cache with a former state of a warehouse. Entries live for 60 s, and only
 * servers of the main branch remove one when it changes (docs/facts/lakekeeper-versions.md §1.3).
 */
export const staleCacheLimitMs = 90_000;
export const staleCacheBackOff: BackOff = { firstMs: 2000, maxMs: 5000 };

/**
 * The server's cache still has a former state of the warehouse. The run waits without lock and session, and retries.
 */
export class StaleCacheError extends Error {
  override name = 'StaleCacheError';

  /**
   * @param what what is waited for: `the warehouse is served`.
   * @param otherCause why it may never be so.
   */
  constructor(what: string, otherCause = 'the warehouse was deactivated or deleted meanwhile') {
    super(
      `waiting until ${what}: the server may use its cache for a minute. If it persists, ${otherCause}, or one of ` +
        'several replicas uses another database',
    );
  }
}
