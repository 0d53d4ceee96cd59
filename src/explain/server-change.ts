import { isAmendments } from './authentication-change.ts';
import type { Change } from './change.ts';
import { type Meaning, within } from './meaning.ts';
import { isLakekeeper } from './parsed-directory.ts';
import { differencesAt, fromTo, fromToOf } from './shown.ts';

const authenticationVariables = /^LAKEKEEPER__(ENABLE_)?KUBERNETES_AUTHENTICATION/;

/** The server's own settings: in the resource, and as variables in the ConfigMap that completes its pods. */
export const server: Meaning = {
  explains: (object, path) =>
    (isLakekeeper(object) && within(path, 'spec.server', 'spec.requestLimits')) ||
    (isAmendments(object) && within(path, 'data') && !authenticationVariables.test(path[1] ?? '')),
  changes: ({ catalog, pairs }) => [
    ...differencesAt(catalog, 'spec.server').map(
      ({ what, from, to }): Change => ({
        kind: what === 'baseURI' ? 'endpointChanged' : 'serverChanged',
        ...(what === 'baseURI' ? {} : { what }),
        ...fromTo(from, to),
      }),
    ),
    ...differencesAt(catalog, 'spec.requestLimits').map(
      ({ what, from, to }): Change => ({ kind: 'serverChanged', what, ...fromTo(from, to) }),
    ),
    ...pairs
      .filter(({ before, after }) => isAmendments(before ?? after))
      .flatMap((pair) => differencesAt(pair, 'data'))
      .filter(({ what }) => !authenticationVariables.test(what))
      .map(({ what, from, to }): Change => ({ kind: 'serverChanged', what, ...fromToOf(what, from, to) })),
  ],
};
