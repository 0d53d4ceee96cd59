import { closest, distance } from 'fastest-levenshtein';
import { UsageError } from '../text/errors.ts';
import type { Fleet } from './fleet.ts';

/** The requested orgs of a fleet. */
export type ChosenOrgs = Pick<Fleet, 'catalogs' | 'skipped' | 'rejected'>;

/**
 * Selects orgs of a fleet.
 *
 * @param orgs their exact ids; undefined for all orgs.
 * @param others orgs that the source does not have and that may be chosen too.
 * @throws UsageError for an id that is not known, with a similar one that is.
 */
export function chooseOrgs(
  fleet: Fleet,
  orgs: readonly string[] | undefined,
  others: readonly Subject[] = [],
): ChosenOrgs {
  if (orgs === undefined) return fleet;
  const { catalogs, skipped, rejected } = fleet;
  refuseUnknown(orgs, [...catalogs, ...skipped, ...rejected, ...others]);
  const isChosen = ({ org }: Subject) => org !== undefined && orgs.includes(org);
  return {
    catalogs: catalogs.filter(isChosen),
    skipped: skipped.filter(isChosen),
    rejected: rejected.filter(isChosen),
  };
}

interface Subject {
  readonly org: string | undefined;
}

function refuseUnknown(orgs: readonly string[], subjects: readonly Subject[]): void {
  const known = subjects.flatMap(({ org }) => (org === undefined ? [] : [org]));
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
