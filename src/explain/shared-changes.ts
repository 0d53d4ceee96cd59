import type { Catalog } from '../catalog/catalog.ts';
import { sha256 } from '../text/sha256.ts';
import type { Change } from './change.ts';
import { canonical } from './differences.ts';
import { directoryChanges, editedByHand } from './directory-changes.ts';
import type { KubernetesObject } from './objects.ts';
import { OwnTexts } from './own-texts.ts';
import type { FilePair } from './parsed-directory.ts';

interface Template {
  /** With marks in place of the org's own texts. */
  readonly changes: readonly Change[];
  /** It is filled in once two orgs had the same; never again once two differed. */
  readonly state: 'unproven' | 'proven' | 'refuted';
}

/**
 * Explains one org's directory after the other. Reading YAML is most of what a plan does, and after a new image every
 * org has the same changes. So directories are classed by their texts with marks for what is an org's own; of each
 * class two orgs are explained, and when these have the same changes but for the marks, the changes are filled in for
 * the others. `directoryChanges` is the definition.
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
    // What somebody edited by hand is in no other org's files.
    if (editedByHand(files).length > 0) return explain(files, sharedPolicies);
    const own = new OwnTexts(catalog);
    const key = sha256(own.markFiles(JSON.stringify(files)));
    const template = templates.get(key);
    if (template?.state === 'proven') return own.fillChanges(template.changes);
    const changes = explain(files, sharedPolicies);
    if (template?.state === 'refuted') return changes;
    const marked = own.markChanges(changes);
    const isSame = template === undefined || canonical(template.changes) === canonical(marked);
    templates.set(key, {
      changes: marked,
      state: template === undefined ? 'unproven' : isSame ? 'proven' : 'refuted',
    });
    return changes;
  };
}
