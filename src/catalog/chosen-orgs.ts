import { closest, distance } from 'fastest-levenshtein';
import { UsageError } from '../text/errors.ts';
import type { Catalog } from './catalog.ts';
import type { Fleet, FleetDerivation } from './fleet.ts';

/** What a fleet has of the orgs that were asked for. */
export interface ChosenOrgs extends Pick<Fleet, 'skipped' | 'rejected'> {
  readonly catalogs: readonly Catalog[];
}

/**
 * Derives a fleet, and picks orgs out of it.
 *
 * @param orgs their ids, to the letter; undefined for all of them. @returns catalogs, sorted by name.
 * @throws UsageError for an id that the source does not have, with the one that may be meant.
 */
export function chooseOrgs(derivation: FleetDerivation, orgs: readonly string[] | undefined): ChosenOrgs {
  const isChosen = ({ org }: { readonly org?: string | undefined }) =>
    orgs === undefined || (org !== undefined && orgs.includes(org));
  const catalogs: Catalog[] = [];
  for (const { catalog } of derivation) if (isChosen(catalog)) catalogs.push(catalog);
  const { fleet } = derivation;
  if (orgs !== undefined) refuseUnknown(orgs, fleet);
  return {
    catalogs: catalogs.sort((a, b) => (a.names.kubernetes < b.names.kubernetes ? -1 : 1)),
    skipped: fleet.skipped.filter(isChosen),
    rejected: fleet.rejected.filter(isChosen),
  };
}

function refuseUnknown(orgs: readonly string[], fleet: Fleet): void {
  const known = [...fleet.orgs, ...fleet.skipped, ...fleet.rejected].flatMap(({ org }) =>
    org === undefined ? [] : [org],
  );
  const unknown = orgs.filter((org) => !known.includes(org));
  if (unknown.length > 0)
    throw new UsageError(
      unknown
        .map((org) => `the source has no org ${JSON.stringify(org)}${suggestion(org, known)}`)
        .join('; '),
    );
}

function suggestion(org: string, known: readonly string[]): string {
  if (known.length === 0) return '';
  const nearest = closest(org, known);
  return distance(org, nearest) <= Math.max(2, org.length / 3)
    ? `; did you mean ${JSON.stringify(nearest)}?`
    : '';
}
