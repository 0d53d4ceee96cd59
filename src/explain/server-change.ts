import { type Analyzer, within } from './analyzer.ts';
import { isAmendments } from './authentication-change.ts';
import type { Change } from './change.ts';
import { isLakekeeper } from './parsed-directory.ts';
import { differencesAt, fromTo, fromToOf } from './shown.ts';

const authenticationVariables =
  /^LAKEKEEPER__(ENABLE_KUBERNETES_AUTHENTICATION|KUBERNETES_AUTHENTICATION_AUDIENCE)$/;

/** Other settings of the server: in the resource, and with amendments as variables in the ConfigMap. */
export const server: Analyzer = {
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
