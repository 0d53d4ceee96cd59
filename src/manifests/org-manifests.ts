import { App, Chart } from 'cdk8s';
import type { Catalog } from '../catalog/catalog.ts';
import type { RetiringOrg } from '../catalog/retiring-org.ts';
import type { Platform } from '../platform/platform-settings.ts';
import { sha256 } from '../text/sha256.ts';
import { alertRules } from './alerts.ts';
import { amendmentsConfig } from './amendments.ts';
import { amendmentsPolicy } from './amendments-policy.ts';
import type { ProjectObject } from './argocd/app-project.ts';
import { argoCDManifests } from './argocd/argocd.ts';
import { audiencePolicy } from './audience-policy.ts';
import { orgAuthentication, platformAuthentication } from './authentication-block.ts';
import { dashboardConfig } from './dashboard.ts';
import { disruptionBudget } from './disruption-budget.ts';
import { lakekeeper } from './lakekeeper-resource.ts';
import { orgNamespace, sharedNamespace } from './namespace.ts';
import { orgNetworkPolicies, sharedNetworkPolicies } from './network-policies.ts';
import { registration } from './registration-job.ts';
import { limitsRegistration, registrationPolicy } from './registration-policy.ts';
import { repairJob } from './repair-job.ts';
import { retirement } from './retirement-job.ts';
import { serviceAccount } from './service-account.ts';

/** Kubernetes objects by the name of their file. */
export type Manifests = ReadonlyMap<string, readonly object[]>;

/**
 * All objects of one org, from a cdk8s App of its own. One App for the whole fleet would take quadratic time, because
 * each chart resolves the dependencies of all.
 *
 * @param digest hash function for fingerprints.
 */
export function orgManifests(
  catalog: Catalog,
  platform: Platform,
  digest: (text: string) => string = sha256,
): Manifests {
  return manifests({
    'catalog.yaml': (scope) => {
      if (platform.tenancy === 'namespacePerOrg') orgNamespace(scope, catalog, platform);
      serviceAccount(scope, catalog, platform);
      orgAuthentication(scope, catalog, platform);
      if (platform.operator.amendments) amendmentsConfig(scope, catalog, platform);
      lakekeeper(scope, catalog, platform);
      disruptionBudget(scope, catalog);
    },
    'network-policies.yaml': (scope) => orgNetworkPolicies(scope, catalog, platform),
    'registration.yaml': (scope) => registration(scope, catalog, platform, digest),
  });
}

/** All objects of an org that leaves. */
export function retiringManifests(org: RetiringOrg, platform: Platform): Manifests {
  return manifests({ 'retirement.yaml': (scope) => retirement(scope, org, platform, sha256) });
}

/** All objects that the orgs share, and those of Argo CD when the settings have `argocd`. */
export function platformManifests(platform: Platform): Manifests {
  const shared = manifests({
    'namespace.yaml': (scope) => {
      if (platform.tenancy === 'sharedNamespace') sharedNamespace(scope, platform.namespace);
    },
    'network-policies.yaml': (scope) => {
      if (platform.tenancy === 'sharedNamespace') sharedNetworkPolicies(scope, platform);
    },
    'authentication.yaml': (scope) => {
      platformAuthentication(scope, platform);
      audiencePolicy(scope, platform);
    },
    'registration.yaml': (scope) => {
      if (limitsRegistration(platform)) registrationPolicy(scope);
    },
    'amendments.yaml': (scope) => {
      if (platform.operator.amendments) amendmentsPolicy(scope, platform);
    },
    'alerts.yaml': (scope) => {
      const { alerts } = platform;
      if (alerts) alertRules(scope, { ...platform, alerts });
    },
    'dashboard.yaml': (scope) => {
      const { dashboard } = platform;
      if (dashboard) dashboardConfig(scope, { ...platform, dashboard });
    },
    'repair.yaml': (scope) => {
      const { repair } = platform;
      if (repair) repairJob(scope, { ...platform, repair });
    },
  });
  const { argocd } = platform;
  if (argocd === undefined) return shared;
  const objects = [...shared.values()].flat() as ProjectObject[];
  return new Map([...shared, ...manifests(argoCDManifests({ ...platform, argocd }, objects))]);
}

function manifests(files: Readonly<Record<string, (scope: Chart) => void>>): Manifests {
  const app = new App();
  const rendered = Object.entries(files).map(([file, add]): [string, object[]] => {
    const chart = new Chart(app, file);
    add(chart);
    return [file, chart.toJson()];
  });
  return new Map(rendered.filter(([, objects]) => objects.length > 0));
}
