import type { Change } from './change.ts';
import { at, documentsOf, identityOf, type KubernetesObject, type Objects, readObjects } from './objects.ts';

/** A file of one directory, committed (before) and desired (after); undefined if it is missing. */
export interface FilePair {
  readonly path: string;
  readonly before: string | undefined;
  readonly after: string | undefined;
}

/**
 * The objects of one side of a directory, parsed when they are needed. Identical documents of both sides are not parsed
 * for `changed`: most of the time of a plan is parsing YAML.
 */
export interface Side {
  /** Objects of the documents that the other side does not have. */
  readonly changed: readonly KubernetesObject[];
  /** The changed objects, and those others whose document contains a text, such as their kind. */
  readonly mentioning: (text: string) => readonly KubernetesObject[];
}

/** A directory, before and after. */
export interface Comparison {
  readonly before: Side;
  readonly after: Side;
  /** Whether a committed file has something that is not a Kubernetes object. */
  readonly unreadable: boolean;
}

export function compareFiles(files: readonly FilePair[]): Comparison {
  const documents = (side: 'before' | 'after') => files.flatMap((file) => documentsOf(file[side] ?? ''));
  const [before, after] = [documents('before'), documents('after')];
  const [inBefore, inAfter] = [new Set(before), new Set(after)];
  const changedBefore = readObjects(before.filter((document) => !inAfter.has(document)));
  const changedAfter = readObjects(after.filter((document) => !inBefore.has(document)));
  const shared = before.filter((document) => inAfter.has(document));
  const read = new Map<string, readonly KubernetesObject[]>();
  const mentioning = (text: string) => {
    const known = read.get(text);
    if (known) return known;
    const { objects } = readObjects(shared.filter((document) => document.includes(text)));
    read.set(text, objects);
    return objects;
  };
  return {
    before: side(changedBefore, mentioning),
    after: side(changedAfter, mentioning),
    unreadable: changedBefore.unreadable,
  };
}

function side({ objects }: Objects, shared: Side['mentioning']): Side {
  return { changed: objects, mentioning: (text) => [...objects, ...shared(text)] };
}

export const isLakekeeper = ({ kind, apiVersion }: KubernetesObject) =>
  kind === 'Lakekeeper' && apiVersion.startsWith('lakekeeper.k8s.lakekeeper.io/');

/** The same object on both sides; undefined on the side that does not have it. */
export interface Pair {
  readonly before: KubernetesObject | undefined;
  readonly after: KubernetesObject | undefined;
}

/**
 * The changed objects in pairs, sorted by identity. If the whole catalog moves to another namespace, an object that
 * moves with it is the same object.
 */
export function pairs({ before, after }: Comparison): Pair[] {
  const moved = namespaceMove(before, after);
  const paired = new Map<string, { before?: KubernetesObject; after?: KubernetesObject }>();
  for (const object of after.changed) paired.set(identityOf(object), { after: object });
  for (const object of before.changed) {
    const identity = identityOf(moved(object));
    paired.set(identity, { ...paired.get(identity), before: object });
  }
  return [...paired]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([, pair]) => ({ before: pair.before, after: pair.after }));
}

function namespaceMove(before: Side, after: Side): (object: KubernetesObject) => KubernetesObject {
  const from = at(before.changed.find(isLakekeeper), 'metadata.namespace');
  const to = at(after.changed.find(isLakekeeper), 'metadata.namespace');
  if (typeof from !== 'string' || typeof to !== 'string' || from === to) return (object) => object;
  return (object) =>
    object.metadata.namespace === from
      ? { ...object, metadata: { ...object.metadata, namespace: to } }
      : object;
}

/** `ConfigMap lakekeeper-acme-amendments`. */
export function objectName(object: KubernetesObject | undefined): string {
  return `${object?.kind} ${object?.metadata.name}`;
}

/** The change of policies or rights that differ but allow the same. */
export function withoutEffect({ before, after }: Pair): Change {
  const kind = before === undefined ? 'objectAdded' : after === undefined ? 'objectRemoved' : 'objectChanged';
  return { kind, what: `${objectName(after ?? before)}, which allows the same` };
}
