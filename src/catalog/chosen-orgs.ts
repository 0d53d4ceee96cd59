import { closest, distance } from 'fastest-levenshtein';
import { UsageError } from '../text/errors.ts';
import type { Fleet } from './fleet.ts';

/** The requested orgs of a fleet. */
export type ChosenOrgs = Pick<Fleet, 'catalogs' | 'skipped' | 'rejected'>;

/**
 * Selects orgs of a fleet.
 *
 * @param orgs their exact ids; undefined for all orgs.
 * @throws UsageError for an id that the source does not have, with a similar one that exists.
 */
export function chooseOrgs(fleet: Fleet, orgs: readonly string[] | undefined): ChosenOrgs {
  if (orgs === undefined) return fleet;
  refuseUnknown(orgs, fleet);
  const isChosen = ({ org }: { readonly org: string | undefined }) => org !== undefined && orgs.includes(org);
  return {
    catalogs: fleet.catalogs.filter(isChosen),
    skipped: fleet.skipped.filter(isChosen),
    rejected: fleet.rejected.filter(isChosen),
  };
}

function refuseUnknown(orgs: readonly string[], { catalogs, skipped, rejected }: Fleet): void {
  const known = [...catalogs, ...skipped, ...rejected].flatMap(({ org }) => (org === undefined ? [] : [org]));
  const unknown = orgs.filter((org) => !known.some((one) => one === org));
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
