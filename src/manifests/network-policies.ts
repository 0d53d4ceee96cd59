import { k8s } from 'cdk8s-plus-28';
import type { Construct } from 'constructs';
import type { Catalog } from '../catalog/catalog.ts';
import { cloudIdentityFor } from '../catalog/cloud-identity.ts';
import type { Peer, Platform } from '../platform/platform-settings.ts';
import { catalogKey, orgMetadata, platformMetadata } from './metadata.ts';
import { beforeJobs } from './sync-order.ts';

/**
 * Who may talk to whom. The operator labels server and migration pods differently (docs/facts/lakekeeper-crd.md §6.1):
 * `managed-by` is on server pods alone, `name` and `instance` are on both. Every policy isolates in both directions, so that
 * its pods are closed also where the default deny is not installed.
 */

const isolated = ['Ingress', 'Egress'];
const anyCatalogPod = { 'app.kubernetes.io/name': 'lakekeeper' };
const anyServerPod = { ...anyCatalogPod, 'app.kubernetes.io/managed-by': 'lakekeeper-operator' };
/** The EKS Pod Identity agent listens on the node, at this address. */
const podIdentityAgent: k8s.NetworkPolicyPeer = { ipBlock: { cidr: '169.254.170.23/32' } };
/** The metadata server of Google's and Azure's machines, which gives out tokens of the machine or of the pod. */
const metadataServer: k8s.NetworkPolicyPeer = { ipBlock: { cidr: '169.254.169.254/32' } };
/** Where GKE sends what goes to the metadata server, before policies are applied, unless it runs Dataplane V2. */
const gkeMetadataServer: k8s.NetworkPolicyPeer = { ipBlock: { cidr: '169.254.169.252/32' } };

/** Labels of an org's registration pods, which nothing else has. */
export function registrationPodLabels({ names }: Catalog): Record<string, string> {
  return {
    'app.kubernetes.io/name': 'lakekeeper-gitops',
    'app.kubernetes.io/component': 'registration',
    [catalogKey]: names.kubernetes,
  };
}

/** The policies of one org. */
export function orgNetworkPolicies(scope: Construct, catalog: Catalog, platform: Platform): void {
  const { names, metadataStore } = catalog;
  const instance = { 'app.kubernetes.io/instance': names.kubernetes };
  const { network } = platform;
  const { listenPort } = platform.catalog.server;
  const postgres = egress(network.postgres, metadataStore.port);

  policy(scope, orgMetadata(catalog, '-metadata-store'), {
    podSelector: { matchLabels: { ...anyCatalogPod, ...instance } },
    egress: [dns(platform), postgres],
  });
  policy(scope, orgMetadata(catalog, '-server'), {
    podSelector: { matchLabels: { ...anyServerPod, ...instance } },
    ingress: [
      {
        from: [
          podsOf(names.workerNamespace, names.workerLabels),
          { podSelector: { matchLabels: registrationPodLabels(catalog) } },
        ],
        ports: [tcp(listenPort)],
      },
    ],
    egress: [
      ...objectStorePorts(catalog).map((port) => egress(network.objectStore, port)),
      ...identityServers(catalog, platform),
      ...tokenChecks(catalog, platform),
    ],
  });
  policy(scope, orgMetadata(catalog, '-register', beforeJobs(platform)), {
    podSelector: { matchLabels: registrationPodLabels(catalog) },
    egress: [
      dns(platform),
      egress(network.apiServer.peers, network.apiServer.port),
      postgres,
      ...warehouseDatabase(platform),
      { to: [{ podSelector: { matchLabels: { ...anyServerPod, ...instance } } }], ports: [tcp(listenPort)] },
      ...tokenRequests(catalog, platform),
    ],
  });
  if (platform.tenancy === 'namespacePerOrg')
    namespaceNetworkPolicies(scope, names.namespace, platform, (name) => ({ ...orgMetadata(catalog), name }));
}

/** The policies of a namespace of catalogs: nothing is allowed, but operator and monitoring reach every server. */
export function namespaceNetworkPolicies(
  scope: Construct,
  namespace: string,
  platform: Platform,
  metadata = (name: string): k8s.ObjectMeta => platformMetadata(name, namespace),
): void {
  const { operator, monitoring, catalog } = platform;
  const servers = { podSelector: { matchLabels: anyServerPod }, policyTypes: ['Ingress'] };
  policy(scope, metadata('default-deny'), { podSelector: {} });
  policy(scope, metadata('admit-operator'), {
    ...servers,
    ingress: [
      { from: [podsOf(operator.namespace, operator.podSelector)], ports: [tcp(catalog.server.listenPort)] },
    ],
  });
  if (monitoring)
    policy(scope, metadata('admit-monitoring'), {
      ...servers,
      ingress: [
        {
          from: [podsOf(monitoring.namespace, monitoring.podSelector)],
          ports: [tcp(catalog.server.metricsPort)],
        },
      ],
    });
}

function policy(scope: Construct, metadata: k8s.ObjectMeta, spec: k8s.NetworkPolicySpec): void {
  new k8s.KubeNetworkPolicy(scope, `network-policy-${metadata.name}`, {
    metadata,
    spec: { policyTypes: isolated, ...spec },
  });
}

function dns({ network }: Platform): k8s.NetworkPolicyEgressRule {
  const port = k8s.IntOrString.fromNumber(53);
  return {
    to: [podsOf(network.dns.namespace, network.dns.podSelector)],
    ports: [
      { port, protocol: 'UDP' },
      { port, protocol: 'TCP' },
    ],
  };
}

/** Where pods get the tokens of their cloud identity, when the data store is reached with it. */
function identityServers({ dataStore }: Catalog, { identity }: Platform): k8s.NetworkPolicyEgressRule[] {
  const cloud = cloudIdentityFor(dataStore)?.cloud;
  if (cloud === 'aws')
    return identity.provider === 'eksPodIdentity' ? [{ to: [podIdentityAgent], ports: [tcp(80)] }] : [];
  return [
    ...(cloud === undefined ? [] : [{ to: [metadataServer], ports: [tcp(80)] }]),
    ...(cloud === 'gcp' ? [{ to: [gkeMetadataServer], ports: [tcp(988)] }] : []),
  ];
}

/** Where the server checks tokens: the API server (TokenReview, or its own issuer), or the OpenID provider. */
function tokenChecks({ authentication }: Catalog, { network }: Platform): k8s.NetworkPolicyEgressRule[] {
  if (authentication.mode === 'none') return [];
  if (
    authentication.mode === 'kubernetes' ||
    (authentication.issuer === 'cluster' && authentication.servedByApiServer)
  )
    return [egress(network.apiServer.peers, network.apiServer.port)];
  return network.openID ? [egress(network.openID, urlPort(authentication.providerURI))] : [];
}

/** Where the registration Job gets a token that is not mounted for it. */
function tokenRequests({ authentication }: Catalog, { network }: Platform): k8s.NetworkPolicyEgressRule[] {
  if (
    authentication.mode !== 'openID' ||
    authentication.issuer !== 'external' ||
    network.openID === undefined
  )
    return [];
  return [egress(network.openID, urlPort(authentication.tokenEndpoint))];
}

function warehouseDatabase({ registration, network }: Platform): k8s.NetworkPolicyEgressRule[] {
  const { record } = registration;
  return 'warehouseDatabase' in record
    ? [egress(network.warehouseDatabase ?? network.postgres, record.warehouseDatabase.port)]
    : [];
}

/** Of the object store, and of where tokens for it come from. */
function objectStorePorts({ dataStore }: Catalog): number[] {
  if (dataStore.type === 's3') return [dataStore.endpoint === undefined ? 443 : urlPort(dataStore.endpoint)];
  const authority = dataStore.type === 'adls' ? dataStore.authorityHost : undefined;
  return [...new Set([443, authority === undefined ? 443 : urlPort(authority)])];
}

function egress(peers: readonly Peer[], port: number): k8s.NetworkPolicyEgressRule {
  return { to: peers.map(networkPolicyPeer), ports: [tcp(port)] };
}

function networkPolicyPeer(peer: Peer): k8s.NetworkPolicyPeer {
  if (!('cidr' in peer)) return podsOf(peer.namespace, peer.podSelector);
  return { ipBlock: { cidr: peer.cidr, ...(peer.except ? { except: peer.except } : {}) } };
}

function podsOf(namespace: string, labels: Readonly<Record<string, string>>): k8s.NetworkPolicyPeer {
  return {
    namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': namespace } },
    podSelector: Object.keys(labels).length === 0 ? {} : { matchLabels: { ...labels } },
  };
}

function tcp(port: number): k8s.NetworkPolicyPort {
  return { port: k8s.IntOrString.fromNumber(port), protocol: 'TCP' };
}

function urlPort(url: string): number {
  const { port, protocol } = new URL(url);
  return port === '' ? (protocol === 'http:' ? 80 : 443) : Number(port);
}
