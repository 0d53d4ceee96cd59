import { dirname, join } from 'node:path';
import type { Fleet } from './catalog/fleet.ts';
import { orgDirectory } from './catalog/org-directory.ts';
import { leavingOrgs, reasonToHoldBack, renderOrgs, type Way } from './desired.ts';
import { type FleetInputs, readFleet } from './fleet.ts';
import { renderPlatform } from './manifests/render.ts';
import { committedOrg } from './output/committed-org.ts';
import {
  type Change,
  compareFiles,
  type DistTree,
  type RenderedFile,
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
      remove: async (paths) => [...paths],
    });
  return withLock(out, (tree) =>
    bring(inputs, fleet, {
      write: (files) => writeFiles(tree, files),
      remove: (paths) => removeFiles(tree, paths),
    }),
  );
}

/** What differs between writing and checking. */
interface Output {
  readonly write: (files: AsyncIterable<RenderedFile>) => Promise<ReadonlyMap<string, Change>>;
  readonly remove: (paths: Iterable<string>) => Promise<readonly string[]>;
}

/** Brings the tree to what the fleet is to have, unless that would take away suspiciously much. */
async function bring(inputs: SynthInputs, fleet: Fleet, output: Output): Promise<SynthReport> {
  const { out, platform } = inputs;
  const tree = await readDistTree(out);
  const leaving = await leavingOrgs(tree.orgs.keys(), fleet, (name) =>
    committedOrg(out, tree.orgs.get(name) ?? []),
  );
  const heldBack = inputs.allowRemoval ? undefined : reasonToHoldBack(fleet, leaving.length, tree.orgs.size);
  const rendered = new Set<string>();

  const changed =
    heldBack === undefined
      ? await output.write(remember(files(fleet, inputs), rendered))
      : new Map<string, Change>();
  const obsolete = heldBack === undefined ? obsoleteFiles(tree, leaving, rendered, fleet) : [];
  const removed = await output.remove(obsolete);

  const changes = [
    ...[...changed].flatMap(([path, change]) => (change === 'unchanged' ? [] : [{ path, change }])),
    ...removed.map((path) => ({ path, change: 'removed' as const })),
  ].sort((a, b) => (a.path < b.path ? -1 : 1));
  const touched = new Set(changes.map(({ path }) => dirname(path)));
  const written = changes.length - removed.length;
  return {
    rendered: fleet.orgs.map(({ org, name }) => {
      const directory = orgDirectory(name, platform);
      return { org, name, directory: join(out, directory), changed: touched.has(directory) };
    }),
    skipped: fleet.skipped,
    rejected: fleet.rejected,
    removed: leaving.map(({ org, name }) => ({ org, name, directory: join(out, directoryIn(tree, name)) })),
    files: { written, unchanged: changed.size - written, removed: removed.length },
    changes,
    heldBack,
    unknownOverrides: fleet.unknownOverrides,
  };
}

/** Where an org is committed, relative to the output directory. */
function directoryIn(tree: DistTree, name: string): string {
  return dirname(tree.orgs.get(name)?.[0] ?? '');
}

/** Renders one file after the other, as they are asked for. */
async function* files(fleet: Fleet, { platform, render }: SynthInputs): AsyncGenerator<RenderedFile> {
  yield* renderPlatform(platform);
  for await (const org of renderOrgs(fleet, platform, render)) yield* org.files;
}

async function* remember(
  rendered: AsyncIterable<RenderedFile>,
  paths: Set<string>,
): AsyncGenerator<RenderedFile> {
  for await (const file of rendered) {
    paths.add(file.path);
    yield file;
  }
}

function obsoleteFiles(
  tree: DistTree,
  leaving: readonly { name: string }[],
  rendered: ReadonlySet<string>,
  fleet: Fleet,
): string[] {
  const ours = [...leaving.map(({ name }) => name), ...fleet.orgs.map(({ name }) => name)];
  const committed = [...tree.platform, ...ours.flatMap((name) => tree.orgs.get(name) ?? [])];
  return committed.filter((path) => !rendered.has(path));
}
