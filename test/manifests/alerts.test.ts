import { expect, test } from 'vitest';
import { statusMetrics } from '../../src/commands/status-metrics.ts';
import { statusReport } from '../../src/status/status-schema.ts';
import { verdicts } from '../../src/status/verdict.ts';
import { platform, platformObjects, type SettingsOverrides, the } from '../support/fleet.ts';

interface Rule {
  readonly alert: string;
  readonly expr: string;
  readonly for?: string;
}
const rules = (overrides: SettingsOverrides): Rule[] =>
  the<{ spec: { groups: { rules: Rule[] }[] } }>(
    platformObjects(platform(overrides)),
    'PrometheusRule',
    'lakekeeper-gitops',
  ).spec.groups.flatMap((group) => group.rules);
const repair = { schedule: '@hourly' };

test('every metric of ours that an alert or the dashboard asks for is one that status prints', () => {
  const asked = rules({ alerts: {} }).flatMap(({ expr }) => expr.match(/lakekeeper_gitops_[a-z_]+/g) ?? []);
  const dashboard = platformObjects(platform({ dashboard: {} })).find(({ kind }) => kind === 'ConfigMap');
  asked.push(...(JSON.stringify(dashboard).match(/lakekeeper_gitops_[a-z_]+/g) ?? []));
  expect(asked.length).toBeGreaterThan(3);
  const printed = statusMetrics(statusReport({ orgs: [], skipped: 0 }, new Date(0)));
  for (const metric of asked) expect(printed).toContain(`# TYPE ${metric} gauge`);
});

test('the CronJob of repair is one of the alerts where it is rendered', () => {
  const names = (overrides: SettingsOverrides) => rules(overrides).map(({ alert }) => alert);
  const ofStatus = [
    'LakekeeperOrgNeedsPerson',
    'LakekeeperOrgUnknown',
    'LakekeeperStatusOld',
    'LakekeeperStatusMissing',
  ];
  const ofRepair = ['LakekeeperRepairOverdue', 'LakekeeperRepairMissing'];
  expect(names({ alerts: {} })).toEqual(ofStatus);
  expect(names({ alerts: {}, repair })).toEqual([...ofStatus, ...ofRepair]);
  const [overdue] = rules({ alerts: { repairOlderThan: '60m' }, repair }).filter(
    ({ alert }) => alert === 'LakekeeperRepairOverdue',
  );
  expect(overdue?.expr).toContain('cronjob="lakekeeper-gitops-repair"}) > 3600');
});

test('a metric whose age is alerted causes an alert when it is missing too, no sooner', () => {
  const all = rules({ alerts: { statusOlderThan: '20m', repairOlderThan: '60m' }, repair });
  const ages = all.flatMap(({ expr }) => /^time\(\) - max\((.*)\) > (\d+)$/.exec(expr)?.slice(1) ?? []);
  const missing = all.flatMap(({ expr, for: after }) => {
    const [, metric] = /^absent\((.*)\)$/.exec(expr) ?? [];
    return metric === undefined ? [] : [metric, String(Number.parseInt(after ?? '', 10) * 60)];
  });
  expect(ages).toHaveLength(4);
  expect(missing).toEqual(ages);
});

test('every verdict but those that need nobody has an alert', () => {
  const alerted = rules({ alerts: {} }).flatMap(
    ({ expr }) => /verdict=~?"([a-z|]+)"/.exec(expr)?.[1]?.split('|') ?? [],
  );
  const needsNobody = ['waiting', 'retiring', 'registered'];
  expect(alerted.sort()).toEqual(verdicts.filter((one) => !needsNobody.includes(one)).sort());
});

test('its labels are those by which the operator selects it; without the setting there is none', () => {
  const objects = platformObjects(platform({ alerts: { labels: { release: 'prometheus' } } }));
  const { metadata } = the(objects, 'PrometheusRule', 'lakekeeper-gitops');
  expect(metadata.labels).toMatchObject({ release: 'prometheus' });
  expect(platformObjects(platform({ repair })).map(({ kind }) => kind)).not.toContain('PrometheusRule');
});

test('the dashboard has the labels by which the sidecar of Grafana selects it, and repair where it is rendered', () => {
  const dashboardOf = (overrides: SettingsOverrides) =>
    the<{ metadata: object; data: Record<string, string> }>(
      platformObjects(platform(overrides)),
      'ConfigMap',
      'lakekeeper-gitops-dashboard',
    );
  const annotations = { grafana_folder: 'Data' };
  const { metadata, data } = dashboardOf({ dashboard: { annotations }, repair });
  expect(metadata).toMatchObject({ labels: { grafana_dashboard: '1' }, annotations });
  expect(data['lakekeeper-gitops.json']).toContain('lakekeeper-gitops-repair');
  expect(JSON.stringify(dashboardOf({ dashboard: {} }))).not.toContain('kube_cronjob');
});

test('a label of what all orgs share has no placeholder', () => {
  for (const setting of ['alerts', 'dashboard'])
    expect(() => platform({ [setting]: { labels: { team: '{org}' } } })).toThrow('is not a label value');
});
