import { CommanderError } from 'commander';
import { synthCommand } from './commands/synth-command.ts';
import { say } from './text/command-line.ts';
import { ExitCode, exitCodeOf, explain } from './text/errors.ts';

/**
 * Entry named in cdk8s.yaml: the same synth, into the directory that `cdk8s synth` has just emptied. It knows
 * success and failure only, so an org that is rejected is said on stderr and does not fail the others.
 */
const outDirectory = process.env.CDK8S_OUTDIR;
const args = [...process.argv.slice(2), ...(outDirectory === undefined ? [] : ['--out', outDirectory])];

try {
  await synthCommand().exitOverride().parseAsync(args, { from: 'user' });
  if (process.exitCode === ExitCode.someRejected) process.exitCode = ExitCode.done;
} catch (error) {
  if (!(error instanceof CommanderError)) say(`error: ${explain(error)}`);
  process.exitCode = error instanceof CommanderError ? ExitCode.usage : exitCodeOf(error);
}
