import { Command, Option } from 'commander';
import type { SynthReport } from '../synth.ts';
import { print, printToStderr } from '../text/command-line.ts';
import { ExitCode } from '../text/errors.ts';
import { printable } from '../text/printable.ts';
import { withProgress } from '../text/progress.ts';
import { type FleetFlags, openFleet, statusIn, withFleetOptions } from './fleet-options.ts';

interface Flags extends FleetFlags {
  readonly out: string;
  readonly check: boolean;
  readonly strict: boolean;
  readonly allowRemoval: boolean;
  readonly status?: string;
  readonly render: 'fast' | 'slow';
  readonly output: 'table' | 'json';
}

export function synthCommand(): Command {
  const command = new Command('synth').description(
    'Render the manifests of every org into the output directory',
  );
  return withFleetOptions(command)
    .option('--out <dir>', 'output directory', 'dist')
    .option('--check', 'write nothing; exit with 1 and list the files that differ', false)
    .option('--strict', 'exit with 1 instead of 3 when an org is rejected', false)
    .option('--allow-removal', 'retire orgs even if the source is empty, or many would leave at once', false)
    .option(
      '--status <file>',
      'what status --output json printed: orgs whose retirement the cluster has recorded are removed',
    )
    .addOption(
      new Option('--render <mode>', 'slow: each org in full, without templates; the files are the same')
        .choices(['fast', 'slow'])
        .default('fast'),
    )
    .addOption(new Option('--output <format>', 'output format').choices(['table', 'json']).default('table'))
    .addHelpText(
      'after',
      `
Exit codes: 0 done, 1 --check found a difference or something to try again, 2 wrong usage or settings,
  3 done but some orgs were rejected, 4 held back

Example:
  lakekeeper-gitops synth --warehouses postgres://reader@config-store/duckgres --platform platform.yaml --out dist`,
    )
    .action(async (flags: Flags) => {
      const fleet = await openFleet(flags);
      const [{ warnings }, { synth }, summary] = await Promise.all([
        import('../platform/settings-warnings.ts'),
        import('../synth.ts'),
        import('./synth-summary.ts'),
      ]);
      const { out, check, allowRemoval, render } = flags;
      const status = await statusIn(flags.status, { directory: out, ref: null, commit: null });
      const report = await withProgress(process.stderr, (show) =>
        synth({ ...fleet, out, check, allowRemoval, status, render, show }),
      );
      for (const { at, message } of warnings(fleet.platform))
        printToStderr(`warning: ${flags.platform}: ${at} ${message}`);
      if (status?.outdated !== undefined) printToStderr(`warning: ${printable(status.outdated)}`);
      summary.diagnostics(report, flags).forEach(printToStderr);
      print(flags.output === 'json' ? summary.asJson(report) : await summary.asTable(report, flags));
      process.exitCode = exitCode(report, flags, summary.isUpToDate(report));
    });
}

function exitCode(
  { heldBack, rejected }: SynthReport,
  { check, strict }: Flags,
  isUpToDate: boolean,
): ExitCode {
  if (heldBack !== undefined) return ExitCode.permanent;
  if (check && !isUpToDate) return ExitCode.transient;
  if (rejected.length > 0) return strict ? ExitCode.transient : ExitCode.someRejected;
  return ExitCode.done;
}
