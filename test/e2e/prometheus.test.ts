import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { stringify } from 'yaml';
import { statusMetrics } from '../../src/commands/status-metrics.ts';
import { platform, platformObjects, the } from '../support/fleet.ts';
import { anyReport } from '../support/status-report.ts';
import { tool } from './support/tools.ts';

/** What is rendered for Prometheus and Grafana, as Prometheus' own promtool reads it. */

const objects = platformObjects(
  platform({
    alerts: { statusOlderThan: '20m', repairOlderThan: '60m' },
    dashboard: {},
    repair: { schedule: '@hourly' },
  }),
);
const { spec } = the<{ spec: { groups: { rules: { alert: string }[] }[] } }>(
  objects,
  'PrometheusRule',
  'lakekeeper-gitops',
);
const { data } = the<{ data: Record<string, string> }>(objects, 'ConfigMap', 'lakekeeper-gitops-dashboard');

let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'promtool-'));
  await writeFile(join(directory, 'rules.yaml'), stringify(spec));
});
afterAll(async () => {
  await rm(directory, { recursive: true });
});

/** @throws Error with what promtool printed, when it ends with another code than 0. */
async function promtool(args: readonly string[], input = ''): Promise<string> {
  const running = promisify(execFile)(await tool('promtool'), [...args], { cwd: directory });
  running.child.stdin?.end(input);
  const { stdout } = await running.catch((error) => Promise.reject(new Error(error.stdout + error.stderr)));
  return stdout;
}

/** Checks which alerts fire, with the labels in `orgs`, after some minutes of series with one sample a minute. */
async function expectAlerts(
  series: Readonly<Record<string, string>>,
  expected: Readonly<Record<string, Readonly<Record<string, readonly object[]>>>>,
): Promise<void> {
  const alertTests = Object.entries(expected).flatMap(([time, alerts]) =>
    Object.entries(alerts).map(([alertname, fired]) => ({
      eval_time: time,
      alertname,
      exp_alerts: fired.map((labels) => ({ exp_labels: { severity: 'warning', ...labels } })),
    })),
  );
  // Annotations are texts for people: only whether an alert fires is compared.
  const rules = spec.groups.map((group) => ({
    ...group,
    rules: group.rules.map((rule) => ({ ...rule, annotations: {} })),
  }));
  await writeFile(join(directory, 'bare.yaml'), stringify({ groups: rules }));
  const content = {
    rule_files: ['bare.yaml'],
    evaluation_interval: '1m',
    tests: [
      {
        interval: '1m',
        input_series: Object.entries(series).map(([name, values]) => ({ series: name, values })),
        alert_rule_test: alertTests,
      },
    ],
  };
  await writeFile(join(directory, 'test.yaml'), stringify(content));
  await promtool(['test', 'rules', 'test.yaml']);
}

test('the rules are well formed', async () => {
  expect(await promtool(['check', 'rules', 'rules.yaml'])).toMatch(/SUCCESS: 6 rules found/);
});

test('an org that is broken for 15 minutes is alerted, and one that waits is not', async () => {
  const org = (name: string, verdict: string) =>
    `lakekeeper_gitops_status_org{org="${name}",name="lakekeeper-${name}",verdict="${verdict}"}`;
  const broken = { org: 'acme', name: 'lakekeeper-acme', verdict: 'broken' };
  await expectAlerts(
    { [org('acme', 'broken')]: '1+0x30', [org('umbrella', 'waiting')]: '1+0x30' },
    { '14m': { LakekeeperOrgNeedsPerson: [] }, '16m': { LakekeeperOrgNeedsPerson: [broken] } },
  );
});

test('a status that is too old is alerted, and so is a repair that has not succeeded for too long', async () => {
  const repair = 'kube_cronjob_status_last_successful_time';
  await expectAlerts(
    {
      lakekeeper_gitops_status_timestamp_seconds: '0+0x100',
      [`${repair}{namespace="lakekeeper",cronjob="lakekeeper-gitops-repair"}`]: '0+0x100',
      [`${repair}{namespace="lakekeeper",cronjob="another"}`]: '0+60x100',
    },
    {
      '19m': { LakekeeperStatusOld: [], LakekeeperRepairOverdue: [] },
      '21m': { LakekeeperStatusOld: [{}], LakekeeperRepairOverdue: [] },
      '61m': { LakekeeperStatusOld: [{}], LakekeeperRepairOverdue: [{}] },
    },
  );
});

test('an org that is unknown for an hour is alerted, and needs no person yet', async () => {
  const series = 'lakekeeper_gitops_status_org{org="acme",name="lakekeeper-acme",verdict="unknown"}';
  await expectAlerts(
    { [series]: '1+0x100' },
    {
      '59m': { LakekeeperOrgUnknown: [] },
      '61m': {
        LakekeeperOrgUnknown: [{ org: 'acme', name: 'lakekeeper-acme' }],
        LakekeeperOrgNeedsPerson: [],
      },
    },
  );
});

test('a metric that is missing is alerted as late as one that is too old', async () => {
  const job = { namespace: 'lakekeeper', cronjob: 'lakekeeper-gitops-repair' };
  await expectAlerts(
    { another: '0+0x100' },
    {
      '19m': { LakekeeperStatusMissing: [], LakekeeperRepairMissing: [] },
      '21m': { LakekeeperStatusMissing: [{}], LakekeeperRepairMissing: [] },
      '61m': { LakekeeperStatusMissing: [{}], LakekeeperRepairMissing: [job] },
    },
  );
});

test('the metrics of status are in the format of Prometheus', async () => {
  expect(await promtool(['check', 'metrics'], statusMetrics(anyReport(100)))).toBe('');
});

test('every query of the dashboard is one in PromQL', async () => {
  const { panels } = JSON.parse(data['lakekeeper-gitops.json'] ?? '') as {
    panels: { targets: { expr: string }[] }[];
  };
  const queries = panels.flatMap(({ targets }) => targets.map(({ expr }) => expr));
  const rules = queries.map((expr, i) => ({ record: `query:${i}`, expr }));
  await writeFile(join(directory, 'queries.yaml'), stringify({ groups: [{ name: 'dashboard', rules }] }));
  expect(await promtool(['check', 'rules', 'queries.yaml'])).toContain(`${queries.length} rules found`);
});
