import { k8s } from 'cdk8s-plus-28';
import type { Construct } from 'constructs';
import type { Catalog } from '../catalog/catalog.ts';
import type { Platform } from '../platform/platform-settings.ts';
import {
  identityServers,
  objectStorePorts,
  tokenChecks,
  tokenRequests,
  warehouseDatabase,
} from './catalog-egress.ts';
import { catalogKey, orgMetadata, platformMetadata } from './metadata.ts';
import { dns, egress, podsOf, tcp } from './network-rules.ts';
import { beforeJobs } from './sync-order.ts';

/**
 * NetworkPolicies. The operator labels server and migration pods differently (docs/facts/lakekeeper-crd.md §6.1):
 * `name` and `instance` are on both, `managed-by` is on server pods only. Every policy has both policy types, so that
 * its pods are isolated even without the default-deny policy.
 */

const isolated = ['Ingress', 'Egress'];
const anyCatalogPod = { 'app.kubernetes.io/name': 'lakekeeper' };
const anyServerPod = { ...anyCatalogPod, 'app.kubernetes.io/managed-by': 'lakekeeper-operator' };

/** Labels of an org's registration pods. No other pods have them. */
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

/** The policies of a namespace of catalogs: default deny, with ingress from operator and monitoring to all servers. */
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
