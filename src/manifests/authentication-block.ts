import { k8s } from 'cdk8s-plus-28';
import type { Construct } from 'constructs';
import type { Catalog } from '../catalog/catalog.ts';
import { isServedByApiServer } from '../platform/cluster-issuer.ts';
import type { Platform } from '../platform/platform-settings.ts';
import { authenticationSettings } from '../platform/settings-with-paths.ts';
import { orgLabels, orgMetadata, platformMetadata } from './metadata.ts';
import { rbacGroup, serviceAccountSubject } from './roles.ts';

/** The cluster roles that token checks need. */
const tokenReview = {
  apiGroup: rbacGroup,
  kind: 'ClusterRole',
  name: 'system:auth-delegator',
};
const issuerDiscovery = {
  apiGroup: rbacGroup,
  kind: 'ClusterRole',
  name: 'system:service-account-issuer-discovery',
};

/** Rights of the catalogs in the shared namespace: to create TokenReviews, and to read the issuer of the API server. */
export function platformAuthentication(scope: Construct, platform: Platform): void {
  const all = authenticationSettings(platform).map(([, settings]) => settings);
  if (platform.tenancy === 'sharedNamespace' && all.some(({ mode }) => mode === 'kubernetes'))
    new k8s.KubeClusterRoleBinding(scope, 'token-review', {
      metadata: platformMetadata('lakekeeper-gitops-token-review'),
      roleRef: tokenReview,
      subjects: [group(`system:serviceaccounts:${platform.namespace}`)],
    });
  if (all.some(isServedByApiServer))
    // Lakekeeper requests the issuer's discovery document without a token.
    new k8s.KubeClusterRoleBinding(scope, 'issuer-discovery', {
      metadata: platformMetadata('lakekeeper-gitops-issuer-discovery'),
      roleRef: issuerDiscovery,
      subjects: [group('system:unauthenticated')],
    });
}

/** The same rights for an org with a namespace of its own. */
export function orgAuthentication(scope: Construct, catalog: Catalog, platform: Platform): void {
  if (platform.tenancy === 'sharedNamespace' || catalog.authentication.mode !== 'kubernetes') return;
  const { namespace: _, ...metadata } = orgMetadata(catalog, '-token-review');
  new k8s.KubeClusterRoleBinding(scope, 'token-review', {
    metadata: { ...metadata, labels: orgLabels(catalog) },
    roleRef: tokenReview,
    subjects: [
      serviceAccountSubject({ name: catalog.names.serviceAccount, namespace: catalog.names.namespace }),
    ],
  });
}

function group(name: string): k8s.Subject {
  return { apiGroup: rbacGroup, kind: 'Group', name };
}
