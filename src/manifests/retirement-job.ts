import { k8s } from 'cdk8s-plus-28';
import type { Construct } from 'constructs';
import { retirementAccountSuffix } from '../catalog/names.ts';
import { inputsKey, registrationFiles } from '../catalog/registration-inputs.ts';
import { encodeRetirement, retirementSuffix } from '../catalog/retirement-inputs.ts';
import type { RetiringOrg } from '../catalog/retiring-org.ts';
import { durationSeconds } from '../platform/duration.ts';
import type { Platform } from '../platform/platform-settings.ts';
import { divideDeadline } from './job-tries.ts';
import { orgLabels, orgMetadata } from './metadata.ts';
import { retiringNamespace } from './namespace.ts';
import { failureRules, programPod } from './program-pod.ts';
import { retirementAccess } from './retirement-access.ts';
import { retirementNetworkPolicies, retirementPodLabels } from './retirement-network.ts';
import { beforeOthers } from './sync-order.ts';

/**
 * The objects of an org that leaves, in place of those of its catalog: policies that close it, and a hook Job that
 * retires it when Argo CD has pruned the custom resource.
 *
 * @param digest hash function for the fingerprint of what the Job depends on.
 */
export function retirement(
  scope: Construct,
  org: RetiringOrg,
  platform: Platform,
  digest: (text: string) => string,
): void {
  const inputs = encodeRetirement(org.inputs);
  const job = retirementJob(org, platform);
  if (org.hasOwnNamespace) retiringNamespace(scope, org);
  retirementNetworkPolicies(scope, org, platform);
  retirementAccess(scope, org);
  new k8s.KubeConfigMap(scope, 'retirement-inputs', {
    metadata: orgMetadata(org, retirementSuffix, beforeOthers),
    // Hooks are not part of Argo CD's diff. Argo CD runs them again only when a tracked object changes.
    data: {
      [inputsKey]: inputs,
      fingerprint: digest([inputs, JSON.stringify(k8s.KubeJob.manifest(job))].join('\n')),
    },
  });
  new k8s.KubeJob(scope, 'retirement-job', job);
}

const container = 'retire';
const mountPath = registrationFiles.inputs.slice(0, registrationFiles.inputs.lastIndexOf('/'));

function retirementJob(org: RetiringOrg, platform: Platform): k8s.KubeJobProps {
  const { deadline, pods, resources } = platform.registration;
  const seconds = durationSeconds(deadline);
  const { tries, secondsEach } = divideDeadline(seconds);
  return {
    metadata: orgMetadata(org, '-retire', {
      'argocd.argoproj.io/hook': 'PostSync',
      'argocd.argoproj.io/hook-delete-policy': 'BeforeHookCreation',
    }),
    spec: {
      activeDeadlineSeconds: seconds,
      backoffLimit: tries - 1,
      podFailurePolicy: failureRules(container, { codes: [2, 4], action: 'FailJob' }),
      template: programPod(platform, {
        container,
        args: ['retire', '--inputs', registrationFiles.inputs, '--deadline', `${secondsEach}s`],
        resources,
        pods: org.jobPods ?? pods,
        serviceAccountName: `${org.names.kubernetes}${retirementAccountSuffix}`,
        ownLabels: retirementPodLabels(org),
        labels: orgLabels(org),
        volumes: [{ name: 'inputs', configMap: { name: `${org.names.kubernetes}${retirementSuffix}` } }],
        mounts: [{ name: 'inputs', mountPath, readOnly: true }],
      }),
    },
  };
}
