import { namespacesOfOthers } from '../platform/namespaces.ts';
import type { OrgId } from '../source/warehouse-record.ts';
import type { Problem } from '../text/problem.ts';
import type { ShowProgress } from '../text/progress.ts';
import type { Catalog } from './catalog.ts';
import { Claims } from './claims.ts';
import { deriveCatalog } from './derive.ts';
import { gate } from './gate.ts';
import { originOf } from './origin.ts';
import { type Roster, subjectOf } from './roster.ts';

export interface Rendered {
  readonly org: OrgId;
  /** The catalog's. */
  readonly name: string;
  /** When it was derived: the first is 0. */
  readonly place: number;
}

/** An org that is rendered, when it is its turn. */
export interface DerivedOrg {
  readonly catalog: Catalog;
  /** All that the catalog was derived from, but for the settings, as a text. */
  readonly origin: () => string;
}

/** What became of every record of a source. */
export interface Fleet {
  /** How many orgs are rendered. */
  readonly size: number;
  /** The orgs that are rendered, sorted by the names of their catalogs. Made anew each time. */
  readonly orgs: readonly Rendered[];
  /** Some of them, sorted too. @param isWanted asked with when each was derived. */
  readonly orgsWhere: (isWanted: (place: number) => boolean) => readonly Rendered[];
  readonly skipped: readonly {
    readonly org: string;
    readonly reason: string /** Committed manifests stay. */;
    readonly keep: boolean;
  }[];
  /** `org` is undefined when the record does not even say whose it is. */
  readonly rejected: readonly { readonly org: string | undefined; readonly problems: readonly Problem[] }[];
  /** Org ids that the settings override and the source does not have. */
  readonly unknownOverrides: readonly string[];
}

/**
 * Gates and derives a whole fleet, and asserts what only shows across orgs: one record per org, and no name, database,
 * place in the object store or label shared by two. Of two orgs that clash, one that is registered keeps what it
 * has; otherwise the first in the source does. The other is rejected by name.
 *
 * Take its orgs one at a time, rather than all of them into an array: there may be 100,000.
 */
export class FleetDerivation implements Iterable<DerivedOrg> {
  private done: Fleet | undefined;

  constructor(
    private readonly roster: Roster,
    private readonly show: ShowProgress,
  ) {}

  /** What became of the records. @throws Error before all of the catalogs were taken. */
  get fleet(): Fleet {
    if (this.done === undefined) throw new Error('the fleet was asked for before it was derived');
    return this.done;
  }

  /** Derives all of them, when nothing but what becomes of the records matters. */
  whole(): Fleet {
    for (const _org of this);
    return this.fleet;
  }

  /** The orgs that are rendered: those that are registered first, otherwise in the order of the source. */
  *[Symbol.iterator](): Generator<DerivedOrg, void> {
    const { roster, show } = this;
    const { platform, ducklings, size: total } = roster;
    const rendered = new Uint32Array(total);
    let size = 0;
    const skipped: Fleet['skipped'][number][] = [];
    const rejected: Fleet['rejected'][number][] = [];
    const claims = new Claims(namespacesOfOthers(platform), {
      length: total,
      orgOf: (index) => roster.subject(index).org,
      nameOf: (index) => roster.nameOf(index),
      catalogOf: (index) => catalogOf(roster, index),
    });

    let done = 0;
    reserveNames(roster, claims);
    for (const index of registeredFirst(roster)) {
      if (done % 256 === 0) show({ doing: 'rendering', done, total, rejected: rejected.length });
      done += 1;
      const parsed = roster.at(index);
      const { org, at } = subjectOf(parsed);
      const first = org === undefined ? index : claims.firstOf(org, index);
      const verdict = parsed.ok ? gate(parsed.record) : undefined;
      if (!parsed.ok) rejected.push({ org, problems: parsed.problems });
      else if (first !== index) {
        const message = `is the id of ${roster.subject(first).at} too; an org has one record`;
        rejected.push({ org, problems: [{ at: `${at}.org_id`, message }] });
      } else if (verdict?.kind === 'skip')
        skipped.push({ org: parsed.record.org, reason: verdict.reason, keep: verdict.keep });
      else {
        const { record } = parsed;
        const derived = deriveCatalog(record, platform, ducklings);
        const problems = derived.ok ? claims.claim(derived.catalog, at, index) : derived.problems;
        if (!derived.ok || problems.length > 0) rejected.push({ org, problems });
        else {
          rendered[size++] = index;
          yield { catalog: derived.catalog, origin: () => originOf(record, ducklings) };
        }
      }
    }
    this.done = {
      size,
      get orgs() {
        return orgsByName(rendered.subarray(0, size), roster, () => true);
      },
      orgsWhere: (isWanted) => orgsByName(rendered.subarray(0, size), roster, isWanted),
      skipped,
      rejected,
      unknownOverrides: Object.keys(platform.orgs).filter((org) => !claims.has(org)),
    };
  }
}

/** Derives all orgs of a roster, one at a time, as their catalogs are asked for. */
export function deriveFleet(roster: Roster, show: ShowProgress = () => undefined): FleetDerivation {
  return new FleetDerivation(roster, show);
}

function orgsByName(rendered: Uint32Array, roster: Roster, isWanted: (place: number) => boolean): Rendered[] {
  const orgs: Rendered[] = [];
  for (const [place, index] of rendered.entries()) {
    if (!isWanted(place)) continue;
    orgs.push({
      org: roster.subject(index).org as OrgId,
      name: roster.nameOf(index) as string,
      place,
    });
  }
  return orgs.sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** Keeps a name for every org. */
function reserveNames(roster: Roster, claims: Claims): void {
  for (let index = 0; index < roster.size; index++) {
    const hash = roster.nameHash(index);
    const outranks = (other: number) => roster.isRegistered(index) && !roster.isRegistered(other);
    if (hash !== undefined) claims.reserve(hash, index, outranks);
  }
}

/** The numbers of the records, those of registered orgs first: their names come first, too. */
function* registeredFirst(roster: Roster): Generator<number> {
  for (const turn of [true, false])
    for (let index = 0; index < roster.size; index++) if (roster.isRegistered(index) === turn) yield index;
}

function catalogOf(roster: Roster, index: number): Catalog | undefined {
  const { platform, ducklings } = roster;
  const parsed = roster.at(index);
  const derived = parsed.ok ? deriveCatalog(parsed.record, platform, ducklings) : undefined;
  return derived?.ok ? derived.catalog : undefined;
}
