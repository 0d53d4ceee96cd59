import { k8s } from 'cdk8s-plus-28';
import type { Construct } from 'constructs';
import type { Catalog } from '../catalog/catalog.ts';
import { orgMetadata } from './metadata.ts';
import { serverPodLabels } from './network-policies.ts';

/**
 * Prevents a drain of nodes from evicting all servers of a catalog at once. One eviction is always allowed, so a
 * budget never blocks a drain. Pods that are not ready may always be evicted.
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
