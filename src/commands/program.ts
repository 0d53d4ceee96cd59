import { Command } from 'commander';
import { say } from '../report/command-line.ts';
import { version } from '../version.ts';
import { attachCommand } from './attach.ts';
import { completionCommand } from './completion.ts';
import { grantsCommand } from './grants.ts';
import { initCommand } from './init.ts';
import { planCommand } from './plan.ts';
import { pullRequestCommand } from './pull-request.ts';
import { registerCommand } from './register.ts';
import { synthCommand } from './synth.ts';
import { tokenBrokerCommand } from './token-broker.ts';
import { workerPatchCommand } from './worker-patch.ts';

/** The program: its commands, and how they say what was wrong. It throws a CommanderError instead of ending the process. */
export function program(): Command {
  const root = new Command('lakekeeper-gitops')
    .description(
      'A Lakekeeper Iceberg REST catalog for every organisation of a data platform, the GitOps way',
    )
    .version(version)
    .showSuggestionAfterError()
    .exitOverride()
    .configureOutput({ writeErr: say })
    .addHelpText(
      'after',
      `
Examples:
  lakekeeper-gitops synth --warehouses warehouses.yaml
  lakekeeper-gitops help synth`,
    );
  for (const command of [
    initCommand(),
    synthCommand(),
    planCommand(),
    pullRequestCommand(),
    registerCommand(),
    grantsCommand(),
    tokenBrokerCommand(),
    workerPatchCommand(),
    attachCommand(),
    completionCommand(),
  ])
    root.addCommand(command.copyInheritedSettings(root));
  return root;
}
