#!/usr/bin/env node
import { CommanderError } from 'commander';
import { program } from './commands/program.ts';
import { say } from './text/command-line.ts';
import { ExitCode, exitCodeOf, explain } from './text/errors.ts';

/** The entry of the program, and the only place but `main.ts` that chooses exit codes. */
const isDebugged = Boolean(process.env.LAKEKEEPER_GITOPS_DEBUG);
// For the code that is loaded from now on, which is nearly all.
if (isDebugged) process.setSourceMapsEnabled(true);

try {
  await program().parseAsync();
} catch (error) {
  process.exitCode = report(error);
}

function report(error: unknown): ExitCode {
  // Commander has said what was wrong itself; help and version end by an "error" too.
  if (error instanceof CommanderError) return error.exitCode === 0 ? ExitCode.done : ExitCode.usage;
  say(`error: ${explain(error)}`);
  if (isDebugged && error instanceof Error) say(error.stack ?? '');
  return exitCodeOf(error);
}
