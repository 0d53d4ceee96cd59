import { defineConfig, mergeConfig } from 'vitest/config';
import base from './vitest.config.ts';

/** Against real processes. Each file has a control plane of its own, and most of its time it waits. */
const { test } = base;
export default mergeConfig(
  { ...base, test: { ...test, include: [], exclude: [] } },
  defineConfig({
    test: {
      include: ['test/e2e/**/*.test.ts'],
      maxWorkers: 3,
      testTimeout: 180_000,
      hookTimeout: 300_000,
    },
  }),
);
