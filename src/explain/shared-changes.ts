import type { Catalog } from '../catalog/catalog.ts';
import { sha256 } from '../text/sha256.ts';
import type { Change } from './change.ts';
import { canonical } from './differences.ts';
import { directoryChanges, editedByHand } from './directory-changes.ts';
import type { KubernetesObject } from './objects.ts';
import { OwnTexts } from './own-texts.ts';
import type { FilePair } from './parsed-directory.ts';

interface Template {
  /** With marks for the texts of the org. */
  readonly changes: readonly Change[];
  /** `confirmed` when two orgs had the same changes; `refuted` when two orgs differed. */
  readonly state: 'unconfirmed' | 'confirmed' | 'refuted';
}

/**
 * Explains the directories of orgs with a cache, because most of the time of a plan is parsing YAML, and after a change
 * of the image all orgs have the same changes. Directories are grouped by their texts, with marks for the texts of the
 * org. Two orgs of each group are explained. If their changes are the same with marks, the changes of the other orgs
 * are filled in. `directoryChanges` is the definition.
 *
 * @param sharedPolicies as for `directoryChanges`.
 * @param explain explains one directory by its files alone.
 */
export function sharedChanges(
  sharedPolicies: readonly KubernetesObject[],
  explain = directoryChanges,
): (files: readonly FilePair[], catalog: Catalog) => Change[] {
  const templates = new Map<string, Template>();
  return (files, catalog) => {
    if (files.every(({ before, after }) => before === after)) return [];
    // Files of other orgs do not have the same edit.
    if (editedByHand(files).length > 0) return explain(files, sharedPolicies);
    const own = new OwnTexts(catalog);
    const key = sha256(own.markFiles(JSON.stringify(files)));
    const template = templates.get(key);
    if (template?.state === 'confirmed') return own.fillChanges(template.changes);
    const changes = explain(files, sharedPolicies);
    if (template?.state === 'refuted') return changes;
    const marked = own.markChanges(changes);
    const isSame = template === undefined || canonical(template.changes) === canonical(marked);
    templates.set(key, {
      changes: marked,
      state: template === undefined ? 'unconfirmed' : isSame ? 'confirmed' : 'refuted',
    });
    return changes;
  };
}
