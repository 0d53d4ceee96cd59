import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    exclude: ['test/e2e/**', 'test/faults/**'],
    globalSetup: 'test/support/global-setup.ts',
    testTimeout: 60_000,
    hookTimeout: 120_000,
    // A second is little where other programs have the cores.
    expect: { poll: { timeout: 30_000 } },
    // By default one core is left to others, of two.
    maxWorkers: '100%',
    // The user's own environment must not choose a warehouse source for a test.
    env: { PGHOST: '', PGDATABASE: '', LAKEKEEPER_GITOPS_WAREHOUSES: '', NO_COLOR: '1' },
  },
});
