import { egressProxies, proxyRange } from './egress-proxy.ts';
import type { Peer, Platform } from './platform-settings.ts';
import { hasPlaceholder } from './setting-template.ts';

/** Every list of peers in the settings. */
export interface PeerLists {
  readonly operator: readonly Peer[];
  readonly monitoring: readonly Peer[];
  readonly dns: readonly Peer[];
  readonly postgres: readonly Peer[];
  readonly warehouseDatabase: readonly Peer[];
  readonly objectStore: readonly Peer[];
  readonly apiServer: readonly Peer[];
  readonly openID: readonly Peer[];
  readonly egressProxy: readonly Peer[];
}
export type PeerList = keyof PeerLists;

export function peerLists(platform: Platform): PeerLists {
  const { operator, monitoring = [], network } = platform;
  const { namespace, podSelector } = operator;
  const { warehouseDatabase = network.postgres, openID = [] } = network;
  return {
    operator: [{ namespace, podSelector }],
    monitoring,
    dns: network.dns,
    postgres: network.postgres,
    objectStore: network.objectStore,
    apiServer: network.apiServer,
    warehouseDatabase,
    openID,
    egressProxy: network.egressProxy ?? proxyAddresses(platform),
  };
}

/** A proxy that is named by its address needs no peer in the settings. */
function proxyAddresses(platform: Platform): Peer[] {
  return egressProxies(platform).flatMap((proxy) => {
    const cidr = proxyRange(proxy);
    return cidr === undefined ? [] : [{ cidr, ports: [proxy.port] }];
  });
}

/** The path of a list in `platform.yaml`. */
export function peerListPath(list: PeerList): string {
  return list === 'operator' || list === 'monitoring' ? list : `network.${list}`;
}

/** Whether a peer has templates. */
export function isPeerTemplate(peer: Peer): boolean {
  if ('fqdn' in peer) return hasPlaceholder(peer.fqdn);
  return 'namespace' in peer && [peer.namespace, ...Object.values(peer.podSelector)].some(hasPlaceholder);
}

/** Peers that only a CiliumNetworkPolicy can have. */
export type CiliumPeer = Extract<Peer, { readonly entity: unknown } | { readonly fqdn: unknown }>;

export function isCiliumPeer(peer: object): peer is CiliumPeer {
  return 'entity' in peer || 'fqdn' in peer;
}

/** Whether a peer of some list is a name in DNS. */
export function hasDomainPeers(platform: Platform): boolean {
  return Object.values(peerLists(platform)).some((peers: readonly Peer[]) =>
    peers.some((peer) => 'fqdn' in peer),
  );
}
