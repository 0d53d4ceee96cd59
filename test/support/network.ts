import { BlockList, isIP } from 'node:net';
import {
  type Direction,
  directionsOf,
  type IpBlock,
  type Labels,
  type NetworkPolicy,
  type Peer,
  type Port,
  rulesOf,
  selects,
} from '../../src/explain/network-policy-change.ts';

/**
 * Who may connect to whom under Kubernetes NetworkPolicies. A connection needs both ends: the egress of the one that
 * opens it and the ingress of the one that takes it. An end that no policy isolates in that direction is open;
 * otherwise one rule of one of its policies has to allow the connection. Source:
 * https://kubernetes.io/docs/concepts/services-networking/network-policies/
 */
export class Network {
  private readonly namespaces: ReadonlyMap<string, Labels>;
  private readonly policies: readonly NetworkPolicy[];
  private readonly isolated = {
    Ingress: new Map<Pod, NetworkPolicy[]>(),
    Egress: new Map<Pod, NetworkPolicy[]>(),
  };

  /** @param namespaces name to labels; the API server's own label is added. @param policies all of all namespaces. */
  constructor(namespaces: Readonly<Record<string, Labels>>, policies: readonly NetworkPolicy[]) {
    this.namespaces = new Map(
      Object.entries(namespaces).map(([name, labels]) => [
        name,
        { ...labels, 'kubernetes.io/metadata.name': name },
      ]),
    );
    for (const { metadata } of policies) this.labelsOf(metadata.namespace);
    this.policies = policies;
  }

  /** Whether `from` may open a connection to this port of `to`. */
  mayConnect(from: Endpoint, to: Endpoint, port: number, protocol: Protocol = 'TCP'): boolean {
    return (
      this.allows('Egress', from, to, port, protocol) && this.allows('Ingress', to, from, port, protocol)
    );
  }

  private allows(
    direction: Direction,
    subject: Endpoint,
    other: Endpoint,
    port: number,
    protocol: Protocol,
  ): boolean {
    if (!isPod(subject)) return true;
    const isolating = this.isolating(direction, subject);
    return (
      isolating.length === 0 ||
      isolating.some(({ metadata, spec }) =>
        rulesOf(direction, spec).some(
          ({ peers, ports }) =>
            (ports.length === 0 || ports.some((allowed) => includes(allowed, port, protocol))) &&
            (peers.length === 0 || peers.some((peer) => this.matches(peer, other, metadata.namespace))),
        ),
      )
    );
  }

  /** The policies that select the pod and speak about this direction. */
  private isolating(direction: Direction, pod: Pod): NetworkPolicy[] {
    const known = this.isolated[direction].get(pod);
    if (known) return known;
    this.labelsOf(pod.namespace);
    const found = this.policies.filter(
      ({ metadata, spec }) =>
        metadata.namespace === pod.namespace &&
        selects(spec.podSelector ?? {}, pod.labels) &&
        directionsOf(spec).includes(direction),
    );
    this.isolated[direction].set(pod, found);
    return found;
  }

  private matches(peer: Peer, other: Endpoint, ownNamespace: string): boolean {
    const { ipBlock, namespaceSelector, podSelector } = peer;
    if (ipBlock) {
      if (namespaceSelector || podSelector) throw new Error('an ipBlock stands alone in its peer');
      return other.ip !== undefined && isInBlock(ipBlock, other.ip);
    }
    // Kubernetes refuses a peer that says nothing; one that matched everybody here would hide the mistake.
    if (!namespaceSelector && !podSelector) throw new Error('a peer needs a selector or an ipBlock');
    if (!isPod(other)) return false;
    const inNamespace = namespaceSelector
      ? selects(namespaceSelector, this.labelsOf(other.namespace))
      : other.namespace === ownNamespace;
    return inNamespace && (!podSelector || selects(podSelector, other.labels));
  }

  private labelsOf(namespace: string): Labels {
    const labels = this.namespaces.get(namespace);
    if (!labels) throw new Error(`the network has no namespace ${namespace}`);
    return labels;
  }
}

export type { Labels, NetworkPolicy };
export type Protocol = 'TCP' | 'UDP' | 'SCTP';

/** A pod; with an address it is also matched by address ranges, as some network plugins do and some do not. */
export interface Pod {
  readonly namespace: string;
  readonly labels: Labels;
  readonly ip?: string;
}
/** Something that is not a pod: a host, a database, the Internet. */
export interface Outside {
  readonly ip: string;
}
export type Endpoint = Pod | Outside;

/**
 * All connections that are allowed between endpoints, one line for each pair of ends: `client -> server : 80 53/UDP`.
 *
 * @param of names of the endpoints that one end has to be among. @param ports `443`, or `53/UDP`.
 */
export function connections(
  network: Network,
  endpoints: Readonly<Record<string, Endpoint>>,
  of: ReadonlySet<string>,
  ports: readonly string[],
): string[] {
  const pairs = Object.keys(endpoints).flatMap((from) => Object.keys(endpoints).map((to) => ({ from, to })));
  const lines = pairs.flatMap(({ from, to }) => {
    const [source, target] = [endpoints[from], endpoints[to]];
    if (!source || !target || !(of.has(from) || of.has(to))) return [];
    const open = ports.filter((probe) => {
      const [port, protocol = 'TCP'] = probe.split('/');
      return network.mayConnect(source, target, Number(port), protocol as Protocol);
    });
    return open.length > 0 ? [`${from} -> ${to} : ${open.join(' ')}`] : [];
  });
  return lines.sort();
}

/** The same lines from a table written by hand, where `a, b -> c, d : 80` stands for four of them. */
export function linesOf(table: string): string[] {
  const lines = table.split('\n').filter((line) => line.trim() !== '');
  const pairs = lines.flatMap((line) => {
    const [from = '', to = '', ports = ''] = line.split(/->| : /).map((part) => part.trim());
    return from.split(', ').flatMap((f) => to.split(', ').map((t) => `${f} -> ${t} : ${ports}`));
  });
  return pairs.sort();
}

function includes({ port: first, endPort, protocol }: Port, port: number, used: Protocol): boolean {
  if (typeof first === 'string') throw new Error(`the named port ${first} is not supported here`);
  if ((protocol ?? 'TCP') !== used) return false;
  return first === undefined || first === null || (port >= first && port <= (endPort ?? first));
}

function isInBlock({ cidr, except }: IpBlock, ip: string): boolean {
  const isIn = (range: string) => rangeOf(range).check(ip, family(ip));
  return isIn(cidr) && !(except ?? []).some(isIn);
}

const ranges = new Map<string, BlockList>();
function rangeOf(cidr: string): BlockList {
  const known = ranges.get(cidr);
  if (known) return known;
  const [network = '', prefix = ''] = cidr.split('/');
  const range = new BlockList();
  range.addSubnet(network, Number(prefix), family(network));
  ranges.set(cidr, range);
  return range;
}

const family = (ip: string) => (isIP(ip) === 6 ? 'ipv6' : 'ipv4');

function isPod(endpoint: Endpoint): endpoint is Pod {
  return 'namespace' in endpoint;
}
