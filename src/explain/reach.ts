import { canonical } from './differences.ts';
import { coversBlock } from './ip-block.ts';
import {
  type Direction,
  directionsOf,
  type Labels,
  type NetworkPolicy,
  type Peer,
  type Port,
  rulesOf,
  type Selector,
  selects,
} from './network-policy-change.ts';

/** An allowed connection: pods with some labels on one side, a peer on the other. */
export interface Reach {
  readonly pods: Pods;
  readonly direction: Direction;
  /** Undefined for all peers. A peer always has its namespace. */
  readonly peer: Peer | undefined;
  /** Undefined for all ports. */
  readonly port: Port | undefined;
}

/** Pods that policies select: a namespace, and the labels of a selector. */
export interface Pods {
  readonly namespace: string;
  readonly labels: Labels;
}

/**
 * The connections that `after` allows and `before` does not, for each kind of pod. A connection counts as allowed
 * before only if a single rule of `before` covers it. No new connection is missed, but one that two old rules covered
 * together is reported as new.
 *
 * @param before all policies that apply to the pods; also `after`.
 */
export function opened(before: readonly NetworkPolicy[], after: readonly NetworkPolicy[]): Reach[] {
  const found: Reach[] = [];
  for (const pods of podsOf([...before, ...after]))
    for (const direction of ['Ingress', 'Egress'] as const) {
      const was = reachOf(pods, direction, before);
      for (const is of reachOf(pods, direction, after))
        if (!was.some((old) => covers(old, is)) && !found.some((known) => includes(known, is)))
          found.push(is);
    }
  return found;
}

/** Whether the connection is reported already, for the same pods or for more. */
function includes(known: Reach, { pods, direction, peer, port }: Reach): boolean {
  return (
    known.direction === direction &&
    known.pods.namespace === pods.namespace &&
    selects({ matchLabels: known.pods.labels }, pods.labels) &&
    canonical([known.peer, known.port]) === canonical([peer, port])
  );
}

/**
 * Kinds of pods for which the policies may differ: pods with exactly the labels of one selector, and pods that two
 * selectors select, because a rule of one policy may allow what the other one did not. Three selectors add nothing,
 * because a further policy only allows more.
 */
function podsOf(policies: readonly NetworkPolicy[]): Pods[] {
  const single = distinct(
    policies
      .filter(({ spec }) => isPlain(spec.podSelector ?? {}))
      .map(({ metadata, spec }) => ({
        namespace: metadata.namespace,
        labels: spec.podSelector?.matchLabels ?? {},
      })),
  );
  const double = single.flatMap((one) => single.flatMap((other) => both(one, other) ?? []));
  return distinct([...single, ...distinct(double)]);
}

/** Sorted, the general kinds first. */
function distinct(pods: readonly Pods[]): Pods[] {
  const kinds = new Map(pods.map((kind) => [canonical(kind), kind]));
  const size = ({ labels }: Pods) => Object.keys(labels).length;
  return [...kinds]
    .sort(([a, one], [b, other]) => size(one) - size(other) || (a < b ? -1 : 1))
    .map(([, kind]) => kind);
}

function both(one: Pods, other: Pods): Pods | undefined {
  const isPossible =
    one.namespace === other.namespace &&
    Object.entries(one.labels).every(([key, value]) => (other.labels[key] ?? value) === value);
  return isPossible ? { namespace: one.namespace, labels: { ...one.labels, ...other.labels } } : undefined;
}

/**
 * The connections of pods in one direction: all, unless a policy isolates the pods. Then those that the rules of these
 * policies allow.
 */
function reachOf(pods: Pods, direction: Direction, policies: readonly NetworkPolicy[]): Reach[] {
  const isolating = policies.filter(
    ({ metadata, spec }) =>
      metadata.namespace === pods.namespace &&
      isPlain(spec.podSelector ?? {}) &&
      selects(spec.podSelector ?? {}, pods.labels) &&
      directionsOf(spec).includes(direction),
  );
  if (isolating.length === 0) return [{ pods, direction, peer: undefined, port: undefined }];
  return isolating.flatMap(({ metadata, spec }) =>
    rulesOf(direction, spec).flatMap(({ peers, ports }) =>
      orUndefined(peers).flatMap((peer) =>
        orUndefined(ports).map((port) => ({
          pods,
          direction,
          peer: peer && inNamespace(peer, metadata.namespace),
          port,
        })),
      ),
    ),
  );
}

function orUndefined<T>(some: readonly T[]): readonly (T | undefined)[] {
  return some.length === 0 ? [undefined] : some;
}

/** A peer without a namespace is in the namespace of the policy. */
function inNamespace(peer: Peer, namespace: string): Peer {
  if (peer.ipBlock || peer.namespaceSelector || isNamed(peer)) return peer;
  return { ...peer, namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': namespace } } };
}

/** Whether a selector has no expressions, so that its labels are known. */
export function isPlain({ matchExpressions }: Selector): boolean {
  return (matchExpressions ?? []).length === 0;
}

function covers(wide: Reach, narrow: Reach): boolean {
  return coversPeer(wide.peer, narrow.peer) && coversPort(wide.port, narrow.port);
}

function coversPeer(wide: Peer | undefined, narrow: Peer | undefined): boolean {
  if (wide === undefined) return true;
  if (narrow === undefined) return false;
  if (isNamed(wide) || isNamed(narrow)) return wide.entity === narrow.entity && wide.fqdn === narrow.fqdn;
  if (wide.ipBlock || narrow.ipBlock)
    return Boolean(wide.ipBlock && narrow.ipBlock && coversBlock(wide.ipBlock, narrow.ipBlock));
  return (
    coversSelector(wide.namespaceSelector ?? {}, narrow.namespaceSelector ?? {}) &&
    coversSelector(wide.podSelector ?? {}, narrow.podSelector ?? {})
  );
}

function isNamed({ entity, fqdn }: Peer): boolean {
  return entity !== undefined || fqdn !== undefined;
}

/** The more labels a selector has, the fewer pods it selects. */
function coversSelector(wide: Selector, narrow: Selector): boolean {
  if (canonical(wide) === canonical(narrow)) return true;
  return (
    isPlain(wide) &&
    Object.entries(wide.matchLabels ?? {}).every(([key, value]) => narrow.matchLabels?.[key] === value)
  );
}

function coversPort(wide: Port | undefined, narrow: Port | undefined): boolean {
  if (wide === undefined) return true;
  if (narrow === undefined || (wide.protocol ?? 'TCP') !== (narrow.protocol ?? 'TCP')) return false;
  if (wide.port === undefined || wide.port === null) return true;
  if (typeof wide.port === 'string' || typeof narrow.port !== 'number') return wide.port === narrow.port;
  return wide.port <= narrow.port && (narrow.endPort ?? narrow.port) <= (wide.endPort ?? wide.port);
}
