import type { Catalog } from '../catalog/catalog.ts';
import type { Fleet, RejectedOrg } from '../catalog/fleet.ts';
import type { RetiringOrg } from '../catalog/retiring-org.ts';
import { type Leaving, type LeavingOrg, leavingOrgs } from '../leaving.ts';
import { unconfirmed } from '../moves/unconfirmed.ts';
import type { Platform } from '../platform/platform-settings.ts';
import type { CommittedFiles } from '../tree/committed-files.ts';
import { isRetiring } from './committed-inputs.ts';
import { refusedForRetirements } from './held-stores.ts';
import { reasonToHoldBack } from './hold-back.ts';
import { progressOf, type RetirementProgress, retirementOf } from './leaver-retirement.ts';
import { storesOfOthers } from './stores-of-others.ts';

/** An org that leaves, and what becomes of its directory. */
export interface Leaver extends LeavingOrg {
  /**
   * `begins`, `continues`: it is rendered as retiring, from now on or as before. `ended`: the retirement is recorded,
   * so it goes. `moved`: the org is rendered under another name, so it goes.
   */
  readonly progress: 'begins' | 'continues' | 'ended' | 'moved';
  /** What is rendered, if anything. */
  readonly retiring?: RetiringOrg;
}

/** The orgs that leave, and what follows for the fleet. */
export interface Leavers {
  readonly orgs: readonly Leaver[];
  /**
   * The fleet, in which orgs that cannot be retired or may not move are rejected. An override for an org that leaves
   * is not reported as one for an unknown org.
   */
  readonly fleet: Fleet;
  /** What is rendered for them. */
  readonly retiring: readonly RetiringOrg[];
  /** Names of those whose directories go. */
  readonly removed: ReadonlySet<string>;
  /** How many begin to retire, how many do already, and how many are retired. */
  readonly counts: Record<'leaving' | 'retiring' | 'removed', number>;
  /** Why a run must not go on without `--allow-removal`. */
  readonly reasonToHoldBack: string | undefined;
}

/** The part of `status --output json` that has the retirements that are recorded in the cluster. */
export interface ReportedRetirements {
  readonly orgs: readonly { readonly name: string; readonly retired?: boolean | undefined }[];
}

/** Finds the orgs that leave, and decides what becomes of them. */
export async function leaversOf(
  committed: CommittedFiles,
  fleet: Fleet,
  platform: Platform,
  status?: ReportedRetirements,
): Promise<Leavers> {
  const leaving = await leavingOrgs(committed, fleet);
  const { orgs, refused } = await decided(leaving, committed, fleet.catalogs, platform, status);
  const thatAre = (...some: Leaver['progress'][]) => orgs.filter(({ progress }) => some.includes(progress));
  const ids = new Set(orgs.map(({ org }) => org));
  const refusedIds = new Set(refused.map(({ org }) => org));
  return {
    orgs,
    fleet: {
      ...fleet,
      catalogs: fleet.catalogs.filter(({ org }) => !refusedIds.has(org)),
      rejected: [...fleet.rejected, ...refused],
      unknownOverrides: fleet.unknownOverrides.filter((org) => !ids.has(org)),
    },
    retiring: orgs.flatMap(({ retiring }) => retiring ?? []),
    removed: new Set(thatAre('ended', 'moved').map(({ name }) => name)),
    counts: {
      leaving: thatAre('begins').length,
      retiring: thatAre('continues').length,
      removed: thatAre('ended').length,
    },
    reasonToHoldBack: reasonToHoldBack(fleet, leaving.committed, thatAre('begins', 'moved')),
  };
}

/**
 * Decides what becomes of the orgs that leave. A directory is rendered as retiring, from the inputs that are committed
 * in it, until the retirement is recorded: in the org's row, or in the cluster, which a `status` has read.
 */
async function decided(
  { orgs: leaving, kept }: Leaving,
  committed: CommittedFiles,
  catalogs: readonly Catalog[],
  platform: Platform,
  status: ReportedRetirements = { orgs: [] },
): Promise<{ readonly orgs: readonly Leaver[]; readonly refused: readonly RejectedOrg[] }> {
  const byOrg = new Map<string | undefined, Catalog>(catalogs.map((one) => [one.org, one]));
  const inCluster = new Set(status.orgs.filter((one) => one.retired).map(({ name }) => name));
  const found: (readonly [LeavingOrg, RetirementProgress | Move])[] = [];
  for (const one of leaving) {
    const rendered = byOrg.get(one.org);
    const isRecorded = inCluster.has(one.name);
    found.push([one, rendered ? moveOf(rendered, one) : await progressOf(one, committed, isRecorded)]);
  }
  const staying = found.filter(([, { progress }]) => progress !== 'ended' && progress !== 'moved');
  const retiring = [...staying.map(([one]) => one), ...kept].filter(isRetiring);
  const held = await refusedForRetirements(catalogs, retiring, committed);
  const heldIds = new Set<string | undefined>(held.map(({ org }) => org));
  // An org that is refused keeps what is committed of it.
  const left = found.filter(([{ org }]) => !heldIds.has(org));
  const orgs: Leaver[] = [];
  const refused = [...held];
  if (left.length === 0) return { orgs, refused };
  const inUse = await storesOfOthers(
    committed,
    catalogs.filter(({ org }) => !heldIds.has(org)),
    left.map(([one]) => one),
  );
  for (const [one, state] of left) {
    const { org, name } = one;
    const refuse = (problems: RejectedOrg['problems']) =>
      refused.push({ org: org as RejectedOrg['org'], name, problems });
    if (state.progress === 'refused') refuse(state.problems);
    else if ('inputs' in state) {
      const derived = retirementOf(one, state.inputs, committed, inUse, platform);
      if (derived.ok) orgs.push({ ...one, progress: state.progress, retiring: derived.retiring });
      else refuse(derived.problems);
    } else orgs.push({ ...one, progress: state.progress });
  }
  return { orgs, refused };
}

type Move =
  | { readonly progress: 'moved' }
  | { readonly progress: 'refused'; readonly problems: RejectedOrg['problems'] };

/** Of an org that is rendered under another name than the one that is committed. */
function moveOf({ org, names, isMoved }: Catalog, { name }: LeavingOrg): Move {
  if (isMoved) return { progress: 'moved' };
  const move =
    `the catalog would go from ${name} to ${names.kubernetes}, where there is no Secret with its ` +
    'encryption key';
  return { progress: 'refused', problems: unconfirmed(org, name, [move]).problems };
}
