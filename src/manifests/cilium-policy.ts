import { ApiObject, type ApiObjectMetadata } from 'cdk8s';
import type { Construct } from 'constructs';
import { byPorts, isForCilium, type Rule, type RulePeer } from './network-rules.ts';

/** Ingress and egress rules. */
export interface Directions {
  readonly ingress?: readonly Rule[];
  readonly egress?: readonly Rule[];
}

/**
 * CiliumNetworkPolicies, beside the NetworkPolicies: a connection is allowed when one policy of either kind allows it.
 * They have the rules that a NetworkPolicy cannot express. Cilium does not match nodes of the cluster by their
 * address, and learns the addresses of DNS names from the answers that its proxy reads. Source:
 * https://docs.cilium.io/en/stable/security/policy/language/
 */
export function ciliumPolicy(
  scope: Construct,
  metadata: ApiObjectMetadata,
  pods: Readonly<Record<string, string>>,
  { ingress = [], egress = [] }: Directions,
): void {
  const rules = {
    ingress: ingress.flatMap((rule) => ciliumRules('from', rule)),
    egress: egress.flatMap((rule) => ciliumRules('to', rule)),
  };
  const needed = Object.entries(rules).filter(([, list]) => list.length > 0);
  if (needed.length === 0) return;
  new ApiObject(scope, `cilium-policy-${metadata.name}`, {
    apiVersion: 'cilium.io/v2',
    kind: 'CiliumNetworkPolicy',
    metadata,
    spec: { endpointSelector: { matchLabels: pods }, ...Object.fromEntries(needed) },
  });
}

/**
 * A CiliumNetworkPolicy that allows nothing and replaces one of the same name. A rule without peers matches nothing.
 * An empty list of rules would not isolate the pods.
 */
export function closingCiliumPolicy(
  scope: Construct,
  metadata: ApiObjectMetadata,
  pods: Readonly<Record<string, string>>,
): void {
  new ApiObject(scope, `cilium-policy-${metadata.name}`, {
    apiVersion: 'cilium.io/v2',
    kind: 'CiliumNetworkPolicy',
    metadata,
    spec: { endpointSelector: { matchLabels: pods }, ingress: [{}], egress: [{}] },
  });
}

/** A rule of Cilium has peers of one kind only. */
function ciliumRules(direction: 'from' | 'to', rule: Rule): object[] {
  return byPorts(rule, (peer) => isForCilium(rule, peer)).flatMap((group) => {
    const ports = group.ports.map(({ port, protocol }) => ({ port: String(port), protocol }));
    const readsNames = rule.readsNames ? { rules: { dns: [{ matchPattern: '*' }] } } : {};
    // Without ports, the rule allows all ports.
    const toPorts = ports.length === 0 ? {} : { toPorts: [{ ports, ...readsNames }] };
    const kinds = new Map<string, unknown[]>();
    for (const [kind, peer] of group.peers.map(ciliumPeer))
      kinds.set(kind, [...(kinds.get(kind) ?? []), peer]);
    return [...kinds].map(([kind, peers]) => ({ [`${direction}${kind}`]: peers, ...toPorts }));
  });
}

const namespaceLabel = 'k8s:io.kubernetes.pod.namespace';

function ciliumPeer(peer: RulePeer): [kind: string, peer: unknown] {
  if ('entity' in peer) return ['Entities', peer.entity];
  if ('fqdn' in peer)
    return ['FQDNs', peer.fqdn.includes('*') ? { matchPattern: peer.fqdn } : { matchName: peer.fqdn }];
  if ('cidr' in peer)
    return ['CIDRSet', { cidr: peer.cidr, ...(peer.except ? { except: peer.except } : {}) }];
  if ('namespaceLabels' in peer) {
    const ofNamespace = Object.fromEntries(
      Object.entries(peer.namespaceLabels).map(([key, value]) => [
        `k8s:io.cilium.k8s.namespace.labels.${key}`,
        value,
      ]),
    );
    const matchExpressions = [{ key: namespaceLabel, operator: 'Exists' }];
    // Without a namespace, Cilium uses that of the policy.
    return ['Endpoints', { matchLabels: { ...ofNamespace, ...peer.podSelector }, matchExpressions }];
  }
  const namespace = 'namespace' in peer ? { [namespaceLabel]: peer.namespace } : {};
  return ['Endpoints', { matchLabels: { ...namespace, ...peer.podSelector } }];
}
