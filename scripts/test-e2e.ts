import { spawnSync } from 'node:child_process';
import { imageToolNames, MissingTool, type Tool, tool, toolNames } from '../test/e2e/support/tools.ts';

/**
 * Runs the end-to-end tests. Without a program that they need it says so in one line, and so it does of the tests of
 * the image alone; in CI both is a failure. Arguments go to vitest.
 */
const reason = await missing(toolNames.filter((name) => !imageToolNames.includes(name)));
if (reason !== undefined) {
  console.error(`the end-to-end tests were not run: ${reason}`);
  process.exitCode = process.env.CI ? 1 : 0;
} else {
  const args = ['vitest', 'run', '--config', 'vitest.e2e.config.ts', ...process.argv.slice(2)];
  const withoutImage = await missing(imageToolNames);
  if (withoutImage !== undefined) args.push('--exclude', 'test/e2e/image.test.ts');
  process.exitCode = spawnSync('npx', args, { stdio: 'inherit' }).status ?? 1;
  if (withoutImage !== undefined) {
    console.error(`the tests of the image were not run: ${withoutImage}`);
    if (process.env.CI) process.exitCode = 1;
  }
}

/** Why one of the programs is not there. */
async function missing(names: readonly Tool[]): Promise<string | undefined> {
  try {
    for (const name of names) await tool(name);
    return undefined;
  } catch (error) {
    if (error instanceof MissingTool) return error.message;
    throw error;
  }
}
