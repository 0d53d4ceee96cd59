import { ApiObject } from 'cdk8s';
import type { Construct } from 'constructs';
import { durationSeconds } from '../platform/duration.ts';
import type { Platform } from '../platform/platform-settings.ts';
import { repairNamespace } from '../platform/repair-pods.ts';
import { platformMetadata } from './metadata.ts';
import { repairName } from './repair-access.ts';

type WithAlerts = Platform & { readonly alerts: NonNullable<Platform['alerts']> };

/**
 * Alerts about the fleet. The metrics of `status` come through a textfile collector or a push gateway, those of the
 * CronJob from kube-state-metrics. Both have the time of the last success. A metric without any sample has no age, so
 * that it is missing is an alert of its own.
 */
export function alertRules(scope: Construct, platform: WithAlerts): void {
  const metadata = platformMetadata('lakekeeper-gitops', repairNamespace(platform));
  new ApiObject(scope, 'alerts', {
    apiVersion: 'monitoring.coreos.com/v1',
    kind: 'PrometheusRule',
    metadata: { ...metadata, labels: { ...metadata.labels, ...platform.alerts.labels } },
    spec: { groups: [{ name: 'lakekeeper-gitops', rules: rulesOf(platform) }] },
  });
}

const statusTime = 'lakekeeper_gitops_status_timestamp_seconds';

function rulesOf(platform: WithAlerts): object[] {
  const { alerts, repair } = platform;
  const rules = [
    rule({
      alert: 'LakekeeperOrgNeedsPerson',
      expr: 'max by (org, name, verdict) (lakekeeper_gitops_status_org{verdict=~"broken|drifted|orphan"}) == 1',
      for: '15m',
      summary: 'The catalog {{ $labels.name }} is {{ $labels.verdict }}.',
      description: 'Run lakekeeper-gitops status: it says why, and which command helps.',
    }),
    rule({
      alert: 'LakekeeperOrgUnknown',
      expr: 'max by (org, name) (lakekeeper_gitops_status_org{verdict="unknown"}) == 1',
      for: '60m',
      summary: 'Nobody knows how the catalog {{ $labels.name }} is.',
      description: 'Run lakekeeper-gitops status: it says what it could not reach, and why.',
    }),
    rule({
      alert: 'LakekeeperStatusOld',
      expr: `time() - max(${statusTime}) > ${durationSeconds(alerts.statusOlderThan)}`,
      summary: 'The newest status of the catalogs is too old.',
      description: 'Nobody knows how the catalogs are. Look at what runs lakekeeper-gitops status.',
    }),
    rule({
      alert: 'LakekeeperStatusMissing',
      expr: `absent(${statusTime})`,
      for: alerts.statusOlderThan,
      summary: 'There is no status of the catalogs.',
      description:
        'Nobody knows how the catalogs are. Look at what runs lakekeeper-gitops status, and its collector.',
    }),
  ];
  if (repair === undefined) return rules;
  const lastSuccess =
    'kube_cronjob_status_last_successful_time' +
    `{namespace="${repairNamespace(platform)}",cronjob="${repairName}"}`;
  return [
    ...rules,
    rule({
      alert: 'LakekeeperRepairOverdue',
      expr: `time() - max(${lastSuccess}) > ${durationSeconds(alerts.repairOlderThan)}`,
      summary: 'No run of repair has ended with every org in order for too long.',
      description: 'The log of its last Job names the orgs that need a person, and why.',
    }),
    rule({
      alert: 'LakekeeperRepairMissing',
      expr: `absent(${lastSuccess})`,
      for: alerts.repairOlderThan,
      summary: 'No run of repair has ever ended with every org in order.',
      description: 'Look at its CronJob, at the log of its last Job, and at kube-state-metrics.',
    }),
  ];
}

function rule(alert: {
  readonly alert: string;
  readonly expr: string;
  readonly for?: string;
  readonly summary: string;
  readonly description: string;
}): object {
  const { summary, description, ...condition } = alert;
  return { ...condition, labels: { severity: 'warning' }, annotations: { summary, description } };
}
