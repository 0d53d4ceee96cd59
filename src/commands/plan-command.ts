import { Command, Option } from 'commander';
import type { Plan } from '../explain/plan-schema.ts';
import { compareRisk, type Risk, risks } from '../explain/risk.ts';
import { print, printToStderr } from '../text/command-line.ts';
import { ExitCode } from '../text/errors.ts';
import { printable } from '../text/printable.ts';
import { type FleetFlags, openFleet, statusIn, withFleetOptions } from './fleet-options.ts';
import { unknownOverride } from './unknown-override.ts';

interface Flags extends FleetFlags {
  readonly out: string;
  readonly against?: string;
  readonly allowRemoval: boolean;
  readonly status?: string;
  readonly output: 'text' | 'markdown' | 'json';
  readonly failOn?: Risk;
  readonly exitCode: boolean;
  readonly strict: boolean;
}

export function planCommand(): Command {
  const command = new Command('plan').description(
    'Show the changes that applying the manifests would make, by risk: compared with the committed files, for a pull ' +
      'request or a gate. Writes nothing',
  );
  return withFleetOptions(command)
    .option('--out <dir>', 'output directory', 'dist')
    .option('--against <ref>', 'compare with this Git commit, branch or tag (default: the work tree)')
    .addOption(
      new Option('--output <format>', 'output format').choices(['text', 'markdown', 'json']).default('text'),
    )
    .addOption(
      new Option('--fail-on <risk>', 'exit with 4 when the plan reaches this risk').choices(
        risks.filter((risk) => risk !== 'none'),
      ),
    )
    .option(
      '--status <file>',
      'what status --output json printed: a roll-out goes on only where the orgs of earlier stages are well, and ' +
        'orgs whose retirement the cluster has recorded are removed',
    )
    .option('--exit-code', 'exit with 5 when synth would change files, and with 0 when it would not', false)
    .option('--strict', 'exit with 1 instead of 3 when an org is rejected', false)
    .option(
      '--allow-removal',
      'plan for synth --allow-removal, which may retire all orgs or many of them',
      false,
    )
    .addHelpText(
      'after',
      `
Exit codes: 0 done, 1 something to try again, 2 wrong usage or settings, 3 done but some orgs were rejected,
  4 held back or --fail-on reached, 5 changes (with --exit-code)

Examples:
  lakekeeper-gitops plan --warehouses postgres://reader@config-store/duckgres
  lakekeeper-gitops plan --against origin/main --output markdown --fail-on critical`,
    )
    .action(async (flags: Flags) => {
      const fleet = await openFleet(flags);
      const [{ plan }, { withCommitted }] = await Promise.all([
        import('../plan.ts'),
        import('../tree/with-committed.ts'),
      ]);
      const planned = await withCommitted(flags.out, flags.against, async (committed) => {
        const status = await statusIn(flags.status, committed.against);
        if (status?.outdated !== undefined) printToStderr(`warning: ${printable(status.outdated)}`);
        return plan({ ...fleet, committed, allowRemoval: flags.allowRemoval, status });
      });
      print(await show(planned, flags));
      for (const remark of diagnostics(planned, flags)) printToStderr(remark);
      process.exitCode = exitCode(planned, flags);
    });
}

async function show(plan: Plan, { output }: Flags): Promise<string> {
  if (output === 'json') return JSON.stringify(plan, null, 2);
  if (output === 'markdown') return (await import('./plan-markdown.ts')).planAsMarkdown(plan);
  return (await import('./plan-text.ts')).planAsText(plan, { colour: isColoured() });
}

/** As https://no-color.org asks for. */
function isColoured(): boolean {
  return process.stdout.isTTY === true && !process.env.NO_COLOR;
}

/** Warnings beside the plan, for stderr. */
function diagnostics(plan: Plan, flags: Flags): string[] {
  const warnings = plan.unknownOverrides.map((org) => `warning: ${unknownOverride(org)}`);
  return [...warnings, ...reasons(plan, flags)];
}

/** The reason for an exit code other than 0. */
function reasons(plan: Plan, { failOn }: Flags): string[] {
  if (plan.heldBack !== null)
    return [
      `error: ${plan.heldBack}: synth would write nothing. Check the source; if the removal is intended, ` +
        'run again with --allow-removal',
    ];
  if (failOn !== undefined && compareRisk(plan.risk, failOn) >= 0)
    return [
      `error: the risk of the plan is ${plan.risk}, and --fail-on is ${failOn}; a person has to decide`,
    ];
  return [];
}

function exitCode(plan: Plan, { failOn, exitCode: wanted, strict }: Flags): ExitCode {
  if (plan.heldBack !== null) return ExitCode.permanent;
  if (failOn !== undefined && compareRisk(plan.risk, failOn) >= 0) return ExitCode.permanent;
  if (wanted && plan.changes.length > 0) return ExitCode.changes;
  if (plan.rejected.length > 0) return strict ? ExitCode.transient : ExitCode.someRejected;
  return ExitCode.done;
}
