import type { ApiObjectMetadata } from 'cdk8s';
import { k8s } from 'cdk8s-plus-28';
import type { Construct } from 'constructs';
import type { Catalog, NamedOrg } from '../catalog/catalog.ts';
import { hasDomainPeers, type PeerLists, peerLists } from '../platform/peers.ts';
import type { Platform } from '../platform/platform-settings.ts';
import { repairNamespace } from '../platform/repair-pods.ts';
import {
  apiServer,
  dataStoreAccess,
  identityServers,
  peersOf,
  tokenChecks,
  tokenRequests,
  warehouseDatabase,
} from './catalog-egress.ts';
import { ciliumPolicy, type Directions } from './cilium-policy.ts';
import { catalogKey, orgMetadata, platformMetadata } from './metadata.ts';
import { dns, egressRules, ingressRules, type Rule, tcp } from './network-rules.ts';
import { repairPodLabels } from './repair-access.ts';
import { beforeJobs } from './sync-order.ts';

/**
 * NetworkPolicies. The operator labels server and migration pods differently (docs/facts/lakekeeper-crd.md §6.1):
 * `name` and `instance` are on both, `managed-by` is on server pods only. Every policy has both policy types, so that
 * its pods are isolated even without the default-deny policy.
 */

const anyCatalogPod = { 'app.kubernetes.io/name': 'lakekeeper' };
export const anyServerPod = { ...anyCatalogPod, 'app.kubernetes.io/managed-by': 'lakekeeper-operator' };

/** Labels of an org's registration pods. No other pods have them. */
export function registrationPodLabels({ names }: Catalog): Record<string, string> {
  return {
    'app.kubernetes.io/name': 'lakekeeper-gitops',
    'app.kubernetes.io/component': 'registration',
    [catalogKey]: names.kubernetes,
  };
}

/** Labels of an org's server pods; those of its migration lack one of them. */
export function serverPodLabels({ names }: Catalog): Record<string, string> {
  return { ...anyServerPod, 'app.kubernetes.io/instance': names.kubernetes };
}

/** Labels of all of an org's pods: of its servers, and of its migration. */
export function catalogPodLabels({ names }: NamedOrg): Record<string, string> {
  return { ...anyCatalogPod, 'app.kubernetes.io/instance': names.kubernetes };
}

/** The policies of one org. */
export function orgNetworkPolicies(scope: Construct, catalog: Catalog, platform: Platform): void {
  const { names, metadataStore } = catalog;
  const server = serverPodLabels(catalog);
  const peers = peersOf(catalog, platform);
  const { listenPort } = platform.catalog.server;
  const nameServers = dns(peers.dns, hasDomainPeers(platform));
  const postgres = tcp(peers.postgres, metadataStore.port);

  policy(scope, orgMetadata(catalog, '-metadata-store'), {
    pods: catalogPodLabels(catalog),
    egress: [nameServers, postgres],
  });
  policy(scope, orgMetadata(catalog, '-server'), {
    pods: server,
    ingress: [
      tcp(
        [
          { namespace: names.workerNamespace, podSelector: names.workerLabels },
          { podSelector: registrationPodLabels(catalog) },
        ],
        listenPort,
      ),
    ],
    egress: [
      ...dataStoreAccess(catalog, platform, peers),
      ...identityServers(catalog, platform),
      ...tokenChecks(catalog, peers),
    ],
  });
  policy(scope, orgMetadata(catalog, '-register', beforeJobs(catalog, platform)), {
    pods: registrationPodLabels(catalog),
    egress: [
      nameServers,
      apiServer(peers),
      postgres,
      ...warehouseDatabase(platform, peers),
      tcp([{ podSelector: server }], listenPort),
      ...tokenRequests(catalog, peers),
    ],
  });
  if (platform.tenancy === 'namespacePerOrg') ownNamespacePolicies(scope, catalog, platform, peers);
}

/** The policies of a namespace that an org has for itself. */
export function ownNamespacePolicies(
  scope: Construct,
  org: NamedOrg,
  platform: Platform,
  peers: PeerLists,
): void {
  const metadata = (name: string) => ({ ...orgMetadata(org), name });
  namespaceNetworkPolicies(scope, platform, peers, metadata);
}

/** The policies of the namespace that all catalogs share. */
export function sharedNetworkPolicies(scope: Construct, platform: Platform): void {
  const metadata = (name: string) => platformMetadata(name, platform.namespace);
  namespaceNetworkPolicies(scope, platform, peerLists(platform), metadata);
}

/** The policies of a namespace of catalogs: default deny, with ingress from operator and monitoring to all servers. */
function namespaceNetworkPolicies(
  scope: Construct,
  platform: Platform,
  { operator, monitoring }: PeerLists,
  metadata: (name: string) => ApiObjectMetadata,
): void {
  const { listenPort, metricsPort } = platform.catalog.server;
  policy(scope, metadata('default-deny'), { pods: {} });
  const admit = (name: string, rule: Rule) =>
    policy(scope, metadata(name), { pods: anyServerPod, ingress: [rule], types: ['Ingress'] });
  admit('admit-operator', tcp(operator, listenPort));
  if (monitoring.length > 0) admit('admit-monitoring', tcp(monitoring, metricsPort));
  if (platform.repair)
    admit(
      'admit-repair',
      tcp([{ namespace: repairNamespace(platform), podSelector: repairPodLabels }], listenPort),
    );
}

interface Policy extends Directions {
  readonly pods: Readonly<Record<string, string>>;
  /** Both when left out. */
  readonly types?: string[];
}

export function policy(
  scope: Construct,
  metadata: ApiObjectMetadata,
  { pods, types, ...rules }: Policy,
): void {
  const ingress = ingressRules(rules.ingress ?? []);
  const egress = egressRules(rules.egress ?? []);
  new k8s.KubeNetworkPolicy(scope, `network-policy-${metadata.name}`, {
    metadata,
    spec: {
      policyTypes: types ?? ['Ingress', 'Egress'],
      podSelector: Object.keys(pods).length === 0 ? {} : { matchLabels: pods },
      ...(ingress.length > 0 ? { ingress } : {}),
      ...(egress.length > 0 ? { egress } : {}),
    },
  });
  ciliumPolicy(scope, metadata, pods, rules);
}
