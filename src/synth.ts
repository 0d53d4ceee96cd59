import { join } from 'node:path';
import { deriveFleet, type Fleet, type FleetDerivation, type Rendered } from './catalog/fleet.ts';
import { orgDirectory } from './catalog/org-directory.ts';
import type { Roster } from './catalog/roster.ts';
import {
  desiredOrgs,
  desiredPlatform,
  type LeavingOrg,
  leavingOrgs,
  loadRenderer,
  reasonToHoldBack,
  type Way,
} from './desired.ts';
import { type FleetInputs, readRoster } from './fleet.ts';
import { committedOrg } from './output/committed-org.ts';
import {
  Changes,
  type CommittedOrgs,
  compareFiles,
  type Eventually,
  isOurs,
  KnownFiles,
  type Listing,
  listTree,
  type RenderedDirectory,
  type RenderedFiles,
  readCommittedOrgs,
  removeFiles,
  withLock,
  writeFiles,
} from './output/dist-tree.ts';
import type { Platform } from './platform/platform-settings.ts';
import type { ShowProgress } from './text/progress.ts';
import { sha256 } from './text/sha256.ts';

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
  /** What changes whenever the program does; without it nothing is noted for the next run. */
  readonly program?: string | undefined;
  /** Told how far it is, now and then. */
  readonly show?: ShowProgress;
}

export interface RenderedOrg {
  readonly org: string;
  readonly name: string;
  readonly directory: string;
  readonly changed: boolean;
}

export interface SynthReport {
  readonly rendered: readonly RenderedOrg[];
  /** Those of them that have changed. */
  readonly changed: readonly RenderedOrg[];
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
  if (inputs.check)
    return bring(inputs, {
      write: (files, listing) => compareFiles(out, files, listing),
      remove: async (paths) => paths.filter((path) => isOurs(join(out, path))),
    });
  // The source is read under the lock: of two runs, the one that writes last has read last.
  return withLock(out, (tree) =>
    bring(inputs, {
      write: (files, listing) => writeFiles(tree, files, { listing }),
      remove: (paths) => removeFiles(tree, paths),
    }),
  );
}

/** What differs between writing and checking. */
interface Output {
  readonly write: (files: RenderedFiles, listing: Listing) => Promise<Changes>;
  readonly remove: (paths: readonly string[]) => Promise<readonly string[]>;
}

/** Brings the tree to what the source says it is to be. */
async function bring(inputs: SynthInputs, output: Output): Promise<SynthReport> {
  const listing = await listTree(inputs.out);
  // What is there begins to be looked at before the source; and where nothing is, what renders is loaded.
  const known = knownFiles(inputs, listing);
  if (listing.directories.size === 0) loadRenderer();
  try {
    const roster = await readRoster(inputs, { names: listing.directories.size > 0 }, inputs.show);
    return await bringTo(roster, inputs, output, listing, known);
  } finally {
    known?.close();
  }
}

/** Brings the tree to what the fleet is to have, unless that would take away suspiciously much. */
async function bringTo(
  roster: Roster,
  inputs: SynthInputs,
  output: Output,
  listing: Listing,
  known: KnownFiles | undefined,
): Promise<SynthReport> {
  const { out, platform, check, allowRemoval, show } = inputs;
  const committed = await readCommittedOrgs(out, { listing, trusted: () => roster.namesThatStay });
  const leaving = await leavingFrom(committed, roster, out);
  const heldBack = allowRemoval ? undefined : reasonToHoldBack(roster.size, leaving.length, committed.size);
  const removals = leaving.map(({ org, name }) => ({
    org,
    name,
    directory: join(out, committed.directoriesOf(name)[0] ?? ''),
  }));
  const derivation = deriveFleet(roster, show);
  if (heldBack !== undefined)
    return report(inputs, derivation.whole(), removals, new Changes(), [], heldBack);
  if (!check && roster.size >= worthNoting) known?.takeNotes();
  const changes = await output.write(directories(derivation, inputs, known), listing);
  const { fleet } = derivation;
  const gone = await committed.pathsIn(leaving.flatMap(({ name }) => committed.directoriesOf(name)));
  const elsewhere = await moved(committed, fleet, platform);
  const removed = await output.remove([...changes.obsolete, ...gone, ...elsewhere]);
  known?.keep();
  return report(inputs, fleet, removals, changes, removed, undefined);
}

/**
 * The committed orgs that are to go. Who is rejected, and so stays, shows only when the fleet is derived: that is done for it, before
 * anything is written, where somebody may go at all.
 */
async function leavingFrom(committed: CommittedOrgs, roster: Roster, out: string): Promise<LeavingOrg[]> {
  const candidates = [...committed.names()].filter((name) => !roster.namesThatStay.has(name));
  if (candidates.length === 0) return [];
  return leavingOrgs(candidates, deriveFleet(roster).whole(), async (name) =>
    committedOrg(out, await committed.pathsIn(committed.directoriesOf(name))),
  );
}

/** The files of orgs that are rendered, where they were before the settings moved them. */
async function moved(committed: CommittedOrgs, fleet: Fleet, platform: Platform): Promise<string[]> {
  const elsewhere = (name: string) =>
    committed.directoriesOf(name).filter((directory) => directory !== orgDirectory(name, platform));
  const candidates = new Set([...committed.names()].filter((name) => elsewhere(name).length > 0));
  if (candidates.size === 0) return [];
  const rendered = fleet.orgs.filter(({ name }) => candidates.has(name));
  return committed.pathsIn(rendered.flatMap(({ name }) => elsewhere(name)));
}

/** Renders what the orgs share, then one org after the other, as they are asked for; but not what the notes say is there already. */
function* directories(
  derivation: FleetDerivation,
  { platform, render: way }: SynthInputs,
  known: KnownFiles | undefined,
): Generator<Eventually<RenderedDirectory>> {
  const shared = () => desiredPlatform(platform);
  yield known === undefined ? shared() : known.or('platform', 'platform', shared);
  for (const { catalog, origin, render } of desiredOrgs(derivation, platform, way)) {
    const directory = orgDirectory(catalog.names.kubernetes, platform);
    yield known === undefined ? render() : known.or(directory, origin(), render);
  }
}

/** Orgs from which on a run takes notes: of a smaller fleet, everything is rendered before one looks up. */
const worthNoting = 500;

function knownFiles(
  { out, platform, program, render }: SynthInputs,
  listing: Listing,
): KnownFiles | undefined {
  if (program === undefined || render === 'slow') return undefined;
  return new KnownFiles(out, sha256(JSON.stringify([program, platform])), listing);
}

/** Number of the directory of the first org: the one before is what they share. */
const firstOrg = 1;

/** Its long lists are made when they are asked for: of 100,000 orgs, they are most of the memory. */
function report(
  { out, platform }: SynthInputs,
  fleet: Fleet,
  leaving: SynthReport['removed'],
  written: Changes,
  removed: readonly string[],
  heldBack: string | undefined,
): SynthReport {
  const directory = (name: string) => orgDirectory(name, platform);
  const asRendered = ({ org, name, place }: Rendered): RenderedOrg => ({
    org,
    name,
    directory: join(out, directory(name)),
    changed: written.isChanged(firstOrg + place),
  });
  let changed = 0;
  for (let i = 0; i < fleet.size; i++) if (written.isChanged(firstOrg + i)) changed += 1;
  return {
    get rendered() {
      return fleet.orgs.map(asRendered);
    },
    get changed() {
      return fleet.orgsWhere((place) => written.isChanged(firstOrg + place)).map(asRendered);
    },
    skipped: fleet.skipped,
    rejected: fleet.rejected,
    removed: leaving,
    orgs: { changed, unchanged: fleet.size - changed },
    files: {
      written: written.count('created') + written.count('updated'),
      unchanged: written.count('unchanged'),
      removed: removed.length,
    },
    get changes() {
      const all = [
        ...written.of(0, 'platform'),
        ...fleet.orgs.flatMap(({ name, place }) => written.of(firstOrg + place, directory(name))),
      ];
      const changes = all.flatMap(({ path, change }) => (change === 'unchanged' ? [] : [{ path, change }]));
      return [...changes, ...removed.map((path) => ({ path, change: 'removed' as const }))].sort((a, b) =>
        a.path < b.path ? -1 : 1,
      );
    },
    heldBack,
    unknownOverrides: fleet.unknownOverrides,
  };
}
