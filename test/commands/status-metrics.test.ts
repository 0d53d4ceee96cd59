import { expect, test } from 'vitest';
import { statusMetrics } from '../../src/commands/status-metrics.ts';
import { statusReport } from '../../src/status/status-schema.ts';
import type { OrgStatus } from '../../src/status/verdict.ts';
import { anyReport } from '../support/status-report.ts';

/** A value of a label, in the syntax of Prometheus: a backslash escapes itself, a quote, and n for a line feed. */
const sample = /^lakekeeper_gitops_status_org\{org="((?:[^"\\\n]|\\[\\"n])*)",name="lakekeeper-x",.*\} 1$/;

test.each(['"} 1\nother{org="', 'a\\', '\\n', 'a\nb', '\\"', 'ü\u202e'])(
  'the org id %j is one label',
  (org) => {
    const text = statusMetrics(anyReport(1, { org, name: 'lakekeeper-x', verdict: 'broken' }));
    const found = text.split('\n').flatMap((line) => sample.exec(line)?.[1] ?? []);
    const names: Record<string, string> = { n: '\n' };
    expect(found.map((value) => value.replaceAll(/\\(.)/g, (_, one: string) => names[one] ?? one))).toEqual([
      org,
    ]);
    const lines = text.split('\n').filter((line) => !/^(# |lakekeeper_gitops_status_|$)/.test(line));
    expect(lines).toEqual([]);
  },
);

const org = (of: Partial<OrgStatus>): OrgStatus => ({
  ...{ org: 'acme', name: 'lakekeeper-acme', namespace: undefined, verdict: 'broken', findings: [] },
  ...of,
});
/** The name and labels of each sample. */
const series = (orgs: readonly OrgStatus[]) =>
  statusMetrics(statusReport({ orgs, skipped: 0 }, new Date(0)))
    .split('\n')
    .flatMap((line) => /^(lakekeeper_gitops_status_org\{.*\}) 1$/.exec(line)?.[1] ?? []);

test('records that nothing tells apart are one series: Prometheus refuses a file with the same series twice', () => {
  const withoutId = org({ org: undefined, name: '(unknown)' });
  expect(series([withoutId, withoutId, org({}), org({}), org({ verdict: 'drifted' })])).toEqual([
    'lakekeeper_gitops_status_org{org="",name="(unknown)",verdict="broken"}',
    'lakekeeper_gitops_status_org{org="acme",name="lakekeeper-acme",verdict="broken"}',
    'lakekeeper_gitops_status_org{org="acme",name="lakekeeper-acme",verdict="drifted"}',
  ]);
});
