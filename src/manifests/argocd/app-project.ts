import { ApiObject } from 'cdk8s';
import type { Construct } from 'constructs';
import { catalogNamespaces, namespacesOfOrgs } from '../../platform/argocd-namespaces.ts';
import { platformMetadata } from '../metadata.ts';
import { destinationNamespace } from './application-set.ts';
import { argoCDApiVersion, argoCDNames, type PlatformWithArgoCD } from './argocd-names.ts';
import type { Explanations } from './explanations.ts';

/** What of an object the rules of a project are about. */
export interface ProjectObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string };
}

interface GroupKind {
  readonly group: string;
  readonly kind: string;
}

/** The project of the orgs: the kinds that orgs have, in the namespaces that orgs have, from this repository; nothing of the cluster's but what namespaces per org take. */
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
    kinds: kindsOfOrgs,
  });
}

/** The project of what the orgs share: just the objects that there are. */
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

/** `test/manifests/argocd` compares it with what is rendered. */
const kindsOfOrgs: readonly GroupKind[] = [
  { group: '', kind: 'ConfigMap' },
  { group: '', kind: 'ServiceAccount' },
  { group: 'batch', kind: 'Job' },
  { group: 'lakekeeper.k8s.lakekeeper.io', kind: 'Lakekeeper' },
  { group: 'networking.k8s.io', kind: 'NetworkPolicy' },
  { group: 'rbac.authorization.k8s.io', kind: 'Role' },
  { group: 'rbac.authorization.k8s.io', kind: 'RoleBinding' },
];

function clusterKindsOfOrgs(platform: PlatformWithArgoCD): (GroupKind & { name: string })[] {
  const modes = [platform.authentication, ...Object.values(platform.orgs).map((org) => org.authentication)];
  const reviewsTokens = modes.some((authentication) => authentication?.mode === 'kubernetes');
  return catalogNamespaces(platform).flatMap((name) => [
    { group: '', kind: 'Namespace', name },
    ...(reviewsTokens
      ? [{ group: 'rbac.authorization.k8s.io', kind: 'ClusterRoleBinding', name: `${name}-token-review` }]
      : []),
  ]);
}

function project(
  scope: Construct,
  { argocd }: PlatformWithArgoCD,
  limits: {
    name: string;
    description: string;
    namespaces: readonly string[];
    clusterKinds: readonly GroupKind[];
    kinds: readonly GroupKind[];
  },
): void {
  new ApiObject(scope, limits.name, {
    apiVersion: argoCDApiVersion,
    kind: 'AppProject',
    metadata: platformMetadata(limits.name, argocd.namespace),
    spec: {
      description: limits.description,
      sourceRepos: [argocd.repoURL],
      destinations: distinct(limits.namespaces.map((namespace) => ({ server: argocd.cluster, namespace }))),
      clusterResourceWhitelist: distinct(limits.clusterKinds),
      namespaceResourceWhitelist: distinct(limits.kinds),
      // An empty list that is written back is no list, and no list permits all.
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
    sourceRepos: 'Nothing from elsewhere.',
    destinations: 'Nothing anywhere else, kube-system and the namespace of Argo CD first of all.',
    clusterResourceWhitelist:
      'Objects of the cluster, by name where Argo CD knows names here (older versions take the kinds alone). An empty list permits none.',
    namespaceResourceWhitelist:
      'Only what is rendered. No Secrets, and no pods but by the registration Jobs.',
  },
};
