import { k8s } from 'cdk8s-plus-28';
import type { Construct } from 'constructs';
import type { Catalog } from '../catalog/catalog.ts';
import { registrationSuffix } from '../catalog/names.ts';
import type { Platform } from '../platform/platform-settings.ts';
import { repairNamespace } from '../platform/repair-pods.ts';
import { orgMetadata, platformMetadata } from './metadata.ts';
import { boundRole, policyRule, rbacGroup, serviceAccountSubject } from './roles.ts';

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

const listInputs = policyRule('', 'configmaps', ['list']);

/** The account, and its rights for the whole fleet. */
export function repairAccess(scope: Construct, platform: Platform): void {
  const namespace = repairNamespace(platform);
  const metadata = platformMetadata(repairName, namespace);
  const account = { name: repairName, namespace };
  new k8s.KubeServiceAccount(scope, 'repair-account', { metadata });
  if (platform.tenancy === 'sharedNamespace') {
    boundRole(scope, 'repair', metadata, [listInputs], account);
    return;
  }
  const inCluster = platformMetadata(repairName);
  new k8s.KubeClusterRole(scope, 'repair-role', {
    metadata: inCluster,
    rules: [policyRule('', 'namespaces', ['list'])],
  });
  new k8s.KubeClusterRoleBinding(scope, 'repair-binding', {
    metadata: inCluster,
    roleRef: { apiGroup: rbacGroup, kind: 'ClusterRole', name: repairName },
    subjects: [serviceAccountSubject(account)],
  });
}

/** Its rights for one org. */
export function repairAccessToOrg(scope: Construct, catalog: Catalog, platform: Platform): void {
  if (platform.repair === undefined) return;
  const metadata = orgMetadata(catalog, '.repair');
  const account = `${catalog.names.kubernetes}${registrationSuffix}`;
  const makeTokens = policyRule('', 'serviceaccounts/token', ['create'], [account]);
  const rules = catalog.hasOwnNamespace ? [listInputs, makeTokens] : [makeTokens];
  boundRole(scope, 'repair', metadata, rules, { name: repairName, namespace: repairNamespace(platform) });
}
