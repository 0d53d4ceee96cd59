import { k8s } from 'cdk8s-plus-28';
import type { Construct } from 'constructs';
import type { Catalog } from '../catalog/catalog.ts';
import { proofAccount } from '../catalog/instance-admin.ts';
import { proofSuffix, registrationSuffix } from '../catalog/names.ts';
import { recordRights } from '../catalog/record-rights.ts';
import { referencedDucklings, referencedSecrets } from '../catalog/references.ts';
import { amendmentsSuffix } from '../catalog/registration-inputs.ts';
import { usesBroker } from '../catalog/worker-login.ts';
import { audienceGuard } from '../platform/audience-guard.ts';
import type { Platform } from '../platform/platform-settings.ts';
import { audienceRight } from './audience-policy.ts';
import { orgMetadata } from './metadata.ts';
import { repairAccessToOrg } from './repair-access.ts';

export function registrationAccess(
  scope: Construct,
  catalog: Catalog,
  platform: Platform,
  annotations: Record<string, string>,
): void {
  const metadata = orgMetadata(catalog, registrationSuffix, annotations);
  new k8s.KubeServiceAccount(scope, 'registration-account', { metadata });
  if (proofAccount(catalog, platform) !== undefined)
    new k8s.KubeServiceAccount(scope, 'proof-account', {
      metadata: orgMetadata(catalog, proofSuffix, annotations),
      automountServiceAccountToken: false,
    });
  for (const [namespace, rules] of rulesByNamespace(catalog, platform)) {
    const inNamespace = { ...metadata, namespace };
    new k8s.KubeRole(scope, `registration-role-${namespace}`, { metadata: inNamespace, rules });
    new k8s.KubeRoleBinding(scope, `registration-binding-${namespace}`, {
      metadata: inNamespace,
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: metadata.name ?? '' },
      subjects: [{ kind: 'ServiceAccount', name: metadata.name ?? '', namespace: catalog.names.namespace }],
    });
  }
  repairAccessToOrg(scope, catalog, platform);
}

function rulesByNamespace(catalog: Catalog, platform: Platform): Map<string, k8s.PolicyRule[]> {
  const own = catalog.names.namespace;
  const rules = new Map<string, k8s.PolicyRule[]>([[own, ownRules(catalog, platform)]]);
  const add = (namespace: string, rule: k8s.PolicyRule) =>
    rules.set(namespace, [...(rules.get(namespace) ?? []), rule]);
  const secrets = referencedSecrets(catalog);
  for (const namespace of [...new Set(secrets.map((secret) => secret.namespace))].sort()) {
    const names = secrets.filter((secret) => secret.namespace === namespace).map(({ name }) => name);
    add(namespace, rule('', 'secrets', ['get'], names));
  }
  // Whether the workers can log in. RBAC cannot limit a list by label.
  if (usesBroker(catalog.authentication)) add(catalog.names.workerNamespace, rule('', 'pods', ['list']));
  for (const { namespace, name } of referencedDucklings(catalog))
    add(namespace, rule('k8s.posthog.com', 'ducklings', ['get'], [name]));
  for (const { namespace, apiGroup, resource, verbs, names } of recordRights(catalog.record))
    add(namespace, rule(apiGroup, resource, [...verbs], [...(names ?? [])]));
  return rules;
}

/** Rights of the Job in the catalog's namespace. */
function ownRules(catalog: Catalog, platform: Platform): k8s.PolicyRule[] {
  const { kubernetes, migrationJob } = catalog.names;
  const rules = [
    // RBAC cannot limit a create by name.
    rule('', 'secrets', ['create']),
    rule('', 'secrets', ['get', 'patch'], [kubernetes]),
    rule('lakekeeper.k8s.lakekeeper.io', 'lakekeepers', ['get', 'list', 'watch', 'patch'], [kubernetes]),
    rule('batch', 'jobs', ['get', 'list', 'watch'], [migrationJob]),
    rule('apps', 'deployments', ['get', 'list', 'watch'], [kubernetes]),
    // Pods read credentials when they start, and the operator does not replace them when a credential changes. RBAC
    // cannot limit pods by label.
    rule('', 'pods', ['get', 'list', 'watch']),
    rule('', 'pods/eviction', ['create']),
    rule('events.k8s.io', 'events', ['create', 'patch']),
  ];
  if (platform.operator.amendments)
    rules.push(rule('', 'configmaps', ['get'], [`${kubernetes}${amendmentsSuffix}`]));
  const proof = proofAccount(catalog, platform);
  if (proof !== undefined) {
    rules.push(rule('', 'serviceaccounts/token', ['create'], [proof]));
    if (audienceGuard(platform) !== undefined && 'audience' in catalog.authentication)
      rules.push(audienceRight(catalog.authentication.audience));
  }
  if ('configMap' in catalog.record)
    rules.push(
      rule('', 'configmaps', ['create']),
      rule('', 'configmaps', ['get', 'patch'], [catalog.record.configMap.name]),
    );
  return rules;
}

function rule(apiGroup: string, resource: string, verbs: string[], resourceNames?: string[]): k8s.PolicyRule {
  const names = resourceNames && { resourceNames: [...new Set(resourceNames)].sort() };
  return { apiGroups: [apiGroup], resources: [resource], verbs, ...names };
}
