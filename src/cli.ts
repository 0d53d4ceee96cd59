#!/usr/bin/env node
import { Command, CommanderError } from 'commander';
import { attachCommand } from './commands/attach.ts';
import { grantsCommand } from './commands/grants.ts';
import { planCommand } from './commands/plan.ts';
import { registerCommand } from './commands/register.ts';
import { synthCommand } from './commands/synth.ts';
import { tokenBrokerCommand } from './commands/token-broker.ts';
import { workerPatchCommand } from './commands/worker-patch.ts';
import { say } from './report/command-line.ts';
import { ExitCode, exitCodeOf, explain } from './report/errors.ts';
import { version } from './version.ts';

/** The program: commands, and the only place but `main.ts` that chooses exit codes. */
const program = new Command('lakekeeper-gitops')
  .description('A Lakekeeper Iceberg REST catalog for every organisation of a data platform, the GitOps way')
  .version(version)
  .showSuggestionAfterError()
  .exitOverride()
  .configureOutput({ writeErr: say });

for (const command of [
  synthCommand(),
  planCommand(),
  registerCommand(),
  grantsCommand(),
  tokenBrokerCommand(),
  workerPatchCommand(),
  attachCommand(),
])
  program.addCommand(command.copyInheritedSettings(program));

try {
  await program.parseAsync();
} catch (error) {
  process.exitCode = report(error);
}

function report(error: unknown): ExitCode {
  // Commander has said what was wrong itself; help and version end by an "error" too.
  if (error instanceof CommanderError) return error.exitCode === 0 ? ExitCode.done : ExitCode.usage;
  say(`error: ${explain(error)}`);
  if (process.env.LAKEKEEPER_GITOPS_DEBUG && error instanceof Error) say(error.stack ?? '');
  return exitCodeOf(error);
}
