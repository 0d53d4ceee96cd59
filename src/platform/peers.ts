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
    ...network,
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

/** Whether a peer differs from org to org. */
export function isPeerTemplate(peer: Peer): boolean {
  return 'namespace' in peer && [peer.namespace, ...Object.values(peer.podSelector)].some(hasPlaceholder);
}
