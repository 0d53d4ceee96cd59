import { posix } from 'node:path';
import type { ApiObjectMetadata } from 'cdk8s';
import { k8s } from 'cdk8s-plus-28';
import type { Construct } from 'constructs';
import type { NamedOrg } from '../catalog/catalog.ts';
import { inputsKey, registrationFiles } from '../catalog/registration-inputs.ts';
import { durationSeconds } from '../platform/duration.ts';
import type { Platform, PodSettings } from '../platform/platform-settings.ts';
import { divideDeadline } from './job-tries.ts';
import { orgLabels, orgMetadata } from './metadata.ts';
import { failureRules, type ProgramPod, programPod } from './program-pod.ts';

/** A Job of one org that Argo CD runs as a hook: of its registration, or of its retirement. */
export interface HookJob {
  /** After the name of the catalog. */
  readonly suffix: `-${string}`;
  /** Phase and wave of the hook. */
  readonly annotations: Readonly<Record<string, string>>;
  readonly command: 'register' | 'retire';
  /** Arguments after those that both commands have. */
  readonly args: readonly string[];
  /** Suffix of the ConfigMap with the inputs. */
  readonly inputsSuffix: string;
  readonly accountSuffix: string;
  readonly ownLabels: ProgramPod['ownLabels'];
  /** Volumes beside that of the inputs. */
  readonly mounted: readonly { readonly volume: k8s.Volume; readonly mountPath: string }[];
}

export const hookKey = 'argocd.argoproj.io/hook';

export function hookJob(
  org: NamedOrg & { readonly jobPods: PodSettings | undefined },
  platform: Platform,
  { suffix, annotations, command, args, inputsSuffix, accountSuffix, ownLabels, mounted }: HookJob,
): k8s.KubeJobProps {
  const { resources, deadline, pods } = platform.registration;
  const seconds = durationSeconds(deadline);
  const { tries, secondsEach } = divideDeadline(seconds);
  const { inputs } = registrationFiles;
  const name = org.names.kubernetes;
  const all = [
    {
      volume: { name: 'inputs', configMap: { name: `${name}${inputsSuffix}` } },
      mountPath: posix.dirname(inputs),
    },
    ...mounted,
  ];
  return {
    metadata: orgMetadata(org, suffix, {
      ...annotations,
      'argocd.argoproj.io/hook-delete-policy': 'BeforeHookCreation',
    }),
    spec: {
      activeDeadlineSeconds: seconds,
      backoffLimit: tries - 1,
      // With exit codes 2 and 4 a retry cannot help.
      podFailurePolicy: failureRules(command, { codes: [2, 4], action: 'FailJob' }),
      template: programPod(platform, {
        container: command,
        // The program ends before Kubernetes ends it, so that it can report the reason.
        args: [command, '--inputs', inputs, '--deadline', `${secondsEach}s`, ...args],
        resources,
        pods: org.jobPods ?? pods,
        serviceAccountName: `${name}${accountSuffix}`,
        ownLabels,
        labels: orgLabels(org),
        volumes: all.map(({ volume }) => volume),
        mounts: all.map(({ volume, mountPath }) => ({ name: volume.name, mountPath, readOnly: true })),
      }),
    },
  };
}

/**
 * Adds the hook Jobs of an org, and the ConfigMap with their inputs. Hooks are not part of Argo CD's diff: Argo CD runs
 * them again only when a tracked object changes. So the ConfigMap has a fingerprint of all that the Jobs depend on.
 *
 * @param metadata of the ConfigMap.
 * @param digest hash function for the fingerprint.
 */
export function addHookJobs(
  scope: Construct,
  metadata: ApiObjectMetadata,
  inputs: string,
  jobs: readonly k8s.KubeJobProps[],
  digest: (text: string) => string,
): void {
  const manifests = jobs.map((job) => JSON.stringify(k8s.KubeJob.manifest(job)));
  new k8s.KubeConfigMap(scope, 'inputs', {
    metadata,
    data: { [inputsKey]: inputs, fingerprint: digest([inputs, ...manifests].join('\n')) },
  });
  for (const job of jobs) new k8s.KubeJob(scope, `job-${job.metadata?.name}`, job);
}
