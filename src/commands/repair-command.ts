import { Command, InvalidArgumentError } from 'commander';
import type { RepairSettings } from '../repair/repair-fleet.ts';
import type { RepairTotals } from '../repair/repair-report.ts';
import { print } from '../text/command-line.ts';
import { ExitCode } from '../text/errors.ts';
import { durationSeconds, positiveNumber } from './option-values.ts';

type Flags = Omit<RepairSettings, 'environment' | 'serviceAccountDirectory'>;

export function repairCommand(): Command {
  return new Command('repair')
    .description(
      'Register every org again by the inputs that Argo CD has applied: what was lost or changed beside Git is ' +
        'made anew. The CronJob of the setting "repair" runs it',
    )
    .option(
      '--namespace <name>',
      'namespace of the catalogs (default: every namespace that is labelled as one of catalogs)',
    )
    .option('--shard <index/count>', 'only this part of the fleet, like 0/4', shard, { index: 0, count: 1 })
    .option(
      '--concurrency <n>',
      'number of orgs at a time; each has one session of its metadata store',
      positiveNumber,
      4,
    )
    .option('--api-requests-per-second <n>', 'limit towards the API server', positiveNumber, 50)
    .option('--postgres-connections-per-second <n>', 'limit towards Postgres', positiveNumber, 20)
    .option('--deadline <duration>', 'time limit for each org', durationSeconds, 300)
    .option('--jitter <duration>', 'wait at the start for a random time up to this', durationSeconds, 0)
    .option(
      '--server-url <url>',
      "where the catalog's server is from here; {name} and {namespace} are filled in (default: its Service)",
    )
    .option('--kubeconfig <file>', "kubeconfig to use (default: the pod's own identity, then $KUBECONFIG)")
    .option('--context <name>', 'context of the kubeconfig')
    .addHelpText(
      'after',
      `
Prints one line of JSON for each org, and one with the totals at the end.

Exit codes: 0 every org is in order now, 1 trying again may help, 2 wrong usage,
  3 some orgs need a person

Example:
  lakekeeper-gitops repair --namespace lakekeeper --shard 0/4`,
    )
    .action(async (flags: Flags) => {
      process.exitCode = await run(flags);
    });
}

async function run(flags: Flags): Promise<ExitCode> {
  const [{ repairFleet }, { RepairReport }] = await Promise.all([
    import('../repair/repair-fleet.ts'),
    import('../repair/repair-report.ts'),
  ]);
  const report = new RepairReport();
  await repairFleet(flags, (org) => print(JSON.stringify(report.add(org))));
  const totals = report.totals(flags.shard);
  print(JSON.stringify(totals));
  return exitCode(totals);
}

function exitCode({ outcomes }: RepairTotals): ExitCode {
  if (outcomes['try again'] > 0) return ExitCode.transient;
  return outcomes['needs a person'] + outcomes['usage error'] > 0 ? ExitCode.someRejected : ExitCode.done;
}

function shard(text: string): RepairSettings['shard'] {
  const [, index, count] = /^([0-9]{1,3})\/([1-9][0-9]{0,2})$/.exec(text) ?? [];
  if (index === undefined || Number(index) >= Number(count))
    throw new InvalidArgumentError('expected an index and a count, like 0/4; the index begins at 0');
  return { index: Number(index), count: Number(count) };
}
