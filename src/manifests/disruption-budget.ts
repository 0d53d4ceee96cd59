import { k8s } from 'cdk8s-plus-28';
import type { Construct } from 'constructs';
import type { Catalog } from '../catalog/catalog.ts';
import { orgMetadata } from './metadata.ts';
import { serverPodLabels } from './network-policies.ts';

/**
 * Keeps a drain of nodes from taking all servers of a catalog at once. One may always go, so that a budget never stops
 * a drain, however many there are. Pods that are not ready may go as well.
 */
export function disruptionBudget(scope: Construct, catalog: Catalog): void {
  if (catalog.replicas !== 'external' && catalog.replicas < 2) return;
  new k8s.KubePodDisruptionBudget(scope, 'disruption-budget', {
    metadata: orgMetadata(catalog),
    spec: {
      maxUnavailable: k8s.IntOrString.fromNumber(1),
      selector: { matchLabels: serverPodLabels(catalog) },
      unhealthyPodEvictionPolicy: 'AlwaysAllow',
    },
  });
}
