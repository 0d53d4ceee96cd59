import { spawnSync } from 'node:child_process';
import { duckdbPython, duckdbVersions } from '../test/e2e/support/duckdb.ts';
import { imageToolNames, MissingTool, tool, toolNames } from '../test/e2e/support/tools.ts';

/**
 * Runs the end-to-end tests. Without a program that they need it says so in one line, and so it does of the tests that
 * need more than the others; in CI both is a failure. Arguments go to vitest.
 */
const needed = toolNames.filter((name) => !imageToolNames.includes(name)).map((name) => () => tool(name));
const needingMore = [
  { file: 'test/e2e/image.test.ts', find: imageToolNames.map((name) => () => tool(name)) },
  { file: 'test/e2e/duckdb.test.ts', find: duckdbVersions.map((version) => () => duckdbPython(version)) },
];

const reason = await missing(needed);
if (reason !== undefined) {
  console.error(`the end-to-end tests were not run: ${reason}`);
  process.exitCode = process.env.CI ? 1 : 0;
} else {
  const args = ['vitest', 'run', '--config', 'vitest.e2e.config.ts', ...process.argv.slice(2)];
  const leftOut: string[] = [];
  for (const { file, find } of needingMore) {
    const without = await missing(find);
    if (without === undefined) continue;
    args.push('--exclude', file);
    leftOut.push(`${file} was not run: ${without}`);
  }
  process.exitCode = spawnSync('npx', args, { stdio: 'inherit' }).status ?? 1;
  for (const line of leftOut) console.error(line);
  if (leftOut.length > 0 && process.env.CI) process.exitCode = 1;
}

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
