import type { Change } from './change.ts';
import { differingFields, type FieldPath } from './differences.ts';
import type { Meaning } from './meaning.ts';
import { at, type KubernetesObject } from './objects.ts';
import { objectName, type Pair } from './parsed-directory.ts';
import { fromTo, fromToOf } from './shown.ts';

/**
 * What no meaning explains: objects that come and go, and fields as they are. So nothing that differs is passed over.
 */
export function rest(pairs: readonly Pair[], meanings: readonly Meaning[]): Change[] {
  return pairs.flatMap(({ before, after }): Change[] => {
    const object = after ?? before;
    if (object === undefined) return [];
    const isExplained = (path: FieldPath) => meanings.some(({ explains }) => explains(object, path));
    if (before === undefined || after === undefined)
      return isExplained([]) ? [] : [comesOrGoes(object, after === undefined)];
    return (
      differingFields(before, after)
        // Objects of two namespaces are one pair only where the whole catalog moves, which is reported once.
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
