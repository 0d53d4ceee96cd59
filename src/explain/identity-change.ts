import { orgKey } from '../catalog/names.ts';
import { type Analyzer, within } from './analyzer.ts';
import type { Change } from './change.ts';
import type { FieldPath } from './differences.ts';
import type { KubernetesObject } from './objects.ts';
import { isLakekeeper } from './parsed-directory.ts';
import { differencesAt, fromTo } from './shown.ts';

/** The identity of a catalog's pods in the cloud and in the cluster: their ServiceAccount and its annotations. */
export const identity: Analyzer = {
  explains: (object, path) =>
    (isLakekeeper(object) && within(path, 'spec.serviceAccountName', 'spec.podMetadata')) ||
    (object.kind === 'ServiceAccount' && isOfTheAccount(path)),
  changes: ({ catalog, pairs }) => [
    ...['spec.serviceAccountName', 'spec.podMetadata'].flatMap((path) =>
      differencesAt(catalog, path).map(
        ({ what, from, to }): Change => ({ kind: 'identityChanged', what, ...fromTo(from, to) }),
      ),
    ),
    ...pairs
      .filter(({ before, after }) => before?.kind === 'ServiceAccount' && after?.kind === 'ServiceAccount')
      .flatMap((pair) => [
        ...differencesAt(pair, 'metadata.annotations')
          .filter(({ what }) => isOfTheAccount(['metadata', 'annotations', what]))
          .map(({ what, from, to }) => change(pair.after, what, from, to)),
        ...differencesAt(pair, 'automountServiceAccountToken').map(({ what, from, to }) =>
          change(pair.after, what, from, to),
        ),
      ]),
  ],
};

function change(account: KubernetesObject | undefined, what: string, from: unknown, to: unknown): Change {
  const isOfRegistration = account?.metadata.name.endsWith('.register') ?? false;
  return {
    kind: 'identityChanged',
    what: isOfRegistration ? `registration account ${what}` : what,
    ...fromTo(from, to),
  };
}

/** Annotations of Argo CD and ours are not part of the identity. */
function isOfTheAccount(path: FieldPath): boolean {
  const [first, second, third = ''] = path;
  if (first === 'automountServiceAccountToken') return true;
  return first === 'metadata' && second === 'annotations' && third !== orgKey && !third.startsWith('argocd.');
}
