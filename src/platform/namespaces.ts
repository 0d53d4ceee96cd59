import { peerLists } from './peers.ts';
import type { Peer, Platform } from './platform-settings.ts';
import { hasPlaceholder } from './setting-template.ts';

const ofKubernetes = ['default', 'kube-node-lease', 'kube-public', 'kube-system'];

/**
 * Namespaces with pods that are not catalogs, as the settings name them, without templates. No catalog may run there:
 * its default-deny policy would isolate those pods.
 */
export function namespacesOfOthers(platform: Platform): string[] {
  const { workers, argocd, repair, tenancy, namespace } = platform;
  const named = [
    workers.namespace,
    ...(argocd ? [argocd.namespace] : []),
    ...(repair && tenancy === 'namespacePerOrg' ? [namespace] : []),
    ...Object.values(peerLists(platform)).flatMap((list: readonly Peer[]) => list.flatMap(namespaceOf)),
  ];
  return [...ofKubernetes, ...named.filter((namespace) => !hasPlaceholder(namespace))];
}

function namespaceOf(peer: Peer): string[] {
  return 'namespace' in peer ? [peer.namespace] : [];
}
