import { compareVersions, imageVersion } from '../text/image-version.ts';
import type { ChangeKind } from './change-kinds.ts';
import { type Meaning, within } from './meaning.ts';
import { migrationDetail } from './migration-change.ts';
import { textAt } from './objects.ts';
import { isLakekeeper } from './parsed-directory.ts';
import { fromTo } from './shown.ts';

/**
 * The server's image: upgraded, downgraded, or in an unknown order; the operator migrates before it replaces
 * the pods.
 */
export const image: Meaning = {
  explains: (object, path) => isLakekeeper(object) && within(path, 'spec.image'),
  changes: (scene) => {
    const [from, to] = [
      textAt(scene.catalog.before, 'spec.image'),
      textAt(scene.catalog.after, 'spec.image'),
    ];
    if (from === to) return [];
    const kind = from === undefined || to === undefined ? 'imageChanged' : direction(from, to);
    return [{ kind, ...fromTo(...withoutRepository(from, to)), ...migrationDetail(scene) }];
  },
};

/** Versions are compared, tags are not: `v0.13.3` and `v0.13.3-patched` may be in any order. */
function direction(from: string, to: string): ChangeKind {
  const [before, after] = [imageVersion(from), imageVersion(to)];
  if (before === undefined || after === undefined) return 'imageChanged';
  const step = compareVersions(after, before);
  return step > 0 ? 'imageUpgraded' : step < 0 ? 'imageDowngraded' : 'imageChanged';
}

/** The tags alone, where both come from one repository. */
export function withoutRepository(from: unknown, to: unknown): [unknown, unknown] {
  const parts = (reference: unknown) =>
    /^(.*?)[:@]([^/]*)$/.exec(typeof reference === 'string' ? reference : '');
  const [before, after] = [parts(from), parts(to)];
  return before && after && before[1] === after[1] ? [before[2], after[2]] : [from, to];
}
