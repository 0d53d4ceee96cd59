import type { Construct } from 'constructs';
import { catalogNamespaceLabels } from '../catalog/object-labels.ts';
import { hasDomainPeers, isPeerTemplate, peerLists } from '../platform/peers.ts';
import type { Peer, Platform } from '../platform/platform-settings.ts';
import { repairNamespace } from '../platform/repair-pods.ts';
import { hasPlaceholder, withPlaceholdersAs } from '../platform/setting-template.ts';
import { authenticationSettings } from '../platform/settings-with-paths.ts';
import { apiServer, warehouseDatabase } from './catalog-egress.ts';
import { platformMetadata } from './metadata.ts';
import { anyServerPod, policy } from './network-policies.ts';
import { dns, type Rule, type RulePeer, tcp } from './network-rules.ts';
import { repairName, repairPodLabels } from './repair-access.ts';

/** Egress of the repair's pods: to all that the registration Jobs of the orgs reach, and to every catalog. */
export function repairNetworkPolicy(scope: Construct, platform: Platform): void {
  const peers = peerLists(platform);
  const { listenPort } = platform.catalog.server;
  const catalogs: RulePeer =
    platform.tenancy === 'sharedNamespace'
      ? { podSelector: anyServerPod }
      : { namespaceLabels: catalogNamespaceLabels, podSelector: anyServerPod };
  const asksProvider = authenticationSettings(platform).some(
    ([, settings]) => settings.mode === 'openID' && settings.issuer === 'external',
  );
  policy(scope, platformMetadata(repairName, repairNamespace(platform)), {
    pods: repairPodLabels,
    egress: [
      dns(peers.dns, hasDomainPeers(platform)),
      apiServer(peers),
      anyPort(peers.postgres),
      ...warehouseDatabase(platform, peers),
      tcp([catalogs], listenPort),
      ...(asksProvider ? [anyPort(peers.openID)] : []),
    ].map((rule) => ({ ...rule, peers: rule.peers.map(ofAllOrgs) })),
  });
}

/** All ports, because the ports are in the orgs' rows. A peer may have ports of its own. */
function anyPort(peers: readonly Peer[]): Rule {
  return { peers, ports: [], protocols: ['TCP'] };
}

/** The peer for all orgs: where it has a namespace, label or name of one org, it becomes any. */
function ofAllOrgs(peer: RulePeer): RulePeer {
  if ('fqdn' in peer) return { ...peer, fqdn: withPlaceholdersAs(peer.fqdn, '*') };
  if (!('namespace' in peer) || !isPeerTemplate(peer)) return peer;
  const labels = Object.entries(peer.podSelector).filter(([, value]) => !hasPlaceholder(value));
  const { ports } = peer;
  const podSelector = Object.fromEntries(labels);
  if (!hasPlaceholder(peer.namespace)) return { ...peer, podSelector };
  return { namespaceLabels: {}, podSelector, ...(ports && { ports }) };
}
