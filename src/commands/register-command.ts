import { Command, Option } from 'commander';
import type { Registrar } from '../registration/open-registrar.ts';
import type { Until } from '../registration/registration.ts';
import type { RegistrationResult } from '../registration/result.ts';
import { print } from '../text/command-line.ts';
import { ExitCode, exitCodeOf, UsageError } from '../text/errors.ts';
import { type FleetFlags, openFleet, withFleetOptions } from './fleet-options.ts';
import { durationSeconds, positiveNumber } from './option-values.ts';

const steps = ['authentication', 'credentials', 'proof'] as const satisfies readonly Until[];

interface Flags extends FleetFlags {
  readonly inputs?: string;
  readonly org?: readonly string[];
  readonly all: boolean;
  readonly concurrency: number;
  readonly dryRun: boolean;
  readonly output: 'table' | 'json';
  readonly until?: Until;
  /** The former name of `--until`. */
  readonly through?: Until;
  readonly deadline: number;
  readonly serverUrl?: string;
  readonly tokenFile?: string;
  readonly kubeconfig?: string;
  readonly context?: string;
  readonly acceptNewEncryptionKey: boolean;
}

export function registerCommand(): Command {
  const command = new Command('register')
    .description(
      'Register orgs: create database, Secret and warehouse, verify the catalog, record it. Safe to run again',
    )
    .option('--inputs <file>', 'one org, from the registration inputs that synth rendered, as in the Job')
    .option('--org <id...>', 'these orgs of the source')
    .option('--all', 'every org of the source', false)
    .option('--dry-run', 'print the actions of a run, without doing them', false)
    .option('--concurrency <n>', 'number of orgs at a time', positiveNumber, 4)
    .addOption(
      new Option('--until <step>', 'step to end with (default: "proof")').choices(steps).conflicts('through'),
    )
    .addOption(new Option('--through <step>', 'deprecated: the former name of --until').choices(steps))
    .option('--deadline <duration>', 'time limit for each org, like 900s or 15m', durationSeconds, 900)
    .option(
      '--server-url <url>',
      "where the catalog's server is from here; {name} and {namespace} are filled in (default: its " +
        'Service in the cluster)',
    )
    .option(
      '--token-file <file>',
      "token for the catalogs (default: in the Job its own, elsewhere one of the org's registration account)",
    )
    .option('--kubeconfig <file>', "kubeconfig to use (default: the pod's own identity, then $KUBECONFIG)")
    .option('--context <name>', 'context of the kubeconfig')
    .option(
      '--accept-new-encryption-key',
      'create a new encryption key for a database that holds a catalog already',
      false,
    )
    .addOption(new Option('--output <format>', 'output format').choices(['table', 'json']).default('table'));
  return withFleetOptions(command)
    .addHelpText(
      'after',
      `
Exit codes: 0 done, 1 trying again may help, 2 wrong usage or settings,
  3 done but some orgs were rejected or failed for good, 4 a person has to decide

Examples:
  lakekeeper-gitops register --inputs /etc/lakekeeper-gitops/inputs.json
  lakekeeper-gitops register --all --dry-run --warehouses warehouses.yaml --context production
  lakekeeper-gitops register --org acme --org globex --server-url http://127.0.0.1:8181`,
    )
    .action(async (flags: Flags) => {
      process.exitCode = await run(flags);
    });
}

async function run(flags: Flags): Promise<ExitCode> {
  const ways = [flags.inputs !== undefined, flags.org !== undefined, flags.all].filter(Boolean).length;
  if (ways !== 1) throw new UsageError('give exactly one of --inputs <file>, --org <id> and --all');
  return flags.inputs === undefined ? registerAll(flags) : registerOne(flags, flags.inputs);
}

/** What the Job runs: its last line, which is also the container's termination message, is the result. */
async function registerOne(flags: Flags, file: string): Promise<ExitCode> {
  const { readInputs } = await import('../registration/read-inputs.ts');
  // Before the cluster is connected to: of two errors, the same one is always reported.
  const inputs = await readInputs(file);
  const [registrar, summary, { finish }] = await Promise.all([
    openRegistrar(flags),
    import('./registration-summary.ts'),
    import('../registration/termination-message.ts'),
  ]);
  const result = await (flags.dryRun ? registrar.plan(inputs) : registrar.register(inputs));
  if (flags.output === 'json') print(summary.asJson([result]));
  else if (flags.dryRun) print(await summary.planTable([result]));
  await finish(summary.sentence(result));
  return exitCode([result]);
}

async function registerAll(flags: Flags): Promise<ExitCode> {
  const [{ registerFleet }, summary] = await Promise.all([
    import('../register-fleet.ts'),
    import('./registration-summary.ts'),
  ]);
  const results = await registerFleet(await openFleet(flags), () => openRegistrar(flags), {
    ...flags,
    orgs: flags.org,
  });
  const text = flags.dryRun ? summary.planTable : summary.asTable;
  print(flags.output === 'json' ? summary.asJson(results) : await text(results));
  return exitCode(results);
}

async function openRegistrar(flags: Flags): Promise<Registrar> {
  const { openRegistrar: open } = await import('../registration/open-registrar.ts');
  const until = flags.until ?? flags.through ?? 'proof';
  return open({ ...flags, until, isJob: flags.inputs !== undefined });
}

/** Exit code 1 (try again) takes precedence: a retry may help one org and does no harm to the others. */
function exitCode(results: readonly RegistrationResult[]): ExitCode {
  const bad = results.filter(({ result }) => result === 'failed' || result === 'rejected');
  const codes = bad.map(({ result, error }) =>
    result === 'failed' ? exitCodeOf(error) : ExitCode.someRejected,
  );
  if (codes.includes(ExitCode.transient)) return ExitCode.transient;
  const [only] = codes;
  if (results.length === 1 && only !== undefined) return only;
  return codes.length === 0 ? ExitCode.done : ExitCode.someRejected;
}
