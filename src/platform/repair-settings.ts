import * as z from 'zod';
import { podSettings } from './pod-settings.ts';
import { resources } from './quantity.ts';
import { duration } from './setting-types.ts';

const field = '[0-9A-Za-z*/,?LW#-]+';

/** The CronJob that registers every org again. Without it, what is lost comes back with the next sync of its org. */
export const repair = z
  .strictObject({
    schedule: z
      .string()
      .regex(
        new RegExp(`^(@(hourly|daily|midnight|weekly|monthly)|${field}( ${field}){4})$`),
        'is not a schedule of five fields, like "17 */6 * * *"',
      )
      .describe('As that of a CronJob'),
    timeZone: z
      .string()
      .regex(/^[A-Za-z][A-Za-z0-9_+-]*(\/[A-Za-z0-9_+-]+)*$/, 'is not a time zone, like Europe/Berlin')
      .optional()
      .describe("Of the schedule; the controller's own when left out. Kubernetes 1.27 and newer"),
    shards: z
      .int()
      .min(1)
      .max(100)
      .default(1)
      .describe('Pods that share the fleet, as an Indexed Job; more than one needs Kubernetes 1.29'),
    concurrency: z
      .int()
      .min(1)
      .max(20)
      .default(4)
      .describe('Orgs that a pod registers at a time, each with one session of Postgres'),
    apiRequestsPerSecond: z.int().min(1).max(999).default(50).describe('Of a pod, to the API server'),
    postgresConnectionsPerSecond: z.int().min(1).max(999).default(20).describe('Of a pod'),
    jitter: duration.default('5m').describe('A pod begins after a random time up to this'),
    orgDeadline: duration.default('5m').describe('Of the registration of one org'),
    deadline: duration.default('120m').describe('Of a run'),
    resources: resources.default({ requests: { cpu: '100m', memory: '128Mi' }, limits: { memory: '512Mi' } }),
    pods: podSettings
      .optional()
      .describe('What the pods have beyond their container; those of registration.pods when left out'),
  })
  .describe('Registers every org again, on a schedule: what was lost or changed beside Git comes back');
