import { spawnSync } from 'node:child_process';
import { duckdbPython, duckdbVersions } from '../test/e2e/support/duckdb.ts';
import { imageToolNames, MissingTool, tool, toolNames } from '../test/e2e/support/tools.ts';

/**
 * Runs the end-to-end tests, or with another `--config` those of that configuration. Without a program that they need
 * it says so in one line, and so it does of the tests that need more than the others; in CI both is a failure.
 * Arguments go to vitest.
 */
const needed = toolNames.filter((name) => !imageToolNames.includes(name)).map((name) => () => tool(name));
const needingMore = [
  { files: 'test/e2e/image.test.ts', find: imageToolNames.map((name) => () => tool(name)) },
  { files: 'test/e2e/duckdb.test.ts', find: duckdbVersions.map((version) => () => duckdbPython(version)) },
];

const leftOut: { readonly files: string; readonly without: string }[] = [];
const without = await missing(needed);
if (without !== undefined) leftOut.push({ files: 'test/e2e/**', without });
else
  for (const { files, find } of needingMore) {
    const without = await missing(find);
    if (without !== undefined) leftOut.push({ files, without });
  }

const given = process.argv.slice(2);
const config = given.includes('--config') ? [] : ['--config', 'vitest.e2e.config.ts'];
const excluded = leftOut.flatMap(({ files }) => ['--exclude', files]);
const args = ['vitest', 'run', ...config, ...given, ...excluded, '--passWithNoTests'];
process.exitCode = spawnSync('npx', args, { stdio: 'inherit' }).status ?? 1;
for (const { files, without } of leftOut) console.error(`${files} was not run: ${without}`);
if (leftOut.length > 0 && process.env.CI) process.exitCode = 1;

/** Why one of the programs is not there. */
async function missing(find: readonly (() => Promise<string>)[]): Promise<string | undefined> {
  try {
    for (const program of find) await program();
    return undefined;
  } catch (error) {
    if (error instanceof MissingTool) return error.message;
    throw error;
  }
}
