import { type Analyzer, within } from './analyzer.ts';
import type { Change } from './change.ts';
import { isSame } from './differences.ts';
import { at, type KubernetesObject } from './objects.ts';
import { isLakekeeper } from './parsed-directory.ts';
import { differencesAt, fromTo } from './shown.ts';

/** Number of replicas, how many of them may be evicted at once, and resources of the pods. */
export const scale: Analyzer = {
  explains: (object, path) =>
    isLakekeeper(object)
      ? within(path, 'spec.replicas', 'spec.resources')
      : isBudget(object) && (path.length === 0 || path[0] === 'spec'),
  changes: ({ catalog, pairs }) => [
    ...differencesAt(catalog, 'spec.replicas').map(
      ({ from, to }): Change => ({
        kind: String(to) === '0' ? 'scaledToZero' : 'scaled',
        ...fromTo(from, to),
      }),
    ),
    ...differencesAt(catalog, 'spec.resources').map(
      ({ what, from, to }): Change => ({
        kind: 'resourcesChanged',
        what: what.replace('.', ' '),
        ...fromTo(from, to),
      }),
    ),
    ...pairs
      .filter(({ before, after }) => isBudget(before ?? after) && !isSame(before?.spec, after?.spec))
      .map(
        ({ before, after }): Change => ({
          kind: 'disruptionsChanged',
          ...fromTo(budgetInWords(before), budgetInWords(after)),
        }),
      ),
  ],
};

function isBudget(object: KubernetesObject | undefined): boolean {
  return object?.kind === 'PodDisruptionBudget';
}

function budgetInWords(object: KubernetesObject | undefined): string {
  if (object === undefined) return 'none';
  const unavailable = at(object, 'spec.maxUnavailable');
  return unavailable === undefined ? 'another' : `maxUnavailable ${unavailable}`;
}
