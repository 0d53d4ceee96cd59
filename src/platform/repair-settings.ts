import * as z from 'zod';
import { cronSchedule, timeZone } from './cron-schedule.ts';
import { podSettings } from './pod-settings.ts';
import { resources } from './quantity.ts';
import { duration } from './setting-types.ts';

/** The CronJob that registers every org again. Without it, an org is repaired only by its next sync. */
export const repair = z
  .strictObject({
    schedule: cronSchedule,
    timeZone: timeZone.optional(),
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
      .describe('Orgs that a pod registers at a time, each with one session of its metadata store'),
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
