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
import { boundRole, policyRule } from './roles.ts';

/** The account of an org's registration Jobs, and its rights: a Role for each namespace. */
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
  const account = { name: metadata.name ?? '', namespace: catalog.names.namespace };
  for (const [namespace, rules] of rulesByNamespace(catalog, platform))
    boundRole(scope, `registration-${namespace}`, { ...metadata, namespace }, rules, account);
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
    add(namespace, policyRule('', 'secrets', ['get'], names));
  }
  // Whether the workers can log in. RBAC cannot limit a list by label.
  if (usesBroker(catalog.authentication))
    add(catalog.names.workerNamespace, policyRule('', 'pods', ['list']));
  for (const { namespace, name } of referencedDucklings(catalog))
    add(namespace, policyRule('k8s.posthog.com', 'ducklings', ['get'], [name]));
  for (const { namespace, apiGroup, resource, verbs, names } of recordRights(catalog.record))
    add(namespace, policyRule(apiGroup, resource, verbs, names));
  return rules;
}

/** Rights of the Job in the catalog's namespace. */
function ownRules(catalog: Catalog, platform: Platform): k8s.PolicyRule[] {
  const { kubernetes, migrationJob } = catalog.names;
  const rules = [
    // RBAC cannot limit a create by name.
    policyRule('', 'secrets', ['create']),
    policyRule('', 'secrets', ['get', 'patch'], [kubernetes]),
    policyRule(
      'lakekeeper.k8s.lakekeeper.io',
      'lakekeepers',
      ['get', 'list', 'watch', 'patch'],
      [kubernetes],
    ),
    policyRule('batch', 'jobs', ['get', 'list', 'watch'], [migrationJob]),
    policyRule('apps', 'deployments', ['get', 'list', 'watch'], [kubernetes]),
    // Pods read credentials when they start, and the operator does not replace them when a credential changes. RBAC
    // cannot limit pods by label.
    policyRule('', 'pods', ['get', 'list', 'watch']),
    policyRule('', 'pods/eviction', ['create']),
    policyRule('events.k8s.io', 'events', ['create', 'patch']),
  ];
  if (platform.operator.amendments)
    rules.push(policyRule('', 'configmaps', ['get'], [`${kubernetes}${amendmentsSuffix}`]));
  const proof = proofAccount(catalog, platform);
  if (proof !== undefined) {
    rules.push(policyRule('', 'serviceaccounts/token', ['create'], [proof]));
    if (audienceGuard(platform) !== undefined && 'audience' in catalog.authentication)
      rules.push(audienceRight(catalog.authentication.audience));
  }
  if ('configMap' in catalog.record)
    rules.push(
      policyRule('', 'configmaps', ['create']),
      policyRule('', 'configmaps', ['get', 'patch'], [catalog.record.configMap.name]),
    );
  return rules;
}
