import type { StatusReport } from '../status/status-schema.ts';
import { verdicts } from '../status/verdict.ts';

/** In the text format of Prometheus, for a textfile collector or a push gateway. */
export function statusMetrics({ orgs, totals, skipped, at }: StatusReport): string {
  const metric = (name: string, help: string, lines: readonly string[]) =>
    [`# HELP ${name} ${help}`, `# TYPE ${name} gauge`, ...lines, ''].join('\n');
  const named = (name: string) => `lakekeeper_gitops_status_${name}`;
  return [
    metric(
      named('orgs'),
      'Orgs by verdict.',
      verdicts.map((verdict) => `${named('orgs')}{verdict="${verdict}"} ${totals[verdict]}`),
    ),
    metric(named('skipped_orgs'), 'Orgs that have no catalog by their rows.', [
      `${named('skipped_orgs')} ${skipped}`,
    ]),
    metric(
      named('org'),
      'Orgs that are not registered: 1, with the verdict.',
      orgSeries(orgs).map((series) => `${named('org')}${series} 1`),
    ),
    metric(named('timestamp_seconds'), 'When the check began.', [
      `${named('timestamp_seconds')} ${Date.parse(at) / 1000}`,
    ]),
  ].join('');
}

/** Without those that are the same: records may lack an id, or have the same one. Prometheus refuses the whole file. */
function orgSeries(orgs: StatusReport['orgs']): string[] {
  const series = orgs
    .filter(({ verdict }) => verdict !== 'registered')
    .map(
      ({ org, name, verdict }) => `{org="${label(org ?? '')}",name="${label(name)}",verdict="${verdict}"}`,
    );
  return [...new Set(series)];
}

/** The three characters that the format escapes. */
function label(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
}
