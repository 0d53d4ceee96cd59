import * as z from 'zod';
import { sharedAnnotations, sharedLabels } from './kubernetes-names.ts';

/** A dashboard as Grafana's sidecar reads it from a ConfigMap. */
export const dashboard = z
  .strictObject({
    labels: sharedLabels
      .default({ grafana_dashboard: '1' })
      .describe("By which Grafana's sidecar selects its ConfigMaps"),
    annotations: sharedAnnotations.default({}).describe('For example the folder that the sidecar puts it in'),
  })
  .describe('Renders a Grafana dashboard for the metrics of status, and for the CronJob of repair');
