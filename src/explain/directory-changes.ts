import { orgKey } from '../catalog/names.ts';
import { isAsWritten } from '../tree/header.ts';
import { admission } from './admission-change.ts';
import type { Analyzer, DirectoryDiff } from './analyzer.ts';
import { authentication } from './authentication-change.ts';
import type { Change } from './change.ts';
import { dataStore } from './data-store-change.ts';
import { canonical, isSame } from './differences.ts';
import { identity } from './identity-change.ts';
import { image } from './image-change.ts';
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

const analyzers: readonly Analyzer[] = [
  image,
  metadataStore,
  authentication,
  network,
  admission,
  identity,
  rights,
  dataStore,
  server,
  scale,
  registration,
];

/**
 * The changes that applying a directory has: its desired files are compared with the committed ones.
 *
 * @param files all files of the directory that synth has written or will write.
 * @param sharedPolicies the desired policies of the platform; none for the directory of the platform.
 * @returns at least one change if a file differs, without duplicates.
 */
export function directoryChanges(
  files: readonly FilePair[],
  sharedPolicies: readonly KubernetesObject[] = [],
): Change[] {
  if (files.every(({ before, after }) => before === after)) return [];
  const comparison = compareFiles(files);
  const pairs = pairsOf(comparison);
  const catalog = pairs.find(({ before, after }) => before && after && isLakekeeper(after));
  const diff: DirectoryDiff = {
    before: comparison.before,
    after: comparison.after,
    pairs,
    catalog: { before: catalog?.before, after: catalog?.after },
    sharedPolicies,
  };
  const edited = editedByHand(files);
  const changes = [
    ...(catalog ? ownership(catalog) : []),
    ...analyzers.flatMap((analyzer) => analyzer.changes(diff)),
    ...rest(pairs, analyzers),
    // Files with edits by hand are reported as edited, not as formatted in another way.
    ...(edited.length > 0 ? edited : rewritten(pairs)),
    ...(comparison.unreadable ? [{ kind: 'unreadable' } as const] : []),
  ];
  return changes.length > 0 ? withoutDuplicates(changes) : [{ kind: 'rewritten' }];
}

/** Objects that are equal although their text differs: another version of this program writes them in another form. */
function rewritten(pairs: readonly Pair[]): Change[] {
  return pairs.flatMap(({ before, after }): Change[] =>
    before !== undefined && isSame(before, after) ? [{ kind: 'rewritten', what: objectName(after) }] : [],
  );
}

/** Files that were edited after synth wrote them, and that the next run overwrites or removes. */
export function editedByHand(files: readonly FilePair[]): Change[] {
  return files.flatMap(({ path, before, after }): Change[] =>
    before === undefined || before === after || isAsWritten(before)
      ? []
      : [{ kind: 'editedByHand', what: path.slice(path.lastIndexOf('/') + 1) }],
  );
}

/** Changes of the catalog's org and of its namespace. */
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

function withoutDuplicates(changes: readonly Change[]): Change[] {
  return [...new Map(changes.map((change) => [canonical(change), change])).values()];
}
