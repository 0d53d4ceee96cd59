import { join } from 'node:path';
import type { Fleet } from './catalog/fleet.ts';
import { orgDirectory } from './catalog/org-directory.ts';
import { type Desired, desiredDirectories } from './desired.ts';
import { type LeaverResults, leaverResults } from './leavers/leaver-results.ts';
import { type Leavers, leaversOf, type ReportedRetirements } from './leavers/leavers.ts';
import type { RenderMode } from './manifests/renderer.ts';
import { MoveCheck } from './moves/move-check.ts';
import { type FleetInputs, readFleet } from './read-fleet.ts';
import type { ShowProgress } from './text/progress.ts';
import { apply } from './tree/apply.ts';
import { type DirectoryChange, diff, type FileChange } from './tree/diff.ts';
import { type LockedTree, withLock } from './tree/lock.ts';
import { readWorkTree } from './tree/work-tree.ts';

/** Synth: derive, render, diff, apply. This file is the flow; what each stage does is in its module. */
export interface SynthInputs extends FleetInputs {
  /** Output directory, usually `dist`. */
  readonly out: string;
  /** Compare only: write nothing. */
  readonly check: boolean;
  /** Go on although the source is empty, or many orgs would leave at once. */
  readonly allowRemoval: boolean;
  /** Of the fleet: which retirements are recorded in the cluster. */
  readonly status?: ReportedRetirements | undefined;
  readonly render?: RenderMode;
  /** Called with the progress, now and then. */
  readonly show?: ShowProgress;
}

export interface RenderedOrg {
  readonly org: string;
  readonly name: string;
  readonly directory: string;
  readonly changed: boolean;
}

export interface SynthReport extends Pick<Fleet, 'skipped' | 'rejected' | 'unknownOverrides'>, LeaverResults {
  /** Sorted by name. */
  readonly rendered: readonly RenderedOrg[];
  readonly orgs: { readonly changed: number; readonly unchanged: number };
  readonly files: { readonly written: number; readonly unchanged: number; readonly removed: number };
  /** Paths that were written or removed, or would be; sorted. */
  readonly changes: readonly { readonly path: string; readonly change: 'created' | 'updated' | 'removed' }[];
  /** Why nothing was changed, when the run was held back. */
  readonly heldBack: string | undefined;
}

export async function synth(inputs: SynthInputs): Promise<SynthReport> {
  if (inputs.check) return run(inputs, undefined);
  // The source is read under the lock: of two runs, the one that writes last has read last.
  return withLock(inputs.out, (tree) => run(inputs, tree));
}

/** @param tree where changes are applied; undefined when they are only compared. */
async function run(inputs: SynthInputs, tree: LockedTree | undefined): Promise<SynthReport> {
  const { out, platform, allowRemoval, render, show } = inputs;
  const fleet = await readFleet(inputs, show);
  const committed = await readWorkTree(out);
  const leavers = await leaversOf(committed, fleet, platform, inputs.status);
  const heldBack = allowRemoval ? undefined : leavers.reasonToHoldBack;
  const moves = new MoveCheck(committed, platform);
  const tally = new Tally();
  if (heldBack === undefined) {
    const desired = desiredDirectories(leavers.fleet, platform, {
      ...(render && { mode: render }),
      ...(show && { show }),
      retiring: leavers.retiring,
    });
    const changes = moves.allowed(diff(committed, desired, leavers.removed));
    if (tree !== undefined) await apply(tree, changes, (change) => tally.add(change));
    else for await (const change of changes) tally.add(change);
  }
  return report(inputs, { ...leavers, fleet: moves.fleet(leavers.fleet) }, tally, heldBack);
}

/** What changes, over all directories. */
class Tally {
  readonly files = { created: 0, updated: 0, removed: 0, unchanged: 0 };
  readonly changes: { path: string; change: Exclude<FileChange['change'], 'unchanged'> }[] = [];
  /** Names of the catalogs of which a file was, or would be, written. */
  readonly changed = new Set<string>();

  add({ desired, files }: DirectoryChange<Desired>): void {
    for (const { path, change, text } of files) {
      this.files[change] += 1;
      if (change === 'unchanged') continue;
      this.changes.push({ path, change });
      if (text !== undefined && desired?.catalog !== undefined)
        this.changed.add(desired.catalog.names.kubernetes);
    }
  }
}

function report(
  { out, platform }: SynthInputs,
  { orgs: leavers, fleet: { catalogs, skipped, rejected, unknownOverrides } }: Leavers,
  { files, changes, changed }: Tally,
  heldBack: string | undefined,
): SynthReport {
  return {
    rendered: catalogs.map(({ org, names: { kubernetes: name } }) => ({
      org,
      name,
      directory: join(out, orgDirectory(name, platform)),
      changed: changed.has(name),
    })),
    skipped,
    rejected,
    ...leaverResults(leavers, out),
    orgs: { changed: changed.size, unchanged: catalogs.length - changed.size },
    files: { written: files.created + files.updated, unchanged: files.unchanged, removed: files.removed },
    changes: changes.sort((a, b) => (a.path < b.path ? -1 : 1)),
    heldBack,
    unknownOverrides,
  };
}
