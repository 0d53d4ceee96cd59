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

/** What the repair's pods reach: what the registration Jobs of all orgs reach together, and every catalog. */
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

/** The ports are those of the orgs' rows; a peer may name its own. */
function anyPort(peers: readonly Peer[]): Rule {
  return { peers, ports: [], protocols: ['TCP'] };
}

/** A peer of every org: where a namespace, label or name is the org's own, any is meant. */
function ofAllOrgs(peer: RulePeer): RulePeer {
  if ('fqdn' in peer) return { ...peer, fqdn: withPlaceholdersAs(peer.fqdn, '*') };
  if (!('namespace' in peer) || !isPeerTemplate(peer)) return peer;
  const labels = Object.entries(peer.podSelector).filter(([, value]) => !hasPlaceholder(value));
  const { ports } = peer;
  const podSelector = Object.fromEntries(labels);
  if (!hasPlaceholder(peer.namespace)) return { ...peer, podSelector };
  return { namespaceLabels: {}, podSelector, ...(ports && { ports }) };
}
