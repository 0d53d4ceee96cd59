import type { RenderedOrg, SynthReport } from '../synth.ts';
import { printable } from '../text/printable.ts';
import { table } from '../text/table.ts';
import { unknownOverride } from './unknown-override.ts';

/** Maximum number of rows of one kind in a summary. If there are more, only their number is shown. */
const maxRows = 50;
/** The same for orgs that changed, which a reviewer has to see. */
const maxChangedRows = 1000;

export interface RunSettings {
  readonly check: boolean;
  readonly out: string;
}

/** Whether no file is written or removed. */
export function isUpToDate({ files }: SynthReport): boolean {
  return files.written + files.removed === 0;
}

/** Warnings and errors of a run, one in each line, for stderr. */
export function diagnostics(report: SynthReport, { check, out }: RunSettings): string[] {
  const { heldBack, unknownOverrides } = report;
  const lines = unknownOverrides.map((org) => `warning: ${unknownOverride(org)}`);
  if (heldBack !== undefined)
    return [
      ...lines,
      `error: ${heldBack}; nothing was changed. Check the source; if the removal is intended, run again with ` +
        '--allow-removal',
    ];
  if (!check || isUpToDate(report)) return lines;
  return [
    ...lines,
    ...report.changes.map(({ path, change }) => `${differs[change]} ${out}/${path}`),
    `error: ${out} is not up to date; run the same command without --check and commit what it writes`,
  ].map(printable);
}

const differs = { created: 'missing', updated: 'differs', removed: 'obsolete' } as const;

/** The result for scripts; its shape is part of the interface (docs/reference.md). */
export function asJson({ rendered, skipped, rejected, retiring, removed, files }: SynthReport): string {
  const result = {
    rendered,
    skipped: skipped.map(({ org, reason }) => ({ org, reason })),
    rejected: rejected.map(({ org, problems }) => ({ org: org ?? null, problems })),
    retiring: retiring.map(({ org, ...rest }) => ({ org: org ?? null, ...rest })),
    removed: removed.map(({ org, name, directory }) => ({ org: org ?? null, name, directory })),
    files,
  };
  return JSON.stringify(result, null, 2);
}

/** The result for people. */
export async function asTable(report: SynthReport, { check, out }: RunSettings): Promise<string> {
  const { orgs, skipped, rejected, retiring, removed, files, heldBack } = report;
  const rows = [
    ...leaverRows(report),
    ...renderedRows(report, out),
    ...skippedRows(skipped),
    ...rejectedRows(rejected),
  ];
  const summary = [
    `${orgs.changed} rendered`,
    `${orgs.unchanged} unchanged`,
    `${skipped.length} skipped`,
    `${rejected.length} rejected`,
    `${retiring.length} ${heldBack === undefined ? 'retiring' : 'would be retiring'}`,
    `${removed.length} ${heldBack === undefined ? 'removed' : 'would be removed'}`,
  ];
  const [written, gone] = check ? ['differ', 'obsolete'] : ['written', 'removed'];
  const inFiles = `${files.written} files ${written}, ${files.unchanged} unchanged, ${files.removed} ${gone}`;
  const listed = rows.length > 0 ? `${await table(['ORG', 'RESULT', 'WHERE OR WHY'], rows)}\n` : '';
  return `${listed}${summary.join(', ')} (${inFiles} in ${printable(out)})`;
}

function renderedRows(report: SynthReport, out: string): string[][] {
  const { changed, unchanged } = report.orgs;
  const row = (org: RenderedOrg) => [org.org, org.changed ? 'rendered' : 'unchanged', org.directory];
  if (changed + unchanged <= maxRows) return report.rendered.map(row);
  if (changed > maxChangedRows) return [[`${changed} orgs`, 'rendered', out]];
  return report.rendered.filter((org) => org.changed).map(row);
}

/** Orgs that leave. Those that begin to retire though their rows still exist come first: that is rarely intended. */
function leaverRows({ retiring, removed, skipped, heldBack }: SynthReport): string[][] {
  const isHeld = heldBack !== undefined;
  const reasons = new Map<string | undefined, string>(skipped.map(({ org, reason }) => [org, reason]));
  const row = ({ org, name, directory }: SynthReport['removed'][number], result: string, what: string) => {
    const reason = reasons.get(org);
    return [org ?? name, result, `${directory}${what}${reason === undefined ? '' : `: ${reason}`}`];
  };
  const begins = retiring.filter((one) => one.begins);
  const isInSource = ({ org }: { readonly org: string | undefined }) => reasons.has(org);
  return [
    ...[...begins.filter(isInSource), ...begins.filter((one) => !isInSource(one))].map((one) =>
      row(one, isHeld ? 'would begin to retire' : 'begins to retire', ` (${one.policy})`),
    ),
    ...removed.map((one) => row(one, isHeld ? 'would be removed' : 'removed', '')),
    ...retiring.filter((one) => !one.begins).map((one) => row(one, 'retiring', ` (${one.policy})`)),
  ];
}

function skippedRows(skipped: SynthReport['skipped']): string[][] {
  const why = ({ reason, keep }: SynthReport['skipped'][number]) =>
    keep ? `${reason}; its committed manifests stay` : reason;
  if (skipped.length <= maxRows) return skipped.map((org) => [org.org, 'skipped', why(org)]);
  const counts = new Map<string, number>();
  for (const org of skipped) counts.set(why(org), (counts.get(why(org)) ?? 0) + 1);
  return [...counts].map(([reason, count]) => [`${count} orgs`, 'skipped', reason]);
}

function rejectedRows(rejected: SynthReport['rejected']): string[][] {
  if (rejected.length <= maxRows)
    return rejected.flatMap(({ org, problems }) =>
      problems.map(({ at, message }) => [org ?? unknown, 'rejected', `${at}: ${message}`]),
    );
  // One setting or column may be the reason for many.
  const reasons = new Map<
    string,
    { readonly org: string; readonly at: string; also: string; count: number }
  >();
  for (const { org = unknown, problems } of rejected) {
    for (const [message, at] of new Map(problems.map((one) => [one.message, one.at]))) {
      const known = reasons.get(message) ?? { org, at, also: '', count: 0 };
      known.count += 1;
      if (at !== known.at) known.also = ' and others';
      reasons.set(message, known);
    }
  }
  const rows = [...reasons]
    .sort(([, a], [, b]) => b.count - a.count)
    .map(([message, { org, at, also, count }]) => [
      count === 1 ? org : `${count} orgs`,
      'rejected',
      `${at}${also}: ${message}`,
    ]);
  const hidden = rows.length - maxRows;
  if (hidden <= 0) return rows;
  return [...rows.slice(0, maxRows), [`${hidden} reasons`, 'rejected', 'listed with --output json']];
}

const unknown = '(unknown)';
