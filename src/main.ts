import { CommanderError } from 'commander';
import { reportOutputEnd } from './commands/report-output-end.ts';
import { synthCommand } from './commands/synth-command.ts';
import { printToStderr } from './text/command-line.ts';
import { ExitCode, exitCodeOf, explain } from './text/errors.ts';
import { printableLines } from './text/printable.ts';

/**
 * Entry point of cdk8s.yaml: the same synth, into the directory that `cdk8s synth` has emptied. For `cdk8s synth` a run
 * succeeds or fails. So a rejected org is reported on stderr, and the run succeeds.
 */
const outDirectory = process.env.CDK8S_OUTDIR;
const args = [...process.argv.slice(2), ...(outDirectory === undefined ? [] : ['--out', outDirectory])];

reportOutputEnd();
try {
  await synthCommand().exitOverride().parseAsync(args, { from: 'user' });
  if (process.exitCode === ExitCode.someRejected) process.exitCode = ExitCode.done;
} catch (error) {
  if (!(error instanceof CommanderError)) printToStderr(`error: ${printableLines(explain(error))}`);
  process.exitCode = error instanceof CommanderError ? ExitCode.usage : exitCodeOf(error);
}
