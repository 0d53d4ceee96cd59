import type { k8s } from 'cdk8s-plus-28';
import type { Catalog } from '../catalog/catalog.ts';
import { cloudIdentityFor } from '../catalog/cloud-identity.ts';
import type { Platform } from '../platform/platform-settings.ts';
import { egress, tcp, urlPort } from './network-rules.ts';

/** Egress rules of a catalog's pods and of its registration Job, by stores, identity and authentication. */

/** Address of the EKS Pod Identity agent, on the node. */
const podIdentityAgent: k8s.NetworkPolicyPeer = { ipBlock: { cidr: '169.254.170.23/32' } };
/** The metadata server of Google Cloud and Azure, which issues tokens of the machine or of the pod. */
const metadataServer: k8s.NetworkPolicyPeer = { ipBlock: { cidr: '169.254.169.254/32' } };
/** GKE without Dataplane V2 redirects requests for the metadata server to this address before it applies policies. */
const gkeMetadataServer: k8s.NetworkPolicyPeer = { ipBlock: { cidr: '169.254.169.252/32' } };

/** To the servers that issue tokens of the pods' cloud identity, if the data store is accessed with it. */
export function identityServers(
  { dataStore }: Catalog,
  { identity }: Platform,
): k8s.NetworkPolicyEgressRule[] {
  const cloud = cloudIdentityFor(dataStore)?.cloud;
  if (cloud === 'aws')
    return identity.provider === 'eksPodIdentity' ? [{ to: [podIdentityAgent], ports: [tcp(80)] }] : [];
  return [
    ...(cloud === undefined ? [] : [{ to: [metadataServer], ports: [tcp(80)] }]),
    ...(cloud === 'gcp' ? [{ to: [gkeMetadataServer], ports: [tcp(988)] }] : []),
  ];
}

/** To the server that tokens are checked with: the API server (TokenReview, or its issuer) or the OpenID provider. */
export function tokenChecks(
  { authentication }: Catalog,
  { network }: Platform,
): k8s.NetworkPolicyEgressRule[] {
  if (authentication.mode === 'none') return [];
  if (
    authentication.mode === 'kubernetes' ||
    (authentication.issuer === 'cluster' && authentication.servedByApiServer)
  )
    return [egress(network.apiServer.peers, network.apiServer.port)];
  return network.openID ? [egress(network.openID, urlPort(authentication.providerURI))] : [];
}

/** To the OpenID provider from which the registration Job requests a token, if none is mounted. */
export function tokenRequests(
  { authentication }: Catalog,
  { network }: Platform,
): k8s.NetworkPolicyEgressRule[] {
  if (
    authentication.mode !== 'openID' ||
    authentication.issuer !== 'external' ||
    network.openID === undefined
  )
    return [];
  return [egress(network.openID, urlPort(authentication.tokenEndpoint))];
}

export function warehouseDatabase({ registration, network }: Platform): k8s.NetworkPolicyEgressRule[] {
  const { record } = registration;
  return 'warehouseDatabase' in record
    ? [egress(network.warehouseDatabase ?? network.postgres, record.warehouseDatabase.port)]
    : [];
}

/** Ports of the object store, and of the authority that issues its tokens. */
export function objectStorePorts({ dataStore }: Catalog): number[] {
  if (dataStore.type === 's3') return [dataStore.endpoint === undefined ? 443 : urlPort(dataStore.endpoint)];
  const authority = dataStore.type === 'adls' ? dataStore.authorityHost : undefined;
  return [...new Set([443, authority === undefined ? 443 : urlPort(authority)])];
}
