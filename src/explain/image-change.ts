import { compareVersions, imageVersion } from '../text/image-version.ts';
import { type Analyzer, within } from './analyzer.ts';
import type { ChangeKind } from './change.ts';
import { migrationDetail } from './migration-change.ts';
import { textAt } from './objects.ts';
import { isLakekeeper } from './parsed-directory.ts';
import { fromTo } from './shown.ts';

/**
 * The server's image: upgraded, downgraded, or in an unknown order; the operator migrates before it replaces
 * the pods.
 */
export const image: Analyzer = {
  explains: (object, path) => isLakekeeper(object) && within(path, 'spec.image'),
  changes: (diff) => {
    const [from, to] = [textAt(diff.catalog.before, 'spec.image'), textAt(diff.catalog.after, 'spec.image')];
    if (from === to) return [];
    const kind = from === undefined || to === undefined ? 'imageChanged' : direction(from, to);
    return [{ kind, ...fromTo(...withoutRepository(from, to)), ...migrationDetail(diff) }];
  },
};

/** Compares versions, not suffixes: either of `v0.13.3` and `v0.13.3-patched` may be the newer one. */
function direction(from: string, to: string): ChangeKind {
  const [before, after] = [imageVersion(from), imageVersion(to)];
  if (before === undefined || after === undefined) return 'imageChanged';
  const step = compareVersions(after, before);
  return step > 0 ? 'imageUpgraded' : step < 0 ? 'imageDowngraded' : 'imageChanged';
}

/** Only the tags, if both images are from one repository. */
export function withoutRepository(from: unknown, to: unknown): [unknown, unknown] {
  const parts = (reference: unknown) =>
    /^(.*?)[:@]([^/]*)$/.exec(typeof reference === 'string' ? reference : '');
  const [before, after] = [parts(from), parts(to)];
  return before && after && before[1] === after[1] ? [before[2], after[2]] : [from, to];
}
