import { join } from 'node:path';
import type { Fleet } from './catalog/fleet.ts';
import { type LeavingOrg, leavingOrgs, reasonToHoldBack, renderOrgs, type Way } from './desired.ts';
import { type FleetInputs, readFleet } from './fleet.ts';
import { renderPlatform } from './manifests/render.ts';
import { committedOrg } from './output/committed-org.ts';
import {
  type Change,
  type Changes,
  compareFiles,
  type DistTree,
  isOurs,
  type Listing,
  type RenderedFile,
  type RenderedFiles,
  readDistTree,
  removeFiles,
  withLock,
  writeFiles,
} from './output/dist-tree.ts';

/**
 * Synth: source -> records -> catalogs -> manifests -> files. This file is the flow; what each stage does is in its module.
 */
export interface SynthInputs extends FleetInputs {
  /** Output directory, usually `dist`. */
  readonly out: string;
  /** Compare only: write nothing. */
  readonly check: boolean;
  /** Go on although the source is empty, or many orgs would go at once. */
  readonly allowRemoval: boolean;
  /** How manifests are rendered; `fast` when left out. */
  readonly render?: Way;
}

export interface SynthReport {
  readonly rendered: readonly {
    readonly org: string;
    readonly name: string;
    readonly directory: string;
    readonly changed: boolean;
  }[];
  readonly skipped: Fleet['skipped'];
  readonly rejected: Fleet['rejected'];
  /** Orgs whose committed directory goes: by this run, or, when it was held back, by one with `allowRemoval`. */
  readonly removed: readonly {
    readonly org: string | undefined;
    readonly name: string;
    readonly directory: string;
  }[];
  readonly orgs: { readonly changed: number; readonly unchanged: number };
  readonly files: { readonly written: number; readonly unchanged: number; readonly removed: number };
  /** Paths that were written or removed, or would be; sorted. */
  readonly changes: readonly { readonly path: string; readonly change: 'created' | 'updated' | 'removed' }[];
  /** Why nothing was changed, when the run was held back. */
  readonly heldBack: string | undefined;
  readonly unknownOverrides: readonly string[];
}

export async function synth(inputs: SynthInputs): Promise<SynthReport> {
  const { out } = inputs;
  const fleet = await readFleet(inputs);
  if (inputs.check)
    return bring(inputs, fleet, {
      write: (files) => compareFiles(out, files),
      remove: async (paths) => paths.filter((path) => isOurs(join(out, path))),
    });
  return withLock(out, (tree) =>
    bring(inputs, fleet, {
      listing: tree.listing,
      write: (files) => writeFiles(tree, files),
      remove: (paths) => removeFiles(tree, paths),
    }),
  );
}

/** What differs between writing and checking. */
interface Output {
  /** What is there, when somebody has looked. */
  readonly listing?: Listing;
  readonly write: (files: RenderedFiles) => Promise<Changes>;
  readonly remove: (paths: readonly string[]) => Promise<readonly string[]>;
}

/** Brings the tree to what the fleet is to have, unless that would take away suspiciously much. */
async function bring(inputs: SynthInputs, fleet: Fleet, output: Output): Promise<SynthReport> {
  const { out } = inputs;
  const staying = new Set(fleet.orgs.map(({ name }) => name));
  const tree = await readDistTree(out, { listing: output.listing, trusted: staying });
  const leaving = await leavingOrgs(tree.orgs.keys(), fleet, (name) =>
    committedOrg(out, tree.orgs.get(name) ?? []),
  );
  const heldBack = inputs.allowRemoval ? undefined : reasonToHoldBack(fleet, leaving.length, tree.orgs.size);
  if (heldBack !== undefined) return report(out, fleet, leaving, undefined, [], heldBack);
  const changes = await output.write(files(fleet, inputs));
  const removed = await output.remove(obsoleteFiles(tree, leaving, changes, staying));
  return report(out, fleet, leaving, changes, removed, undefined);
}

/** Renders what the orgs share, then one org after the other, as they are asked for. */
async function* files(
  fleet: Fleet,
  { platform, render }: SynthInputs,
): AsyncGenerator<readonly RenderedFile[]> {
  yield renderPlatform(platform);
  for await (const org of renderOrgs(fleet, platform, render)) yield org.files;
}

/** Of an org that is rejected or skipped, nothing is obsolete. */
function obsoleteFiles(
  tree: DistTree,
  leaving: readonly LeavingOrg[],
  rendered: Changes,
  staying: ReadonlySet<string>,
): string[] {
  const gone = new Set(leaving.map(({ name }) => name));
  const obsolete = tree.platform.filter((path) => !rendered.has(path));
  for (const [name, paths] of tree.orgs)
    if (gone.has(name) || staying.has(name))
      for (const path of paths) if (!rendered.has(path)) obsolete.push(path);
  return obsolete;
}

/** Its long lists are made when they are asked for: of 100,000 orgs, they are most of the memory. */
function report(
  out: string,
  fleet: Fleet,
  leaving: readonly LeavingOrg[],
  written: Changes | undefined,
  removed: readonly string[],
  heldBack: string | undefined,
): SynthReport {
  const isChanged = (name: string) => written?.isChanged(`orgs/${name}`) ?? false;
  const count = (change: Change) => written?.count(change) ?? 0;
  const changedOrgs = fleet.orgs.reduce((sum, { name }) => sum + (isChanged(name) ? 1 : 0), 0);
  const directory = (name: string) => join(out, 'orgs', name);
  return {
    get rendered() {
      return fleet.orgs.map(({ org, name }) => ({
        org,
        name,
        directory: directory(name),
        changed: isChanged(name),
      }));
    },
    skipped: fleet.skipped,
    rejected: fleet.rejected,
    removed: leaving.map(({ org, name }) => ({ org, name, directory: directory(name) })),
    orgs: { changed: changedOrgs, unchanged: fleet.orgs.length - changedOrgs },
    files: {
      written: count('created') + count('updated'),
      unchanged: count('unchanged'),
      removed: removed.length,
    },
    get changes() {
      const changes = [...(written ?? [])].flatMap(([path, change]) =>
        change === 'unchanged' ? [] : [{ path, change }],
      );
      return [...changes, ...removed.map((path) => ({ path, change: 'removed' as const }))].sort((a, b) =>
        a.path < b.path ? -1 : 1,
      );
    },
    heldBack,
    unknownOverrides: fleet.unknownOverrides,
  };
}
