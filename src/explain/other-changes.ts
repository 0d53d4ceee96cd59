import type { Analyzer } from './analyzer.ts';
import type { Change } from './change.ts';
import { differingFields, type FieldPath } from './differences.ts';
import { at, type KubernetesObject } from './objects.ts';
import { objectName, type Pair } from './parsed-directory.ts';
import { fromTo, fromToOf } from './shown.ts';

/** The differences that no analyzer explains: objects that are added or removed, and fields with their values. */
export function rest(pairs: readonly Pair[], analyzers: readonly Analyzer[]): Change[] {
  return pairs.flatMap(({ before, after }): Change[] => {
    const object = after ?? before;
    if (object === undefined) return [];
    const isExplained = (path: FieldPath) => analyzers.some(({ explains }) => explains(object, path));
    if (before === undefined || after === undefined)
      return isExplained([]) ? [] : [comesOrGoes(object, after === undefined)];
    return (
      differingFields(before, after)
        // Objects of different namespaces are a pair only if the whole catalog moves, which is reported once.
        .filter((path) => !isExplained(path) && path.join('.') !== 'metadata.namespace')
        .map((path) => field(object, path, at(before, path), at(after, path)))
    );
  });
}

function comesOrGoes(object: KubernetesObject, isGoing: boolean): Change {
  const what = objectName(object);
  if (!isGoing) return { kind: 'objectAdded', what };
  return object.kind === 'Namespace' ? { kind: 'namespaceLeaves', what } : { kind: 'objectRemoved', what };
}

function field(object: KubernetesObject, path: FieldPath, before: unknown, after: unknown): Change {
  const [first, second, third = ''] = path;
  const isLabel = first === 'metadata' && (second === 'labels' || second === 'annotations');
  if (isLabel && third === 'argocd.argoproj.io/sync-options')
    return { kind: 'protectionChanged', what: objectName(object), ...fromTo(before, after) };
  const isHarmless = isLabel && object.kind !== 'Namespace';
  return {
    kind: isHarmless ? 'labelsChanged' : 'objectChanged',
    what: isHarmless ? third : `${objectName(object)} ${path.join('.')}`,
    ...fromToOf(path.at(-1) ?? '', before, after),
  };
}
