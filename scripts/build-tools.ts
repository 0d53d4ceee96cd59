import { type Tool, tool } from '../test/e2e/support/tools.ts';

/** Builds or finds the programs that are named, one after the other, and prints where they are. */
for (const name of process.argv.slice(2)) console.log(await tool(name as Tool));
