import { setTimeout as sleep } from 'node:timers/promises';

/**
 * How long a server may go on serving a warehouse as it was before it was activated: its cache of 60 s is
 * filled before the change, and only servers of the main branch drop it (docs/facts/lakekeeper-versions.md
 * §1.3).
 */
const cacheLifetimeMs = 90_000;
const betweenMs = 3000;

/** Waits for the server's cache of warehouses. */
export interface StaleCache {
  /**
   * Does the work again until it has a result.
   *
   * @param what what is waited for, as `the warehouse is served`.
   * @throws Error, which is transient, when there is none after the cache's life.
   */
  outlast<T>(what: string, work: () => Promise<T | undefined>): Promise<T>;
}

export function staleCache({
  signal,
  progress = () => {},
  wait = (milliseconds) => sleep(milliseconds, undefined, signal ? { signal } : {}),
}: {
  /** The deadline, or the end of the run: then its reason is thrown. */
  readonly signal?: AbortSignal;
  readonly progress?: (text: string) => void;
  readonly wait?: (milliseconds: number) => Promise<unknown>;
} = {}): StaleCache {
  return {
    outlast: async (what, work) => {
      for (let waitedMs = 0; ; waitedMs += betweenMs) {
        const result = await work();
        if (result !== undefined) return result;
        if (waitedMs >= cacheLifetimeMs)
          throw new Error(
            `waited ${waitedMs / 1000} s until ${what}, longer than the server keeps what it knew ` +
              'before; it was deactivated or deleted meanwhile, or one of several servers answers from ' +
              'another database',
          );
        if (waitedMs === 0) progress(`waiting until ${what}; the server may take a minute`);
        await wait(betweenMs).catch((cause: unknown) => {
          throw signal?.aborted ? signal.reason : cause;
        });
      }
    },
  };
}
