import { type Analyzer, within } from './analyzer.ts';
import type { Change } from './change.ts';
import { isLakekeeper } from './parsed-directory.ts';
import { differencesAt, fromTo } from './shown.ts';

/** Number of replicas, and resources of the pods. */
export const scale: Analyzer = {
  explains: (object, path) => isLakekeeper(object) && within(path, 'spec.replicas', 'spec.resources'),
  changes: ({ catalog }) => [
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
  ],
};
