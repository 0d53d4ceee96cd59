import type { k8s } from 'cdk8s-plus-28';
import type { Catalog } from '../catalog/catalog.ts';
import { cloudIdentityFor } from '../catalog/cloud-identity.ts';
import type { Platform } from '../platform/platform-settings.ts';
import { egress, tcp, urlPort } from './network-rules.ts';

/** What a catalog's pods and its registration Job reach, by what the catalog is made of. */

/** The EKS Pod Identity agent listens on the node, at this address. */
const podIdentityAgent: k8s.NetworkPolicyPeer = { ipBlock: { cidr: '169.254.170.23/32' } };
/** The metadata server of Google's and Azure's machines, which gives out tokens of the machine or of the pod. */
const metadataServer: k8s.NetworkPolicyPeer = { ipBlock: { cidr: '169.254.169.254/32' } };
/** Where GKE sends what goes to the metadata server, before policies are applied, unless it runs Dataplane V2. */
const gkeMetadataServer: k8s.NetworkPolicyPeer = { ipBlock: { cidr: '169.254.169.252/32' } };

/** Where pods get the tokens of their cloud identity, when the data store is reached with it. */
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

/** Where the server checks tokens: the API server (TokenReview, or its own issuer), or the OpenID provider. */
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

/** Where the registration Job gets a token that is not mounted for it. */
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

/** Of the object store, and of where tokens for it come from. */
export function objectStorePorts({ dataStore }: Catalog): number[] {
  if (dataStore.type === 's3') return [dataStore.endpoint === undefined ? 443 : urlPort(dataStore.endpoint)];
  const authority = dataStore.type === 'adls' ? dataStore.authorityHost : undefined;
  return [...new Set([443, authority === undefined ? 443 : urlPort(authority)])];
}
