import { k8s } from 'cdk8s-plus-28';
import type { Construct } from 'constructs';
import type { Catalog } from '../catalog/catalog.ts';
import { isServedByApiServer } from '../platform/cluster-issuer.ts';
import { completesPods } from '../platform/operator-pods.ts';
import type { Platform } from '../platform/platform-settings.ts';
import { orgMetadata } from './metadata.ts';

/**
 * The ServiceAccount of the org's catalog, with the annotations of its cloud identity. The upstream operator runs pods
 * as the namespace's `default` account: that one is rendered if the org has its own namespace, and none in a shared
 * namespace.
 */
export function serviceAccount(scope: Construct, catalog: Catalog, platform: Platform): void {
  if (!completesPods(platform) && platform.tenancy === 'sharedNamespace') return;
  new k8s.KubeServiceAccount(scope, 'service-account', {
    metadata: {
      ...orgMetadata(catalog, '', catalog.identityAnnotations),
      name: catalog.names.serviceAccount,
    },
    // Needed for TokenReview, and for the CA of the API server, which is in the same volume.
    automountServiceAccountToken:
      catalog.authentication.mode === 'kubernetes' || isServedByApiServer(catalog.authentication),
  });
}
