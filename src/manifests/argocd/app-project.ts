import { ApiObject } from 'cdk8s';
import type { Construct } from 'constructs';
import { catalogNamespaces, namespacesOfOrgs } from '../../platform/argocd-namespaces.ts';
import { authenticationSettings } from '../../platform/settings-with-paths.ts';
import { platformMetadata } from '../metadata.ts';
import { destinationNamespace } from './application-set.ts';
import {
  argoCDApiVersion,
  argoCDNames,
  destinationCluster,
  type PlatformWithArgoCD,
} from './argocd-names.ts';
import type { Explanations } from './explanations.ts';

/** The part of an object that the rules of a project check. */
export interface ProjectObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string };
}

interface GroupKind {
  readonly group: string;
  readonly kind: string;
}

/**
 * The AppProject of the orgs. It permits the kinds and the namespaces of orgs, from this repository. Cluster-scoped
 * objects are permitted only as far as a namespace for each org needs them.
 */
export function orgProject(scope: Construct, platform: PlatformWithArgoCD): void {
  const destination = destinationNamespace(platform);
  const namespaces = namespacesOfOrgs(platform);
  project(scope, platform, {
    name: argoCDNames(platform).orgProject,
    description: 'Catalogs of the orgs, rendered by lakekeeper-gitops',
    namespaces:
      destination.includes('{') || namespaces.includes(destination)
        ? namespaces
        : [...namespaces, destination],
    clusterKinds: platform.tenancy === 'namespacePerOrg' ? clusterKindsOfOrgs(platform) : [],
    kinds: kindsOfOrgs(platform),
  });
}

/** The AppProject of the objects that the orgs share: it permits exactly those. */
export function platformProject(
  scope: Construct,
  platform: PlatformWithArgoCD,
  objects: readonly ProjectObject[],
): void {
  const inNamespaces = objects.filter(({ metadata }) => metadata.namespace !== undefined);
  const inCluster = objects.filter(({ metadata }) => metadata.namespace === undefined);
  project(scope, platform, {
    name: argoCDNames(platform).platformProject,
    description: 'What the catalogs of all orgs share, rendered by lakekeeper-gitops',
    namespaces: [platform.namespace, ...inNamespaces.map(({ metadata }) => metadata.namespace ?? '')],
    clusterKinds: inCluster.map((object) => ({ ...groupKind(object), name: object.metadata.name })),
    kinds: inNamespaces.map(groupKind),
  });
}

/** The kinds of orgs' objects; `test/manifests/argocd` compares them with the rendered files. */
function kindsOfOrgs({ network }: PlatformWithArgoCD): readonly GroupKind[] {
  return [
    { group: '', kind: 'ConfigMap' },
    { group: '', kind: 'ServiceAccount' },
    { group: 'batch', kind: 'Job' },
    ...(network.policies === 'cilium' ? [{ group: 'cilium.io', kind: 'CiliumNetworkPolicy' }] : []),
    { group: 'lakekeeper.k8s.lakekeeper.io', kind: 'Lakekeeper' },
    { group: 'networking.k8s.io', kind: 'NetworkPolicy' },
    { group: 'policy', kind: 'PodDisruptionBudget' },
    { group: 'rbac.authorization.k8s.io', kind: 'Role' },
    { group: 'rbac.authorization.k8s.io', kind: 'RoleBinding' },
  ];
}

function clusterKindsOfOrgs(platform: PlatformWithArgoCD): (GroupKind & { name: string })[] {
  const reviewsTokens = authenticationSettings(platform).some(([, { mode }]) => mode === 'kubernetes');
  return catalogNamespaces(platform).flatMap((name) => [
    { group: '', kind: 'Namespace', name },
    ...(reviewsTokens
      ? [{ group: 'rbac.authorization.k8s.io', kind: 'ClusterRoleBinding', name: `${name}-token-review` }]
      : []),
  ]);
}

function project(
  scope: Construct,
  platform: PlatformWithArgoCD,
  limits: {
    name: string;
    description: string;
    namespaces: readonly string[];
    clusterKinds: readonly GroupKind[];
    kinds: readonly GroupKind[];
  },
): void {
  const { argocd } = platform;
  new ApiObject(scope, limits.name, {
    apiVersion: argoCDApiVersion,
    kind: 'AppProject',
    metadata: platformMetadata(limits.name, argocd.namespace),
    spec: {
      description: limits.description,
      sourceRepos: [argocd.repoURL],
      destinations: distinct(
        limits.namespaces.map((namespace) => ({ ...destinationCluster(platform), namespace })),
      ),
      clusterResourceWhitelist: distinct(limits.clusterKinds),
      namespaceResourceWhitelist: distinct(limits.kinds),
      // When Argo CD writes the project back, it omits an empty list, and a missing list permits everything.
      ...(limits.kinds.length === 0 ? { namespaceResourceBlacklist: [{ group: '*', kind: '*' }] } : {}),
    },
  });
}

function groupKind({ apiVersion, kind }: ProjectObject): GroupKind {
  return { group: apiVersion.includes('/') ? (apiVersion.split('/')[0] ?? '') : '', kind };
}

function distinct<T>(values: readonly T[]): T[] {
  return [...new Map(values.map((value) => [JSON.stringify(value), value])).entries()]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([, value]) => value);
}

export const appProjectExplained: Explanations = {
  spec: {
    sourceRepos: 'No other repository.',
    destinations: 'No other namespaces; above all not kube-system and the namespace of Argo CD.',
    clusterResourceWhitelist:
      'Cluster-scoped objects. Older versions of Argo CD ignore the names and check the kinds only. ' +
      'An empty list permits none.',
    namespaceResourceWhitelist:
      'Only the kinds that are rendered: no Secrets, and no pods except those of the registration Jobs.',
  },
};
