import { defineConfig, mergeConfig } from 'vitest/config';
import base from './vitest.config.ts';

/**
 * What takes longer than a developer waits: every Postgres there is, and the program killed or cut off at every step.
 */
const { test } = base;
export default mergeConfig(
  { ...base, test: { ...test, include: [], exclude: [] } },
  defineConfig({
    test: {
      include: ['test/faults/**/*.test.ts'],
      // Half of the time they wait: for a process to start, a server to come back.
      maxWorkers: 4,
      // One test is a whole series of runs; only one that hangs is to be ended.
      testTimeout: 900_000,
      globalSetup: [test?.globalSetup ?? [], 'test/support/faults-setup.ts'].flat(),
    },
  }),
);
