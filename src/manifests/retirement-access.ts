import { k8s } from 'cdk8s-plus-28';
import type { Construct } from 'constructs';
import { retirementAccountSuffix } from '../catalog/names.ts';
import { retirementRights } from '../catalog/retirement-rights.ts';
import type { RetiringOrg } from '../catalog/retiring-org.ts';
import { orgMetadata } from './metadata.ts';
import { boundRole, policyRule } from './roles.ts';
import { beforeOthers } from './sync-order.ts';

/**
 * The account of the Job that retires an org, and its rights: a Role for each namespace. The bindings are hooks, which
 * Argo CD deletes when the Job has succeeded: it does not prune the objects of an Application whose directory is gone.
 */
export function retirementAccess(scope: Construct, org: RetiringOrg): void {
  const metadata = orgMetadata(org, retirementAccountSuffix, beforeOthers);
  const { name = '', namespace: own = '' } = metadata;
  new k8s.KubeServiceAccount(scope, 'retirement-account', { metadata });
  const rights = retirementRights(org.inputs);
  for (const namespace of [...new Set(rights.map((right) => right.namespace))].sort()) {
    const rules = rights
      .filter((right) => right.namespace === namespace)
      .map(({ apiGroup, resource, verbs, names }) => policyRule(apiGroup, resource, verbs, names));
    const account = { name, namespace: own };
    boundRole(scope, `retirement-${namespace}`, { ...metadata, namespace }, rules, account, untilRetired);
  }
}

const untilRetired = {
  'argocd.argoproj.io/hook': 'PostSync',
  'argocd.argoproj.io/hook-delete-policy': 'BeforeHookCreation,HookSucceeded',
};
