import type { ReportedOrg, StatusReport } from '../status/status-schema.ts';
import { verdicts } from '../status/verdict.ts';
import { table } from '../text/table.ts';

/** The worst first; what is registered is only counted, unless it is all there is. */
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

/** What explains the verdict, and how many findings there are beside it. */
function whyOf({ findings, verdict, version }: ReportedOrg): string {
  const telling = findings.filter((one) => one.verdict === verdict);
  if (telling.length === 0) return version === null ? '' : `Lakekeeper ${version}`;
  const others = findings.length - telling.length;
  const why = telling
    .map(({ subject, what }) => `${subject}: ${what.replaceAll(/\s*\n\s*/g, ' ')}`)
    .join('; ');
  const command = telling.find((one) => one.command !== null)?.command;
  return [
    verdict === 'waiting'
      ? `for ${telling.map(({ what }) => what.replaceAll(/\s*\n\s*/g, ' ')).join('; ')}`
      : why,
    ...(command ? [`run: ${command}`] : []),
    ...(others > 0 ? [`and ${others} more (--output json)`] : []),
  ].join('. ');
}
