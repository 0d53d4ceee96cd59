import { Command, type Option } from 'commander';
import { printToStderr } from '../text/command-line.ts';
import { UsageError } from '../text/errors.ts';
import { version } from '../version.ts';
import { attachCommand } from './attach-command.ts';
import { completionCommand } from './completion-command.ts';
import { grantsCommand } from './grants-command.ts';
import { initCommand } from './init-command.ts';
import { planCommand } from './plan-command.ts';
import { pullRequestCommand } from './pull-request-command.ts';
import { registerCommand } from './register-command.ts';
import { repairCommand } from './repair-command.ts';
import { retireCommand } from './retire-command.ts';
import { statusCommand } from './status-command.ts';
import { synthCommand } from './synth-command.ts';
import { tokenBrokerCommand } from './token-broker-command.ts';
import { workerPatchCommand } from './worker-patch-command.ts';

/** Commander repeats an unknown option with its value: `--pasword=...`. */
function withoutValue(text: string): string {
  return text.replace(/^(error: unknown option '--?[\w-]+)=.*'/s, "$1'");
}

/** An empty value mostly comes from a variable of the shell that is not set. */
function refuseEmptyValues(command: Command): void {
  for (const option of command.options)
    if (command.getOptionValueSource(option.attributeName()) === 'cli' && isEmpty(command, option))
      throw new UsageError(
        `${option.long} is empty; expected ${option.flags.replace(/^[^<[]*/, '')}: is a variable of the shell not set?`,
      );
}

function isEmpty(command: Command, option: Option): boolean {
  return [command.getOptionValue(option.attributeName())].flat().includes('');
}

/**
 * The program: its commands, and how they say what was wrong. It throws a CommanderError instead of ending the process.
 */
export function program(): Command {
  const root = new Command('lakekeeper-gitops')
    .description(
      'A Lakekeeper Iceberg REST catalog for every organisation of a data platform, the GitOps way',
    )
    .version(version)
    .showSuggestionAfterError()
    .exitOverride()
    .hook('preAction', (_, command) => refuseEmptyValues(command))
    .configureOutput({ writeErr: (text) => printToStderr(withoutValue(text)) })
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
    repairCommand(),
    retireCommand(),
    statusCommand(),
    grantsCommand(),
    tokenBrokerCommand(),
    workerPatchCommand(),
    attachCommand(),
    completionCommand(),
  ])
    root.addCommand(command.copyInheritedSettings(root));
  return root;
}
