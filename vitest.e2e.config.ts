import { defineConfig, mergeConfig } from 'vitest/config';
import base from './vitest.config.ts';

/** Against real processes: one file after the other, because each has a control plane of its own. */
const { test } = base;
export default mergeConfig(
  { ...base, test: { ...test, include: [], exclude: [] } },
  defineConfig({
    test: {
      include: ['test/e2e/**/*.test.ts'],
      fileParallelism: false,
      testTimeout: 180_000,
      hookTimeout: 300_000,
    },
  }),
);
