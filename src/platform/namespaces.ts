import type { Peer, Platform } from './platform-settings.ts';

const ofKubernetes = ['default', 'kube-node-lease', 'kube-public', 'kube-system'];

/**
 * Namespaces with pods that are not catalogs, as the settings name them, without templates. No catalog may run there:
 * its default-deny policy would isolate those pods.
 */
export function namespacesOfOthers({ operator, workers, monitoring, network, argocd }: Platform): string[] {
  const peers = [
    network.postgres,
    network.warehouseDatabase,
    network.objectStore,
    network.apiServer.peers,
    network.openID,
  ].flatMap((list) => list ?? []);
  return [
    ...ofKubernetes,
    operator.namespace,
    ...(workers.namespace.includes('{') ? [] : [workers.namespace]),
    ...(monitoring ? [monitoring.namespace] : []),
    ...(argocd ? [argocd.namespace] : []),
    network.dns.namespace,
    ...peers.flatMap(namespaceOf),
  ];
}

function namespaceOf(peer: Peer): string[] {
  return 'namespace' in peer ? [peer.namespace] : [];
}
