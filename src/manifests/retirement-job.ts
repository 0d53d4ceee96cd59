import type { Construct } from 'constructs';
import { retireJobSuffix, retirementAccountSuffix } from '../catalog/names.ts';
import { encodeRetirement, retirementSuffix } from '../catalog/retirement-inputs.ts';
import type { RetiringOrg } from '../catalog/retiring-org.ts';
import type { Platform } from '../platform/platform-settings.ts';
import { addHookJobs, hookJob, hookKey } from './hook-job.ts';
import { orgMetadata } from './metadata.ts';
import { retiringNamespace } from './namespace.ts';
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
  if (org.hasOwnNamespace) retiringNamespace(scope, org);
  retirementNetworkPolicies(scope, org, platform);
  retirementAccess(scope, org);
  const job = hookJob(org, platform, {
    suffix: retireJobSuffix,
    annotations: { [hookKey]: 'PostSync' },
    command: 'retire',
    args: [],
    inputsSuffix: retirementSuffix,
    accountSuffix: retirementAccountSuffix,
    ownLabels: retirementPodLabels(org),
    mounted: [],
  });
  const inputs = encodeRetirement(org.inputs);
  addHookJobs(scope, orgMetadata(org, retirementSuffix, beforeOthers), inputs, [job], digest);
}
