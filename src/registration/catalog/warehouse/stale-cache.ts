import type { BackOff } from '../../../clients/back-off.ts';

/**
 * How long a server may go on serving a warehouse as it was before it was changed: its cache of 60 s is
 * filled before the change, and only servers of the main branch drop it (docs/facts/lakekeeper-versions.md
 * §1.3).
 */
export const staleCacheLimitMs = 90_000;
export const staleCacheBackOff: BackOff = { firstMs: 2000, longestMs: 5000 };

/** The server goes on with a former state of the warehouse: it is asked again later, with neither lock nor session. */
export class StaleCacheError extends Error {
  override name = 'StaleCacheError';

  /**
   * @param what what is waited for, as `the warehouse is served`.
   * @param otherwise why it may never be so.
   */
  constructor(what: string, otherwise = 'the warehouse was deactivated or deleted meanwhile') {
    super(
      `waiting until ${what}: for a minute the server may go on with what it knew before. When it stays, ` +
        `${otherwise}, or one of several servers answers from another database`,
    );
  }
}
