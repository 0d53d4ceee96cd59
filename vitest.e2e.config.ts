import { defineConfig } from 'vitest/config';
import { globalSetup, settings } from './vitest.config.ts';

export const packageSetup = 'test/e2e/support/packed-once.ts';

/** Against real processes. Each file has a control plane of its own, and most of its time it waits. */
export default defineConfig({
  test: {
    ...settings,
    globalSetup: [globalSetup, packageSetup],
    include: ['test/e2e/**/*.test.ts'],
    isolate: false,
    maxWorkers: 3,
    testTimeout: 180_000,
    hookTimeout: 300_000,
  },
});
