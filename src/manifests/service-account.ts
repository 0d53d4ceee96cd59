import { k8s } from 'cdk8s-plus-28';
import type { Construct } from 'constructs';
import type { Catalog } from '../catalog/catalog.ts';
import { completesPods } from '../platform/operator-pods.ts';
import type { Platform } from '../platform/platform-settings.ts';
import { orgMetadata } from './metadata.ts';

/**
 * The ServiceAccount that the org's catalog runs as, with the annotations that give it a cloud identity. Where the
 * upstream operator runs pods as the namespace's `default` account, that one is the org's, if the namespace is.
 */
export function serviceAccount(scope: Construct, catalog: Catalog, platform: Platform): void {
  if (!completesPods(platform) && platform.tenancy === 'sharedNamespace') return;
  new k8s.KubeServiceAccount(scope, 'service-account', {
    metadata: {
      ...orgMetadata(catalog, '', catalog.identityAnnotations),
      name: catalog.names.serviceAccount,
    },
    // Only TokenReview calls the API server; trusting its certificate takes the same volume.
    automountServiceAccountToken: catalog.authentication.mode === 'kubernetes' || servedByApiServer(catalog),
  });
}

function servedByApiServer({ authentication }: Catalog): boolean {
  return (
    authentication.mode === 'openID' &&
    authentication.issuer === 'cluster' &&
    authentication.servedByApiServer
  );
}
