import type { ReportedOrg, StatusReport } from '../status/status-schema.ts';
import { verdicts } from '../status/verdict.ts';
import { table } from '../text/table.ts';

/** A row for each org, the worst first, and the totals. */
export async function statusTable({ orgs, totals, skipped }: StatusReport): Promise<string> {
  const rows = orgs.map((one) => [
    one.org ?? one.name,
    one.verdict,
    one.workers === null ? '-' : `${one.workers.ready}/${one.workers.running}`,
    whyOf(one),
  ]);
  const counts = verdicts.flatMap((verdict) =>
    totals[verdict] > 0 ? [`${totals[verdict]} ${verdict}`] : [],
  );
  const summary = counts.join(', ') || 'no org with a catalog';
  const rest = skipped > 0 ? `; ${skipped} without a catalog` : '';
  const body =
    rows.length > 0 ? `${await table(['ORG', 'VERDICT', 'WORKERS', 'WHY AND WHAT HELPS'], rows)}\n` : '';
  return `${body}${summary}${rest}`;
}

/** What explains the verdict, how many findings there are beside it, and the command that helps. */
function whyOf({ findings, verdict, version }: ReportedOrg): string {
  const telling = findings.filter((one) => one.verdict === verdict);
  if (telling.length === 0) return version === null ? '' : `Lakekeeper ${version}`;
  const others = findings.length - telling.length;
  const reasons = telling.map(({ subject, what }) => {
    const line = what.replaceAll(/\s*\n\s*/g, ' ');
    return verdict === 'waiting' ? line : `${subject}: ${line}`;
  });
  const begins = `${verdict === 'waiting' ? 'for ' : ''}${reasons.join('; ')}`;
  const more = others > 0 ? ` (and ${others} more: --output json)` : '';
  const command = telling.find((one) => one.command !== null)?.command;
  // The command is the last, so that it can be copied.
  return `${begins}${more}${command ? `. run: ${command}` : ''}`;
}
