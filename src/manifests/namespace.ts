import { k8s } from 'cdk8s-plus-28';
import type { Construct } from 'constructs';
import type { Catalog, NamedOrg } from '../catalog/catalog.ts';
import { catalogNamespaceLabels, retiredLabel } from '../catalog/object-labels.ts';
import { isStoreDeleted } from '../catalog/retirement-inputs.ts';
import type { RetiringOrg } from '../catalog/retiring-org.ts';
import type { Platform } from '../platform/platform-settings.ts';
import { orgMetadata, platformMetadata } from './metadata.ts';
import { beforeJobs, beforeOthers } from './sync-order.ts';

// The operator's pods have no security context, so "restricted" would refuse them.
const podSecurity = { 'pod-security.kubernetes.io/enforce': 'baseline' };
/** Deleting the namespace would delete every catalog in it. */
const confirm = { 'argocd.argoproj.io/sync-options': 'Prune=confirm,Delete=confirm' };
/** The Secret with the encryption key stays in it when the org's directory has gone. */
const keep = {
  'argocd.argoproj.io/sync-options': 'Prune=false,Delete=false',
  // Without it, the Application of a shard would stay OutOfSync (docs/facts/argo-cd.md §4), and be synced for ever.
  'argocd.argoproj.io/compare-options': 'IgnoreExtraneous',
};

export function sharedNamespace(scope: Construct, name: string): void {
  const metadata = platformMetadata(name);
  new k8s.KubeNamespace(scope, 'namespace', {
    metadata: {
      ...metadata,
      labels: { ...metadata.labels, ...podSecurity, ...catalogNamespaceLabels },
      annotations: confirm,
    },
  });
}

/** A namespace for Jobs of this program that do not run in a namespace of catalogs. */
export function namespaceOfPrograms(scope: Construct, name: string): void {
  const metadata = platformMetadata(name);
  const labels = { ...metadata.labels, 'pod-security.kubernetes.io/enforce': 'restricted' };
  new k8s.KubeNamespace(scope, 'namespace', { metadata: { ...metadata, labels } });
}

export function orgNamespace(scope: Construct, catalog: Catalog, platform: Platform): void {
  ownNamespace(scope, catalog, { ...confirm, ...beforeJobs(catalog, platform) }, {});
}

/** The namespace of an org that leaves. It is rendered as long as something is kept in it. */
export function retiringNamespace(scope: Construct, org: RetiringOrg): void {
  const annotations = { ...(isStoreDeleted(org.inputs) ? confirm : keep), ...beforeOthers };
  // The repair leaves it out.
  ownNamespace(scope, org, annotations, { [retiredLabel]: 'true' });
}

function ownNamespace(
  scope: Construct,
  org: NamedOrg,
  annotations: Record<string, string>,
  ownLabels: Record<string, string>,
): void {
  const { namespace: _, ...metadata } = orgMetadata(org, '', annotations);
  const labels = { ...metadata.labels, ...podSecurity, ...catalogNamespaceLabels, ...ownLabels };
  new k8s.KubeNamespace(scope, 'namespace', { metadata: { ...metadata, labels } });
}
