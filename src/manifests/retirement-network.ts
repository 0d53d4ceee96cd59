import type { Construct } from 'constructs';
import type { RetiringOrg } from '../catalog/retiring-org.ts';
import { hasDomainPeers } from '../platform/peers.ts';
import type { Platform } from '../platform/platform-settings.ts';
import { recordDatabase } from '../platform/record-database.ts';
import { apiServer, peersOf } from './catalog-egress.ts';
import { closingCiliumPolicy } from './cilium-policy.ts';
import { catalogKey, orgMetadata } from './metadata.ts';
import { catalogPodLabels, ownNamespacePolicies, policy } from './network-policies.ts';
import { dns, tcp } from './network-rules.ts';
import { beforeOthers } from './sync-order.ts';

/** Labels of the pods that retire an org. No other pods have them. */
export function retirementPodLabels({ names }: RetiringOrg): Record<string, string> {
  return {
    'app.kubernetes.io/name': 'lakekeeper-gitops',
    'app.kubernetes.io/component': 'retirement',
    [catalogKey]: names.kubernetes,
  };
}

/**
 * Closes the catalog: its pods reach nothing, and only the operator and monitoring reach them. These policies replace
 * those that opened it, because they have their names. With other names, both would apply until a person confirms that
 * Argo CD prunes.
 */
export function retirementNetworkPolicies(scope: Construct, org: RetiringOrg, platform: Platform): void {
  const { registration } = org.inputs;
  const peers = peersOf(org, platform);
  const pods = catalogPodLabels(org);
  for (const suffix of ['-metadata-store', '-server'] as const) {
    const metadata = orgMetadata(org, suffix, beforeOthers);
    policy(scope, metadata, { pods });
    if (platform.network.policies === 'cilium') closingCiliumPolicy(scope, metadata, pods);
  }
  policy(scope, orgMetadata(org, '-retire', beforeOthers), {
    pods: retirementPodLabels(org),
    egress: [
      dns(peers.dns, hasDomainPeers(platform)),
      apiServer(peers),
      tcp(peers.postgres, registration.metadataStore.port),
      ...('warehouseDatabase' in registration.record.target
        ? [tcp(peers.warehouseDatabase, recordDatabase(platform)?.port ?? 5432)]
        : []),
    ],
  });
  if (org.hasOwnNamespace) ownNamespacePolicies(scope, org, platform, peers);
}
