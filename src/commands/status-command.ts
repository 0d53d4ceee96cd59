import { Command, Option } from 'commander';
import type { FleetStatus } from '../status/fleet-status.ts';
import { needsPerson } from '../status/verdict.ts';
import { outputEnd, print } from '../text/command-line.ts';
import { ExitCode, UsageError } from '../text/errors.ts';
import { withProgress } from '../text/progress.ts';
import { type FleetFlags, openFleet, withFleetOptions } from './fleet-options.ts';
import { durationSeconds, positiveNumber } from './option-values.ts';
import { withRepeatedOptions } from './repeated-options.ts';

const outputs = ['table', 'json', 'html', 'prometheus'] as const;
type Output = (typeof outputs)[number];

interface Flags extends FleetFlags {
  readonly org?: readonly string[];
  readonly out: string;
  readonly output: Output;
  readonly watch?: number | true;
  readonly deep: boolean;
  readonly concurrency: number;
  readonly timeout: number;
  readonly serverUrl?: string;
  readonly tokenFile?: string;
  readonly kubeconfig?: string;
  readonly context?: string;
}

const watchDefaultSeconds = 10;

export function statusCommand(): Command {
  const command = new Command('status')
    .description(
      'Check every org in all places, and say which orgs need a person, the worst first. Writes nothing',
    )
    .option('--org <id...>', 'check only these orgs (default: all, and orphans)')
    .addOption(new Option('--output <format>', 'output format').choices(outputs).default('table'))
    .option('--watch [duration]', 'repeat, every 10s or every given duration', durationSeconds)
    .option(
      '--deep',
      'make each server test its storage (Lakekeeper 0.14 or newer); it writes and removes a test object',
      false,
    )
    .option('--out <dir>', 'output directory of synth, whose manifests are compared', 'dist')
    .option('--concurrency <n>', 'number of orgs at a time', positiveNumber, 16)
    .option('--timeout <duration>', 'time limit for each catalog', durationSeconds, 10)
    .option(
      '--server-url <url>',
      "where the catalog's server is from here; {name} and {namespace} are filled in (default: its " +
        'Service in the cluster)',
    )
    .option('--token-file <file>', "token for the catalogs (default: one of each org's registration account)")
    .option('--kubeconfig <file>', "kubeconfig to use (default: the pod's own identity, then $KUBECONFIG)")
    .option('--context <name>', 'context of the kubeconfig');
  return withFleetOptions(command)
    .addHelpText(
      'after',
      `
Exit codes: 0 every org is registered or retiring, 1 something waits or could not be reached,
  2 wrong usage or settings, 4 a person is needed: something is broken, drifted or an orphan

Examples:
  lakekeeper-gitops status --warehouses postgres://reader@config-store/duckgres
  lakekeeper-gitops status --org acme --deep
  lakekeeper-gitops status --output html > status.html`,
    )
    .action(async (flags: Flags) => {
      process.exitCode = await run(flags, command);
    });
}

async function run(flags: Flags, command: Command): Promise<ExitCode> {
  const stop = new AbortController();
  // The second one ends the process at once.
  process.once('SIGINT', () => stop.abort(new Error('ended by SIGINT')));
  process.once('SIGTERM', () => stop.abort(new Error('ended by SIGTERM')));
  const seconds = flags.watch === true ? watchDefaultSeconds : flags.watch;
  if (seconds !== undefined && (flags.output === 'html' || flags.output === 'prometheus'))
    throw new UsageError(
      `--watch prints one status after another, which is no file of --output ${flags.output}; repeat status ` +
        'without --watch, or watch with table or json',
    );
  if (seconds === undefined) return checkOnce(flags, command, stop.signal);
  const { repeatCheck } = await import('./repeat-check.ts');
  // Nobody would see another check.
  const end = () => stop.abort(outputEnd.reason);
  outputEnd.addEventListener('abort', end);
  return repeatCheck(() => checkOnce(flags, command, stop.signal), seconds * 1000, stop.signal).finally(() =>
    outputEnd.removeEventListener('abort', end),
  );
}

async function checkOnce(flags: Flags, command: Command, signal: AbortSignal): Promise<ExitCode> {
  const at = new Date();
  const [fleet, { fleetStatus }, { readWorkTree }] = await Promise.all([
    openFleet(flags),
    import('../status/fleet-status.ts'),
    import('../tree/work-tree.ts'),
  ]);
  const committed = await readWorkTree(flags.out);
  const status = await withProgress(process.stderr, (show) =>
    fleetStatus(
      {
        ...fleet,
        committed,
        cluster: { kubeconfig: flags.kubeconfig, context: flags.context },
        environment: process.env,
        orgs: flags.org,
        concurrency: flags.concurrency,
        isDeep: flags.deep,
        timeoutMs: flags.timeout * 1000,
        serverURL: ({ catalog }) =>
          flags.serverUrl?.replaceAll('{name}', catalog.name).replaceAll('{namespace}', catalog.namespace),
        tokenFile: flags.tokenFile,
        signal,
      },
      show,
    ),
  );
  signal.throwIfAborted();
  if (flags.watch !== undefined && process.stdout.isTTY) process.stdout.write('\u001b[2J\u001b[H');
  print(await shown(withRepeatedOptions(status, command), at, flags.output));
  return exitCodeOf(status);
}

async function shown(status: FleetStatus, at: Date, output: Output): Promise<string> {
  const { statusReport } = await import('../status/status-schema.ts');
  const report = statusReport(status, at);
  switch (output) {
    case 'table':
      return (await import('./status-table.ts')).statusTable(report);
    case 'json':
      return JSON.stringify(report, null, 2);
    case 'html':
      return (await import('./status-html.ts')).statusHtml(report);
    case 'prometheus':
      return (await import('./status-metrics.ts')).statusMetrics(report);
  }
}

function exitCodeOf({ orgs }: FleetStatus): ExitCode {
  if (orgs.some(({ verdict }) => needsPerson(verdict))) return ExitCode.permanent;
  const isOver = orgs.every(({ verdict }) => verdict === 'registered' || verdict === 'retiring');
  return isOver ? ExitCode.done : ExitCode.transient;
}
