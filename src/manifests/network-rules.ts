import { k8s } from 'cdk8s-plus-28';
import { isCiliumPeer } from '../platform/peers.ts';
import type { Peer } from '../platform/platform-settings.ts';

/** A rule of a network policy, of either direction: the peers, and the ports of the connections. */
export interface Rule {
  readonly peers: readonly RulePeer[];
  /** For peers without ports of their own; empty for all ports. */
  readonly ports: readonly number[];
  readonly protocols: readonly Protocol[];
  /** Whether Cilium reads the answers of DNS. It needs them to match peers by name. */
  readonly readsNames?: boolean;
}

/** A peer of the settings; pods of the policy's own namespace; or pods of namespaces with some labels. */
export type RulePeer =
  | Peer
  | { readonly podSelector: Readonly<Record<string, string>> }
  | {
      /** Labels of the namespaces; empty for all namespaces. */
      readonly namespaceLabels: Readonly<Record<string, string>>;
      readonly podSelector: Readonly<Record<string, string>>;
      readonly ports?: readonly number[];
    };
type Protocol = 'TCP' | 'UDP';

export function tcp(peers: readonly RulePeer[], ...ports: readonly number[]): Rule {
  return { peers, ports: [...new Set(ports)], protocols: ['TCP'] };
}

export function dns(peers: readonly Peer[], readsNames: boolean): Rule {
  return { peers, ports: [53], protocols: ['UDP', 'TCP'], readsNames };
}

export function egressRules(rules: readonly Rule[]): k8s.NetworkPolicyEgressRule[] {
  return rules.flatMap(kubernetesRules).map(({ peers, ports }) => ({ to: peers, ...portsOf(ports) }));
}

export function ingressRules(rules: readonly Rule[]): k8s.NetworkPolicyIngressRule[] {
  return rules.flatMap(kubernetesRules).map(({ peers, ports }) => ({ from: peers, ...portsOf(ports) }));
}

/** Without ports, a rule is for all ports. The field is left out then, because Kubernetes drops an empty list. */
function portsOf<T>(ports: readonly T[]): { ports?: T[] } {
  return ports.length === 0 ? {} : { ports: [...ports] };
}

function kubernetesRules(rule: Rule) {
  return byPorts(rule, (peer) => !isForCilium(rule, peer)).map(({ peers, ports }) => ({
    peers: peers.map(networkPolicyPeer),
    ports: ports.map(({ port, protocol }) => ({ port: k8s.IntOrString.fromNumber(port), protocol })),
  }));
}

/** Whether a NetworkPolicy cannot express the rule for this peer. */
export function isForCilium({ readsNames }: Rule, peer: RulePeer): boolean {
  return readsNames === true || isCiliumPeer(peer);
}

/** Groups the wanted peers by their ports. */
export function byPorts(
  { peers, ports: usual, protocols }: Rule,
  isWanted: (peer: RulePeer) => boolean,
): { readonly peers: readonly RulePeer[]; readonly ports: { port: number; protocol: Protocol }[] }[] {
  const groups = new Map<string, { ports: readonly number[]; peers: RulePeer[] }>();
  for (const peer of peers.filter(isWanted)) {
    const ports = ('ports' in peer ? peer.ports : undefined) ?? usual;
    const group = groups.get(ports.join()) ?? { ports, peers: [] };
    group.peers.push(peer);
    groups.set(ports.join(), group);
  }
  return [...groups.values()].map((group) => ({
    peers: group.peers,
    ports: group.ports.flatMap((port) => protocols.map((protocol) => ({ port, protocol }))),
  }));
}

function networkPolicyPeer(peer: RulePeer): k8s.NetworkPolicyPeer {
  if ('cidr' in peer)
    return { ipBlock: { cidr: peer.cidr, ...(peer.except ? { except: peer.except } : {}) } };
  if (isCiliumPeer(peer)) throw new Error('a NetworkPolicy has no such peer');
  const podSelector =
    Object.keys(peer.podSelector).length === 0 ? {} : { matchLabels: { ...peer.podSelector } };
  if ('namespaceLabels' in peer) {
    const matchLabels = { ...peer.namespaceLabels };
    return {
      namespaceSelector: Object.keys(matchLabels).length === 0 ? {} : { matchLabels },
      podSelector,
    };
  }
  if (!('namespace' in peer)) return { podSelector };
  const matchLabels = { 'kubernetes.io/metadata.name': peer.namespace };
  return { namespaceSelector: { matchLabels }, podSelector };
}

export function urlPort(url: string): number {
  const { port, protocol } = new URL(url);
  return port === '' ? (protocol === 'http:' ? 80 : 443) : Number(port);
}
