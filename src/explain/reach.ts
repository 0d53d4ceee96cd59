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
  /** Undefined: everybody. A peer always has its namespace. */
  readonly peer: Peer | undefined;
  /** Undefined: every port. */
  readonly port: Port | undefined;
}

/** Pods that policies select: a namespace, and the labels that a selector asks for. */
export interface Pods {
  readonly namespace: string;
  readonly labels: Labels;
}

/**
 * What policies allow that others do not. Compared as sets of who and where, per kind of pod: a connection counts as
 * allowed before when one rule of `before` covers it, so that an opening is never missed; one that two old rules
 * covered together is called an opening.
 *
 * @param before all policies that hold for the pods, as are those of `after`.
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

/** Whether it is reported already, for pods that include these. */
function includes(known: Reach, { pods, direction, peer, port }: Reach): boolean {
  return (
    known.direction === direction &&
    known.pods.namespace === pods.namespace &&
    selects({ matchLabels: known.pods.labels }, pods.labels) &&
    canonical([known.peer, known.port]) === canonical([peer, port])
  );
}

/**
 * Kinds of pods that can tell the policies apart: those with just the labels that a selector asks for; and those that
 * two of them select, as a rule of one may open what the other had closed. Three do not add anything: a policy more
 * allows more.
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
 * What pods may do in one direction: everything, unless a policy isolates them; then what the rules of all such
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
      orEvery(peers).flatMap((peer) =>
        orEvery(ports).map((port) => ({
          pods,
          direction,
          peer: peer && inNamespace(peer, metadata.namespace),
          port,
        })),
      ),
    ),
  );
}

function orEvery<T>(some: readonly T[]): readonly (T | undefined)[] {
  return some.length === 0 ? [undefined] : some;
}

/** A peer without a namespace is in the policy's own. */
function inNamespace(peer: Peer, namespace: string): Peer {
  if (peer.ipBlock || peer.namespaceSelector) return peer;
  return { ...peer, namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': namespace } } };
}

/** A selector without expressions, of which it is known which labels it asks for. */
export function isPlain({ matchExpressions }: Selector): boolean {
  return (matchExpressions ?? []).length === 0;
}

function covers(wide: Reach, narrow: Reach): boolean {
  return coversPeer(wide.peer, narrow.peer) && coversPort(wide.port, narrow.port);
}

function coversPeer(wide: Peer | undefined, narrow: Peer | undefined): boolean {
  if (wide === undefined) return true;
  if (narrow === undefined) return false;
  if (wide.ipBlock || narrow.ipBlock)
    return Boolean(wide.ipBlock && narrow.ipBlock && coversBlock(wide.ipBlock, narrow.ipBlock));
  return (
    coversSelector(wide.namespaceSelector ?? {}, narrow.namespaceSelector ?? {}) &&
    coversSelector(wide.podSelector ?? {}, narrow.podSelector ?? {})
  );
}

/** The more labels a selector asks for, the fewer pods it selects. */
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
