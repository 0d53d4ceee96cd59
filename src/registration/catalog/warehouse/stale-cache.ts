import type { BackOff } from '../../../clients/back-off.ts';

/**
 * How long a server may go on serving a warehouse as it was before it was activated: its cache of 60 s is
 * filled before the change, and only servers of the main branch drop it (docs/facts/lakekeeper-versions.md
 * §1.3).
 */
export const staleCacheLimitMs = 90_000;
export const staleCacheBackOff: BackOff = { firstMs: 2000, maxMs: 5000 };

/** The server still has an active warehouse as inactive: it is asked again later, with neither lock nor session. */
export class StaleCacheError extends Error {
  override name = 'StaleCacheError';

  /** @param what what is waited for, as `the warehouse is served`. */
  constructor(what: string) {
    super(
      `waiting until ${what}: for a minute the server may go on with what it knew before. When it stays, the ` +
        'warehouse was deactivated or deleted meanwhile, or one of several servers answers from another database',
    );
  }
}
