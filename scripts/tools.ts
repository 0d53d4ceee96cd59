import { MissingTool, type Tool, tool, toolNames } from '../test/e2e/support/tools.ts';

/**
 * Builds or finds the programs that are named (default: all), and prints where each of them is. Ends with 1 when one
 * is missing.
 */
const named = process.argv.slice(2) as Tool[];
for (const name of named.length > 0 ? named : toolNames)
  try {
    console.log(await tool(name));
  } catch (error) {
    if (!(error instanceof MissingTool)) throw error;
    console.error(error.message);
    process.exitCode = 1;
  }
