import { orgKey } from '../catalog/names.ts';
import { isAsWritten } from '../tree/header.ts';
import { authentication } from './authentication-change.ts';
import type { Change } from './change.ts';
import { dataStore } from './data-store-change.ts';
import { canonical, isSame } from './differences.ts';
import { identity } from './identity-change.ts';
import { image } from './image-change.ts';
import type { Meaning, Scene } from './meaning.ts';
import { metadataStore } from './metadata-store-change.ts';
import { network } from './network-change.ts';
import { at, type KubernetesObject } from './objects.ts';
import { rest } from './other-changes.ts';
import {
  compareFiles,
  type FilePair,
  isLakekeeper,
  objectName,
  type Pair,
  pairs as pairsOf,
} from './parsed-directory.ts';
import { registration } from './registration-change.ts';
import { rights } from './rights-change.ts';
import { scale } from './scale-change.ts';
import { server } from './server-change.ts';
import { fromTo } from './shown.ts';

const meanings: readonly Meaning[] = [
  image,
  metadataStore,
  authentication,
  network,
  identity,
  rights,
  dataStore,
  server,
  scale,
  registration,
];

/**
 * What applying the new files of a directory does, where some of them differ from what is committed.
 *
 * @param files all files of the directory that are ours on either side.
 * @param sharedPolicies the platform's policies as they will be; none when the directory is the platform's own.
 * @returns one change at least where a file differs, none where none does; each once.
 */
export function directoryChanges(
  files: readonly FilePair[],
  sharedPolicies: readonly KubernetesObject[] = [],
): Change[] {
  if (files.every(({ before, after }) => before === after)) return [];
  const comparison = compareFiles(files);
  const pairs = pairsOf(comparison);
  const catalog = pairs.find(({ before, after }) => before && after && isLakekeeper(after));
  const scene: Scene = {
    before: comparison.before,
    after: comparison.after,
    pairs,
    catalog: { before: catalog?.before, after: catalog?.after },
    sharedPolicies,
  };
  const edited = editedByHand(files);
  const changes = [
    ...(catalog ? ownership(catalog) : []),
    ...meanings.flatMap((meaning) => meaning.changes(scene)),
    ...rest(pairs, meanings),
    // What a person wrote in another form is said to be edited already.
    ...(edited.length > 0 ? edited : rewritten(pairs)),
    ...(comparison.unreadable ? [{ kind: 'unreadable' } as const] : []),
  ];
  return changes.length > 0 ? once(changes) : [{ kind: 'rewritten' }];
}

/** Objects whose text differs and which say the same: another version of this program writes them in another form. */
function rewritten(pairs: readonly Pair[]): Change[] {
  return pairs.flatMap(({ before, after }): Change[] =>
    before !== undefined && isSame(before, after) ? [{ kind: 'rewritten', what: objectName(after) }] : [],
  );
}

/** Files that are not as any run of synth wrote them, and that this one writes over or removes. */
export function editedByHand(files: readonly FilePair[]): Change[] {
  return files.flatMap(({ path, before, after }): Change[] =>
    before === undefined || before === after || isAsWritten(before)
      ? []
      : [{ kind: 'editedByHand', what: path.slice(path.lastIndexOf('/') + 1) }],
  );
}

/** Whose the catalog is, and where. */
function ownership({ before, after }: Pair): Change[] {
  const org = (object: KubernetesObject | undefined) => at(object, ['metadata', 'annotations', orgKey]);
  const namespace = (object: KubernetesObject | undefined) => at(object, 'metadata.namespace');
  return [
    ...(org(before) === org(after)
      ? []
      : [{ kind: 'catalogTakenOver', ...fromTo(org(before), org(after)) } as const]),
    ...(namespace(before) === namespace(after)
      ? []
      : [
          {
            kind: 'catalogMoved',
            what: 'namespace',
            ...fromTo(namespace(before), namespace(after)),
          } as const,
        ]),
  ];
}

function once(changes: readonly Change[]): Change[] {
  return [...new Map(changes.map((change) => [canonical(change), change])).values()];
}
