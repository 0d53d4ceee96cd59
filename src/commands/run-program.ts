import { CommanderError } from 'commander';
import { printToStderr } from '../text/command-line.ts';
import { ExitCode, exitCodeOf, explain } from '../text/errors.ts';
import { printableLines } from '../text/printable.ts';
import { program } from './program.ts';
import { reportOutputEnd } from './report-output-end.ts';

/** Runs the command of this process's arguments, reports an error to stderr, and sets the exit code of the process. */
export async function runProgram(): Promise<void> {
  reportOutputEnd();
  try {
    await program().parseAsync();
  } catch (error) {
    process.exitCode = report(error);
  }
}

function report(error: unknown): ExitCode {
  // Commander has printed its message already. --help and --version end with a CommanderError too.
  if (error instanceof CommanderError) return error.exitCode === 0 ? ExitCode.done : ExitCode.usage;
  printToStderr(`error: ${printableLines(explain(error))}`);
  if (process.env.LAKEKEEPER_GITOPS_DEBUG && error instanceof Error) printToStderr(error.stack ?? '');
  return exitCodeOf(error);
}
