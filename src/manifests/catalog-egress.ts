import type { Catalog } from '../catalog/catalog.ts';
import { cloudIdentityFor } from '../catalog/cloud-identity.ts';
import { isServedByApiServer } from '../platform/cluster-issuer.ts';
import { egressProxies } from '../platform/egress-proxy.ts';
import { type PeerLists, peerLists } from '../platform/peers.ts';
import type { Peer, Platform } from '../platform/platform-settings.ts';
import { recordDatabase } from '../platform/record-database.ts';
import { type Rule, tcp, urlPort } from './network-rules.ts';

/** Egress rules of a catalog's pods and of its registration Job, by stores, identity and authentication. */

/** The peers of an org: those of the settings, with its own in place of templates. */
export function peersOf({ peers }: Pick<Catalog, 'peers'>, platform: Platform): PeerLists {
  return { ...peerLists(platform), ...peers };
}

/**
 * Addresses of the EKS Pod Identity agent, on the node. Source:
 * https://docs.aws.amazon.com/eks/latest/userguide/pod-id-how-it-works.html
 */
const podIdentityAgent: Peer[] = [{ cidr: '169.254.170.23/32' }, { cidr: 'fd00:ec2::23/128' }];
/**
 * Cilium treats the agent as the node that it runs on, in some versions as an address
 * (https://github.com/cilium/cilium/issues/34387, https://github.com/cilium/cilium/issues/35989).
 */
const node: Peer = { entity: 'host' };
/** The metadata server of Google Cloud and Azure, which issues tokens of the node or of the pod. */
const metadataServer: Peer = { cidr: '169.254.169.254/32' };
/** The metadata server of Google Cloud on nodes with IPv6. Azure has none there. */
const googleMetadataServer: Peer = { cidr: 'fd20:ce::254/128' };
/** GKE without Dataplane V2 redirects requests for the metadata server to this address before it applies policies. */
const gkeMetadataServer: Peer = { cidr: '169.254.169.252/32' };

/** To the servers that issue tokens of the pods' cloud identity, if the data store is accessed with it. */
export function identityServers({ dataStore }: Catalog, { identity, network }: Platform): Rule[] {
  const cloud = cloudIdentityFor(dataStore)?.cloud;
  if (cloud === 'aws' && identity.provider === 'eksPodIdentity')
    return [tcp([...podIdentityAgent, ...(network.policies === 'cilium' ? [node] : [])], 80)];
  if (cloud === 'azure') return [tcp([metadataServer], 80)];
  if (cloud === 'gcp')
    return [tcp([metadataServer, googleMetadataServer], 80), tcp([gkeMetadataServer], 988)];
  return [];
}

export function apiServer({ apiServer: peers }: PeerLists): Rule {
  return tcp(peers, 443);
}

/** To the server that tokens are checked with: the API server (TokenReview, or its issuer) or the OpenID provider. */
export function tokenChecks({ authentication }: Catalog, peers: PeerLists): Rule[] {
  if (authentication.mode === 'none') return [];
  if (authentication.mode === 'kubernetes' || isServedByApiServer(authentication)) return [apiServer(peers)];
  return [tcp(peers.openID, urlPort(authentication.providerURI))];
}

/** To the OpenID provider from which the registration Job requests a token, if none is mounted. */
export function tokenRequests({ authentication }: Catalog, peers: PeerLists): Rule[] {
  if (authentication.mode !== 'openID' || authentication.issuer !== 'external') return [];
  return [tcp(peers.openID, urlPort(authentication.tokenEndpoint))];
}

export function warehouseDatabase(platform: Platform, peers: PeerLists): Rule[] {
  const database = recordDatabase(platform);
  return database ? [tcp(peers.warehouseDatabase, database.port)] : [];
}

/** To the object store, to the authority that issues its tokens, and to the proxies through which they are reached. */
export function dataStoreAccess({ dataStore }: Catalog, platform: Platform, peers: PeerLists): Rule[] {
  const proxies = egressProxies(platform).map(({ port }) => port);
  return [
    tcp(peers.objectStore, ...objectStorePorts(dataStore)),
    ...(proxies.length > 0 ? [tcp(peers.egressProxy, ...proxies)] : []),
  ];
}

function objectStorePorts(dataStore: Catalog['dataStore']): number[] {
  if (dataStore.type === 's3')
    return [
      dataStore.endpoint === undefined ? 443 : urlPort(dataStore.endpoint),
      ...(dataStore.stsEndpoint === undefined ? [] : [urlPort(dataStore.stsEndpoint)]),
    ];
  const authority = dataStore.type === 'adls' ? dataStore.authorityHost : undefined;
  return [443, authority === undefined ? 443 : urlPort(authority)];
}
