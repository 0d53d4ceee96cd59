import { k8s } from 'cdk8s-plus-28';
import type { Construct } from 'constructs';
import { retirementAccountSuffix } from '../catalog/names.ts';
import type { Right } from '../catalog/record-rights.ts';
import { retirementRights } from '../catalog/retirement-rights.ts';
import type { RetiringOrg } from '../catalog/retiring-org.ts';
import { orgMetadata } from './metadata.ts';
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
    const inNamespace = { ...metadata, namespace };
    const rules = rights.filter((right) => right.namespace === namespace).map(ruleOf);
    new k8s.KubeRole(scope, `retirement-role-${namespace}`, { metadata: inNamespace, rules });
    new k8s.KubeRoleBinding(scope, `retirement-binding-${namespace}`, {
      metadata: { ...inNamespace, annotations: { ...inNamespace.annotations, ...untilRetired } },
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name },
      subjects: [{ kind: 'ServiceAccount', name, namespace: own }],
    });
  }
}

const untilRetired = {
  'argocd.argoproj.io/hook': 'PostSync',
  'argocd.argoproj.io/hook-delete-policy': 'BeforeHookCreation,HookSucceeded',
};

function ruleOf({ apiGroup, resource, verbs, names }: Right): k8s.PolicyRule {
  return {
    apiGroups: [apiGroup],
    resources: [resource],
    verbs: [...verbs],
    ...(names && { resourceNames: [...names] }),
  };
}
