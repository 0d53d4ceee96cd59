import { k8s } from 'cdk8s-plus-28';
import type { Construct } from 'constructs';
import { partOf } from '../catalog/object-labels.ts';
import { durationSeconds } from '../platform/duration.ts';
import type { Platform } from '../platform/platform-settings.ts';
import { repairNamespace, repairPods } from '../platform/repair-pods.ts';
import { platformMetadata } from './metadata.ts';
import { namespaceOfPrograms } from './namespace.ts';
import { failureRules, programPod } from './program-pod.ts';
import { repairAccess, repairName, repairPodLabels } from './repair-access.ts';
import { repairNetworkPolicy } from './repair-network.ts';

const container = 'repair';

type WithRepair = Platform & { readonly repair: NonNullable<Platform['repair']> };

/**
 * The CronJob that registers every org again by its committed inputs, and its rights. Argo CD runs no hooks when it
 * heals an Application, nor when nothing in Git changed (docs/facts/argo-cd.md). This CronJob restores what was lost
 * outside of Git.
 */
export function repairJob(scope: Construct, platform: WithRepair): void {
  const { schedule, timeZone, shards, deadline } = platform.repair;
  const namespace = repairNamespace(platform);
  if (platform.tenancy === 'namespacePerOrg') namespaceOfPrograms(scope, namespace);
  repairAccess(scope, platform);
  repairNetworkPolicy(scope, platform);
  // With these exit codes an immediate retry cannot help. The next scheduled run comes anyway.
  const codes = [2, 3, 4];
  const shared = shards > 1;
  new k8s.KubeCronJob(scope, 'repair', {
    metadata: platformMetadata(repairName, namespace),
    spec: {
      schedule,
      ...(timeZone === undefined ? {} : { timeZone }),
      concurrencyPolicy: 'Forbid',
      // A controller that was down for longer waits for the next scheduled time.
      startingDeadlineSeconds: 600,
      successfulJobsHistoryLimit: 1,
      failedJobsHistoryLimit: 3,
      jobTemplate: {
        metadata: { labels: { ...partOf, ...repairPodLabels } },
        spec: {
          activeDeadlineSeconds: durationSeconds(deadline),
          ...(shared
            ? { completionMode: 'Indexed', completions: shards, parallelism: shards, backoffLimitPerIndex: 1 }
            : { backoffLimit: 1 }),
          podFailurePolicy: failureRules(container, { codes, action: shared ? 'FailIndex' : 'FailJob' }),
          template: programPod(platform, {
            container,
            args: repairArguments(platform),
            resources: platform.repair.resources,
            pods: repairPods(platform),
            serviceAccountName: repairName,
            ownLabels: repairPodLabels,
            labels: partOf,
            volumes: [],
            mounts: [],
          }),
        },
      },
    } as k8s.CronJobSpec,
  });
}

function repairArguments({ tenancy, namespace, repair }: WithRepair): string[] {
  const { shards, concurrency, apiRequestsPerSecond, postgresConnectionsPerSecond } = repair;
  return [
    'repair',
    ...(tenancy === 'sharedNamespace' ? ['--namespace', namespace] : []),
    // Kubernetes expands this variable. It sets it in the pods of an Indexed Job.
    ...(shards > 1 ? ['--shard', `$(JOB_COMPLETION_INDEX)/${shards}`] : []),
    ...['--concurrency', String(concurrency)],
    ...['--api-requests-per-second', String(apiRequestsPerSecond)],
    ...['--postgres-connections-per-second', String(postgresConnectionsPerSecond)],
    ...['--deadline', repair.orgDeadline],
    ...['--jitter', repair.jitter],
  ];
}
