import { spawnSync } from 'node:child_process';
import { duckdbPython, duckdbVersions } from '../test/e2e/support/duckdb.ts';
import { MissingTool, tool, toolNames } from '../test/e2e/support/tools.ts';

/** Runs the end-to-end tests; without a program that they need says so in one line, or fails in CI. Arguments go to vitest. */
try {
  for (const name of toolNames) await tool(name);
  for (const version of duckdbVersions) await duckdbPython(version);
  const args = ['vitest', 'run', '--config', 'vitest.e2e.config.ts', ...process.argv.slice(2)];
  process.exitCode = spawnSync('npx', args, { stdio: 'inherit' }).status ?? 1;
} catch (error) {
  if (!(error instanceof MissingTool)) throw error;
  console.error(`the end-to-end tests were not run: ${error.message}`);
  process.exitCode = process.env.CI ? 1 : 0;
}
