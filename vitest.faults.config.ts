import { defineConfig } from 'vitest/config';
import { globalSetup, settings } from './vitest.config.ts';

export const faultsSetup = 'test/support/faults-setup.ts';

/**
 * What takes longer than a developer waits: every Postgres there is, and the program killed or cut off at every step.
 */
export default defineConfig({
  test: {
    ...settings,
    globalSetup: [globalSetup, faultsSetup],
    include: ['test/faults/**/*.test.ts'],
    // To start a process, and to load in it what is tested, takes a second and more for each file.
    isolate: false,
    // Half of the time they wait: for a process to start, a server to come back.
    maxWorkers: 4,
    // One test is a whole series of runs; only one that hangs is to be ended.
    testTimeout: 900_000,
  },
});
