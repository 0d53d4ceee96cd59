import type { Dashboard, GridPos, Panel } from '@grafana/schema';
import { k8s } from 'cdk8s-plus-28';
import type { Construct } from 'constructs';
import type { Platform } from '../platform/platform-settings.ts';
import { repairNamespace } from '../platform/repair-pods.ts';
import { platformMetadata } from './metadata.ts';
import { repairName } from './repair-access.ts';

type WithDashboard = Platform & { readonly dashboard: NonNullable<Platform['dashboard']> };

/**
 * A ConfigMap with a dashboard, as Grafana's sidecar reads it. The metrics are those of the alerts: of `status`, and
 * with `repair` of kube-state-metrics. The data source is a variable, chosen in the dashboard.
 */
export function dashboardConfig(scope: Construct, platform: WithDashboard): void {
  const { labels, annotations } = platform.dashboard;
  const metadata = platformMetadata('lakekeeper-gitops-dashboard', repairNamespace(platform));
  new k8s.KubeConfigMap(scope, 'dashboard', {
    metadata: { ...metadata, labels: { ...metadata.labels, ...labels }, annotations },
    data: { 'lakekeeper-gitops.json': `${JSON.stringify(dashboardOf(platform), null, 2)}\n` },
  });
}

/** Grafana's grid has 24 columns. */
const columns = 24;

function dashboardOf(platform: Platform): Dashboard {
  return {
    uid: 'lakekeeper-gitops',
    title: 'Lakekeeper catalogs',
    tags: ['lakekeeper'],
    // The classic JSON model, which Grafana 11 and newer read.
    schemaVersion: 39,
    editable: true,
    refresh: '1m',
    time: { from: 'now-24h', to: 'now' },
    templating: {
      list: [{ name: 'datasource', label: 'Data source', type: 'datasource', query: 'prometheus' }],
    },
    panels: [
      panel(1, 'stat', 'Orgs by verdict', place(0, 0, 12, 6), {
        expr: 'max by (verdict) (lakekeeper_gitops_status_orgs)',
        legendFormat: '{{verdict}}',
      }),
      panel(2, 'stat', 'Time since the last status', place(12, 0, 6, 6), {
        expr: 'time() - max(lakekeeper_gitops_status_timestamp_seconds)',
        unit: 's',
      }),
      ...repairPanels(platform),
      panel(4, 'timeseries', 'Orgs by verdict, over time', place(0, 6, columns, 9), {
        expr: 'max by (verdict) (lakekeeper_gitops_status_orgs)',
        legendFormat: '{{verdict}}',
      }),
      panel(5, 'table', 'Orgs that are not registered', place(0, 15, columns, 12), {
        expr: 'max by (org, name, verdict) (lakekeeper_gitops_status_org) == 1',
        format: 'table',
        instant: true,
      }),
    ],
  };
}

function repairPanels(platform: Platform): Panel[] {
  if (platform.repair === undefined) return [];
  const job = `{namespace="${repairNamespace(platform)}",cronjob="${repairName}"}`;
  return [
    panel(3, 'stat', 'Time since repair had every org in order', place(18, 0, 6, 6), {
      expr: `time() - max(kube_cronjob_status_last_successful_time${job})`,
      unit: 's',
    }),
  ];
}

function place(x: number, y: number, w: number, h: number): GridPos {
  return { x, y, w, h };
}

function panel(
  id: number,
  type: 'stat' | 'timeseries' | 'table',
  title: string,
  gridPos: GridPos,
  { unit, ...query }: { readonly expr: string; readonly unit?: string; readonly [option: string]: unknown },
): Panel {
  const datasource = { type: 'prometheus', uid: `\${datasource}` };
  return {
    id,
    type,
    title,
    gridPos,
    datasource,
    fieldConfig: { defaults: unit === undefined ? {} : { unit }, overrides: [] },
    targets: [{ refId: 'A', datasource, ...query }],
  };
}
