import * as z from 'zod';
import { sharedLabels } from './kubernetes-names.ts';
import { duration } from './setting-types.ts';

/** Rules for the Prometheus operator. */
export const alerts = z
  .strictObject({
    labels: sharedLabels.default({}).describe('By which the Prometheus operator selects its rules'),
    statusOlderThan: duration.default('60m').describe('Alert when the newest status of the fleet is older'),
    repairOlderThan: duration
      .default('720m')
      .describe('Alert when repair has not ended with every org in order for so long'),
  })
  .describe('Renders a PrometheusRule for the metrics of status, and for the CronJob of repair');
