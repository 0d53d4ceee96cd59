import type { Platform } from '../platform/platform-settings.ts';
import type { Rollout } from '../platform/rollout-settings.ts';
import type { OrgId } from '../source/warehouse-record.ts';
import { sha256 } from '../text/sha256.ts';
import { kubernetesName } from './names.ts';

/** The first stage that an org is in, counted from 1; undefined for one that no stage has. */
export function stageOf(org: string, { stages }: Rollout): number | undefined {
  const place = placeInFleet(org);
  const first = stages.findIndex((one) => ('orgs' in one ? one.orgs.includes(org) : place < one.percent));
  return first < 0 ? undefined : first + 1;
}

/**
 * The image that an org has by the roll-out; undefined when its stage has not begun. An org that has it keeps it
 * when a later stage begins, whatever other orgs come or go.
 */
export function rolloutImage(org: string, { rollout }: Platform): string | undefined {
  if (rollout === undefined) return undefined;
  const stage = stageOf(org, rollout);
  return stage !== undefined && stage <= rollout.stage ? rollout.image : undefined;
}

/** The orgs that the settings name. */
export function namedOrgs({ orgs, rollout, moves }: Platform): string[] {
  const inStages = rollout?.stages.flatMap((one) => ('orgs' in one ? one.orgs : [])) ?? [];
  return [...new Set([...Object.keys(orgs), ...inStages, ...moves.confirm])];
}

/** The orgs that stages before the last one that has begun name, with the names that their catalogs have by default. */
export function namedInEarlierStages({ rollout, prefix }: Platform): { org: string; name: string }[] {
  const earlier = rollout?.stages.slice(0, Math.max(rollout.stage - 1, 0)) ?? [];
  const orgs = new Set(earlier.flatMap((one) => ('orgs' in one ? one.orgs : [])));
  return [...orgs].map((org) => ({ org, name: kubernetesName(org as OrgId, prefix) }));
}

/** From 0 to just below 100: the same in every roll-out, so that a fixed image reaches the same orgs. */
function placeInFleet(org: string): number {
  return (Number.parseInt(sha256(org).slice(0, 8), 16) / 2 ** 32) * 100;
}
