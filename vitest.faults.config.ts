import { defineConfig, mergeConfig } from 'vitest/config';
import base from './vitest.config.ts';

/** What takes longer than a developer waits: the metadata store on every Postgres there is. */
const { test } = base;
export default mergeConfig(
  { ...base, test: { ...test, include: [], exclude: [] } },
  defineConfig({ test: { include: ['test/faults/**/*.test.ts'] } }),
);
