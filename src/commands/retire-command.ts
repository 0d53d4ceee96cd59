import { Command, Option } from 'commander';
import type { RetirementInputs } from '../catalog/retirement-inputs.ts';
import { print } from '../text/command-line.ts';
import { ExitCode, exitCodeOf, UsageError } from '../text/errors.ts';
import { type FleetFlags, openFleet, withFleetOptions } from './fleet-options.ts';
import { durationSeconds } from './option-values.ts';

interface Flags extends FleetFlags {
  readonly inputs?: string;
  readonly org?: string;
  readonly out: string;
  readonly dryRun: boolean;
  readonly output: 'table' | 'json';
  readonly deadline: number;
  readonly kubeconfig?: string;
  readonly context?: string;
}

export function retireCommand(): Command {
  const command = new Command('retire')
    .description(
      'Retire an org that left: disable the login to its database, or delete database, role and Secret; then record ' +
        'it. Safe to run again',
    )
    .option('--inputs <file>', 'the retirement inputs that synth rendered, as in the Job')
    .option('--org <id>', 'an org that leaves by the source, from what is committed of it')
    .option('--out <dir>', 'output directory of synth, for --org', 'dist')
    .option('--dry-run', 'print the actions of a run, without doing them', false)
    .option('--deadline <duration>', 'time limit, like 300s or 5m', durationSeconds, 300)
    .option('--kubeconfig <file>', "kubeconfig to use (default: the pod's own identity, then $KUBECONFIG)")
    .option('--context <name>', 'context of the kubeconfig')
    .addOption(new Option('--output <format>', 'output format').choices(['table', 'json']).default('table'));
  return withFleetOptions(command)
    .addHelpText(
      'after',
      `
Exit codes: 0 retired, or not to be retired any more, 1 trying again may help (the catalog still runs),
  2 wrong usage or settings, 4 a person has to decide (tables are registered)

Examples:
  lakekeeper-gitops retire --inputs /etc/lakekeeper-gitops/inputs.json
  lakekeeper-gitops retire --org acme --dry-run --context production`,
    )
    .action(async (flags: Flags) => {
      process.exitCode = await run(flags);
    });
}

async function run(flags: Flags): Promise<ExitCode> {
  const [{ openRetirer }, inputs, summary, { retirementSentence }, { finish }] = await Promise.all([
    import('../retirement/open-retirer.ts'),
    readInputs(flags),
    import('./registration-summary.ts'),
    import('./retirement-summary.ts'),
    import('../registration/termination-message.ts'),
  ]);
  const retirer = await openRetirer({ ...flags, isJob: flags.inputs !== undefined });
  const result = await (flags.dryRun ? retirer.plan(inputs) : retirer.retire(inputs));
  if (flags.output === 'json') print(summary.asJson([result]));
  else if (flags.dryRun) print(await summary.planTable([result]));
  await finish(retirementSentence(result));
  return result.result === 'failed' ? exitCodeOf(result.error) : ExitCode.done;
}

async function readInputs(flags: Flags): Promise<RetirementInputs> {
  const { inputs: file, org, out } = flags;
  if ((file === undefined) === (org === undefined))
    throw new UsageError('give exactly one of --inputs <file> and --org <id>');
  if (file !== undefined)
    return (await import('../retirement/read-retirement-inputs.ts')).readRetirementInputs(file);
  const [{ retirementOf }, { readWorkTree }] = await Promise.all([
    import('../retire-org.ts'),
    import('../tree/work-tree.ts'),
  ]);
  return retirementOf(await openFleet(flags), await readWorkTree(out), org as string);
}
