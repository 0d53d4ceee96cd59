import type { Fleet } from '../catalog/fleet.ts';
import type { LeavingOrg } from '../leaving.ts';

/**
 * Why a run must not go on without `--allow-removal`; undefined when it may. Counted are orgs whose retirement begins,
 * and those that go from their directory to another. A source that shrinks at once, or whose rows say something else at
 * once, is more often a mistake (a wrong database, a failed export, a default that changed) than a wish.
 */
export function reasonToHoldBack(
  { catalogs, skipped, rejected }: Fleet,
  committed: number,
  orgs: readonly LeavingOrg[],
): string | undefined {
  if (catalogs.length + skipped.length + rejected.length === 0) return 'the source has no records at all';
  const inSource = orgs.filter((org) => org.skipped !== undefined);
  const areMany = orgs.length >= 3 && orgs.length > 0.1 * committed;
  const areMost = inSource.length > 0 && orgs.length > 0.5 * committed;
  if (!areMany && !areMost) return undefined;
  const why = inSource.length > 0 ? `, ${inSource.length} of them because their rows are skipped now` : '';
  return `${orgs.length} of ${committed} committed orgs would leave at once${why}`;
}
