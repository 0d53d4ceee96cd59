import type { Change } from '../../src/explain/change.ts';
import { directoryChanges } from '../../src/explain/directory-changes.ts';
import { sharedPolicies } from '../../src/explain/network-change.ts';
import type { FilePair } from '../../src/explain/parsed-directory.ts';
import { renderOrg, renderPlatform } from '../../src/manifests/render-files.ts';
import type { RenderedFile } from '../../src/tree/rendered-file.ts';
import { type Columns, catalog, platform, type SettingsOverrides } from './fleet.ts';

/** One side of a comparison: settings that differ from the base, and the columns of the org's row. */
export interface Situation {
  readonly settings?: SettingsOverrides;
  readonly columns?: Columns;
}

export function filesOf(org: string, { settings, columns }: Situation): RenderedFile[] {
  const resolved = platform(settings);
  return renderOrg(catalog(org, resolved, columns), resolved);
}

/** The files of both sides in pairs. */
export function pairsOf(before: readonly RenderedFile[], after: readonly RenderedFile[]): FilePair[] {
  const text = (files: readonly RenderedFile[], path: string) =>
    files.find((file) => file.path === path)?.text;
  const paths = [...new Set([...before, ...after].map(({ path }) => path))].sort();
  return paths.map((path) => ({ path, before: text(before, path), after: text(after, path) }));
}

/** What a plan says of an org between two situations, but for what it always says: that registration runs again. */
export function changesOf(before: Situation, after: Situation, org = 'acme'): Change[] {
  const policies = sharedPolicies(renderPlatform(platform(after.settings)).map(({ text }) => text));
  return directoryChanges(pairsOf(filesOf(org, before), filesOf(org, after)), policies).filter(
    ({ kind }) => kind !== 'registrationAgain',
  );
}

/** The same, of what all orgs share. */
export function platformChanges(before: SettingsOverrides, after: SettingsOverrides): Change[] {
  return directoryChanges(pairsOf(renderPlatform(platform(before)), renderPlatform(platform(after))));
}

/** What a plan says when an org's committed files were edited, but for just that: `edit` is given the text of each. */
export function changesAfterEdit(
  edit: (text: string, path: string) => string,
  situation: Situation = {},
): Change[] {
  const files = filesOf('acme', situation);
  const edited = files.map(({ path, text }) => ({ path, text: edit(text, path) }));
  return directoryChanges(pairsOf(edited, files)).filter(({ kind }) => kind !== 'editedByHand');
}
