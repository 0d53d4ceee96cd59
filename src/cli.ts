#!/usr/bin/env node
import { CommanderError } from 'commander';
import { program } from './commands/program.ts';
import { printToStderr } from './text/command-line.ts';
import { ExitCode, exitCodeOf, explain } from './text/errors.ts';

/** The entry of the program, and the only place but `main.ts` that chooses exit codes. */
const isDebugged = Boolean(process.env.LAKEKEEPER_GITOPS_DEBUG);
// It applies to modules that are loaded from here on.
if (isDebugged) process.setSourceMapsEnabled(true);

try {
  await program().parseAsync();
} catch (error) {
  process.exitCode = report(error);
}

function report(error: unknown): ExitCode {
  // Commander has printed its message already. --help and --version end with a CommanderError too.
  if (error instanceof CommanderError) return error.exitCode === 0 ? ExitCode.done : ExitCode.usage;
  printToStderr(`error: ${explain(error)}`);
  if (isDebugged && error instanceof Error) printToStderr(error.stack ?? '');
  return exitCodeOf(error);
}
