import { k8s } from 'cdk8s-plus-28';
import type { Construct } from 'constructs';
import type { Catalog } from '../catalog/catalog.ts';
import { registrationSuffix } from '../catalog/names.ts';
import type { Platform } from '../platform/platform-settings.ts';
import { repairNamespace } from '../platform/repair-pods.ts';
import { orgMetadata, platformMetadata } from './metadata.ts';

/**
 * Rights of the repair. Its own account may only list the registration inputs, and create tokens for the accounts of
 * registration. Everything that it does for an org, it does with the rights of that org's Job.
 */
export const repairName = 'lakekeeper-gitops-repair';

/** Labels of the repair's pods. No other pods have them. */
export const repairPodLabels = {
  'app.kubernetes.io/name': 'lakekeeper-gitops',
  'app.kubernetes.io/component': 'repair',
};

const rbac = 'rbac.authorization.k8s.io';
const listInputs: k8s.PolicyRule = { apiGroups: [''], resources: ['configmaps'], verbs: ['list'] };

/** The account, and its rights for the whole fleet. */
export function repairAccess(scope: Construct, platform: Platform): void {
  const namespace = repairNamespace(platform);
  const metadata = platformMetadata(repairName, namespace);
  const subjects = subjectsOf(platform);
  new k8s.KubeServiceAccount(scope, 'repair-account', { metadata });
  if (platform.tenancy === 'sharedNamespace') {
    new k8s.KubeRole(scope, 'repair-role', { metadata, rules: [listInputs] });
    new k8s.KubeRoleBinding(scope, 'repair-binding', {
      metadata,
      roleRef: { apiGroup: rbac, kind: 'Role', name: repairName },
      subjects,
    });
    return;
  }
  const inCluster = platformMetadata(repairName);
  new k8s.KubeClusterRole(scope, 'repair-role', {
    metadata: inCluster,
    rules: [{ apiGroups: [''], resources: ['namespaces'], verbs: ['list'] }],
  });
  new k8s.KubeClusterRoleBinding(scope, 'repair-binding', {
    metadata: inCluster,
    roleRef: { apiGroup: rbac, kind: 'ClusterRole', name: repairName },
    subjects,
  });
}

/** Its rights for one org. */
export function repairAccessToOrg(scope: Construct, catalog: Catalog, platform: Platform): void {
  if (platform.repair === undefined) return;
  const metadata = orgMetadata(catalog, '.repair');
  const account = `${catalog.names.kubernetes}${registrationSuffix}`;
  const makeTokens: k8s.PolicyRule = {
    apiGroups: [''],
    resources: ['serviceaccounts/token'],
    verbs: ['create'],
    resourceNames: [account],
  };
  const rules = catalog.hasOwnNamespace ? [listInputs, makeTokens] : [makeTokens];
  new k8s.KubeRole(scope, 'repair-role', { metadata, rules });
  new k8s.KubeRoleBinding(scope, 'repair-binding', {
    metadata,
    roleRef: { apiGroup: rbac, kind: 'Role', name: metadata.name ?? '' },
    subjects: subjectsOf(platform),
  });
}

function subjectsOf(platform: Platform): k8s.Subject[] {
  return [{ kind: 'ServiceAccount', name: repairName, namespace: repairNamespace(platform) }];
}
