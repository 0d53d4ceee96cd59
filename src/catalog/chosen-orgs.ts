import { closest, distance } from 'fastest-levenshtein';
import { UsageError } from '../report/errors.ts';
import type { Catalog } from './catalog.ts';
import type { Fleet } from './fleet.ts';

/** What a fleet has of the orgs that were asked for. */
export interface ChosenOrgs extends Pick<Fleet, 'skipped' | 'rejected'> {
  readonly catalogs: readonly Catalog[];
}

/**
 * Picks orgs out of a fleet, by their ids to the letter.
 *
 * @throws UsageError for an id that the source does not have, with the one that may be meant.
 */
export function chooseOrgs(fleet: Fleet, orgs: readonly string[]): ChosenOrgs {
  const { skipped, rejected } = fleet;
  const known = [...fleet.orgs, ...skipped, ...rejected].flatMap(({ org }) =>
    org === undefined ? [] : [org],
  );
  const unknown = orgs.filter((org) => !known.includes(org));
  if (unknown.length > 0)
    throw new UsageError(
      unknown
        .map((org) => `the source has no org ${JSON.stringify(org)}${suggestion(org, known)}`)
        .join('; '),
    );
  const isChosen = ({ org }: { readonly org?: Catalog['org'] | string | undefined }) =>
    org !== undefined && orgs.includes(org);
  return {
    catalogs: [...fleet.catalogs].filter(isChosen),
    skipped: skipped.filter(isChosen),
    rejected: rejected.filter(isChosen),
  };
}

function suggestion(org: string, known: readonly string[]): string {
  if (known.length === 0) return '';
  const nearest = closest(org, known);
  return distance(org, nearest) <= Math.max(2, org.length / 3)
    ? `; did you mean ${JSON.stringify(nearest)}?`
    : '';
}
