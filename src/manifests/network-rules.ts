import { k8s } from 'cdk8s-plus-28';
import type { Peer, Platform } from '../platform/platform-settings.ts';

/** Rules, peers and ports of NetworkPolicies. */

export function dns({ network }: Platform): k8s.NetworkPolicyEgressRule {
  const port = k8s.IntOrString.fromNumber(53);
  return {
    to: [podsOf(network.dns.namespace, network.dns.podSelector)],
    ports: [
      { port, protocol: 'UDP' },
      { port, protocol: 'TCP' },
    ],
  };
}

export function egress(peers: readonly Peer[], port: number): k8s.NetworkPolicyEgressRule {
  return { to: peers.map(networkPolicyPeer), ports: [tcp(port)] };
}

function networkPolicyPeer(peer: Peer): k8s.NetworkPolicyPeer {
  if (!('cidr' in peer)) return podsOf(peer.namespace, peer.podSelector);
  return { ipBlock: { cidr: peer.cidr, ...(peer.except ? { except: peer.except } : {}) } };
}

export function podsOf(namespace: string, labels: Readonly<Record<string, string>>): k8s.NetworkPolicyPeer {
  return {
    namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': namespace } },
    podSelector: Object.keys(labels).length === 0 ? {} : { matchLabels: { ...labels } },
  };
}

export function tcp(port: number): k8s.NetworkPolicyPort {
  return { port: k8s.IntOrString.fromNumber(port), protocol: 'TCP' };
}

export function urlPort(url: string): number {
  const { port, protocol } = new URL(url);
  return port === '' ? (protocol === 'http:' ? 80 : 443) : Number(port);
}
