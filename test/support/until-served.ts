import {
  StaleCacheError,
  staleCacheBackOff,
  staleCacheLimitMs,
} from '../../src/registration/catalog/warehouse/stale-cache.ts';
import { RetryWait, type RetryWaitOptions } from '../../src/registration/retry-wait.ts';

/** Does the work again, as a run does, while the server serves a warehouse as it was before. */
export async function untilServed<T>(
  work: () => Promise<T>,
  wait?: NonNullable<RetryWaitOptions['wait']>,
): Promise<T> {
  const cache = new RetryWait({
    signal: new AbortController().signal,
    onWait: () => {},
    backOff: staleCacheBackOff,
    limitMs: staleCacheLimitMs,
    ...(wait && { wait }),
  });
  for (;;)
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof StaleCacheError)) throw error;
      await cache.wait(error);
    }
}
