import type { Catalog } from '../catalog/catalog.ts';
import type { Fleet, RejectedOrg } from '../catalog/fleet.ts';
import type { RetiringOrg } from '../catalog/retiring-org.ts';
import { type LeavingOrg, leavingOrgs } from '../leaving.ts';
import { unconfirmed } from '../moves/unconfirmed.ts';
import type { Platform } from '../platform/platform-settings.ts';
import type { CommittedFiles } from '../tree/committed-files.ts';
import { isRetiring } from './committed-inputs.ts';
import { reasonToHoldBack } from './hold-back.ts';
import { retirementOf } from './leaver-retirement.ts';
import { storesOfOthers } from './stores-of-others.ts';

/** An org that leaves, and what becomes of its directory. */
export interface Leaver extends LeavingOrg {
  /**
   * `begins`, `continues`: it is rendered as retiring, from now on or as before. `ended`: the retirement is recorded,
   * so it goes. `moved`: the org is rendered under another name, so it goes.
   */
  readonly fate: 'begins' | 'continues' | 'ended' | 'moved';
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
  const { orgs, refused } = await decided(leaving.orgs, committed, fleet, platform, status);
  const having = (...fates: Leaver['fate'][]) => orgs.filter(({ fate }) => fates.includes(fate));
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
    removed: new Set(having('ended', 'moved').map(({ name }) => name)),
    counts: {
      leaving: having('begins').length,
      retiring: having('continues').length,
      removed: having('ended').length,
    },
    reasonToHoldBack: reasonToHoldBack(fleet, leaving.committed, having('begins', 'moved')),
  };
}

/**
 * Decides what becomes of the orgs that leave. A directory is rendered as retiring, from the inputs that are committed
 * in it, until the retirement is recorded: in the org's row, or in the cluster, which a `status` has read. A record
 * that the row had before the retirement began is that of a former one; then only the cluster shows whether it is over.
 */
async function decided(
  leaving: readonly LeavingOrg[],
  committed: CommittedFiles,
  { catalogs }: Fleet,
  platform: Platform,
  status: ReportedRetirements = { orgs: [] },
): Promise<{ readonly orgs: readonly Leaver[]; readonly refused: readonly RejectedOrg[] }> {
  const orgs: Leaver[] = [];
  const refused: RejectedOrg[] = [];
  const rendered = new Map<string | undefined, Catalog>(catalogs.map((one) => [one.org, one]));
  const recorded = new Set(status.orgs.filter((one) => one.retired).map(({ name }) => name));
  if (leaving.length === 0) return { orgs, refused };
  const inUse = await storesOfOthers(committed, catalogs, leaving);
  for (const one of leaving) {
    const elsewhere = one.org === undefined ? undefined : rendered.get(one.org);
    if (elsewhere?.isMoved) orgs.push({ ...one, fate: 'moved' });
    else if (elsewhere !== undefined) refused.push(unconfirmedName(elsewhere, one.name));
    else if (isRetiring(one) && recorded.has(one.name)) orgs.push({ ...one, fate: 'ended' });
    else {
      const { fate, retiring, problems = [] } = await retirementOf(one, committed, inUse, platform);
      if (fate !== undefined) orgs.push({ ...one, fate, ...(retiring && { retiring }) });
      else refused.push({ org: one.org as RejectedOrg['org'], name: one.name, problems });
    }
  }
  return { orgs, refused };
}

function unconfirmedName({ org, names }: Catalog, committed: string): RejectedOrg {
  const move =
    `the catalog would go from ${committed} to ${names.kubernetes}, where there is no Secret with its ` +
    'encryption key';
  return unconfirmed(org, committed, [move]);
}
