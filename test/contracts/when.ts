import { test } from 'vitest';

/**
 * `test` where the subject has what the test is about; elsewhere there is no such test, so that none is counted as
 * skipped.
 */
export function when(isMeant: boolean): typeof test {
  return isMeant ? test : (nothing as unknown as typeof test);
}

function nothing(): void {}
nothing.each = () => nothing;
