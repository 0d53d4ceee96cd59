import { namespacesOfOthers } from '../platform/namespaces.ts';
import type { Platform } from '../platform/settings.ts';
import type { ShowProgress } from '../report/progress.ts';
import type { Ducklings } from '../source/ducklings.ts';
import type { Records } from '../source/packed-records.ts';
import type { Problem } from '../source/problem.ts';
import type { OrgId, ParsedRecord, WarehouseRecord } from '../source/warehouse-record.ts';
import { adopt } from './adoption.ts';
import type { Catalog } from './catalog.ts';
import { Claims } from './claims.ts';
import { deriveCatalog } from './derive.ts';
import { gate } from './gate.ts';

export interface Rendered {
  readonly org: OrgId;
  /** The catalog's. */
  readonly name: string;
}

/** What becomes of every record of a source. */
export interface Fleet {
  /** How many orgs are rendered. */
  readonly size: number;
  /** The orgs that are rendered, and the names of their catalogs: sorted by name. Made anew each time. */
  readonly orgs: readonly Rendered[];
  /** Their catalogs, in the same order. Take them one at a time, rather than all of them into an array: there may be 100,000. */
  readonly catalogs: Iterable<Catalog>;
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
 * @param records are asked for again whenever a catalog is: only what became of each is kept.
 */
export function deriveFleet(
  records: Records,
  platform: Platform,
  ducklings: Ducklings,
  show: ShowProgress = () => undefined,
): Fleet {
  const { rendered, ...others } = survey(records, platform, ducklings, show);
  const sorted = byName(rendered, records, platform);
  return {
    ...others,
    size: sorted.length,
    get orgs() {
      return Array.from(sorted, (index): Rendered => {
        const parsed = recordAt(records, index);
        return { org: parsed.org as OrgId, name: reservedName(parsed, platform) as string };
      });
    },
    catalogs: {
      *[Symbol.iterator]() {
        for (const index of sorted) yield catalogOf(records.at(index), platform, ducklings) as Catalog;
      },
    },
  };
}

/** What becomes of each record; of those that are rendered only the numbers are kept. */
function survey(records: Records, platform: Platform, ducklings: Ducklings, show: ShowProgress) {
  const rendered: number[] = [];
  const skipped: Fleet['skipped'][number][] = [];
  const rejected: Fleet['rejected'][number][] = [];
  const claims = new Claims(namespacesOfOthers(platform), {
    length: records.length,
    orgOf: (index) => recordAt(records, index).org,
    nameOf: (index) => reservedName(recordAt(records, index), platform),
    catalogOf: (index) => catalogOf(records.at(index), platform, ducklings),
  });

  for (const [done, index] of reserveNames(records, platform, claims).entries()) {
    if (done % 256 === 0) show({ doing: 'checking', done, total: records.length, rejected: rejected.length });
    const parsed = records.at(index) as ParsedRecord;
    const { org, at } = subject(parsed);
    const first = org === undefined ? index : claims.firstOf(org, index);
    const verdict = parsed.ok ? gate(parsed.record) : undefined;
    if (!parsed.ok) rejected.push({ org, problems: parsed.problems });
    else if (first !== index) {
      const message = `is the id of ${recordAt(records, first).at} too; an org has one record`;
      rejected.push({ org, problems: [{ at: `${at}.org_id`, message }] });
    } else if (verdict?.kind === 'skip')
      skipped.push({ org: parsed.record.org, reason: verdict.reason, keep: verdict.keep });
    else {
      const derived = deriveCatalog(parsed.record, platform, ducklings);
      const problems = derived.ok ? claims.claim(derived.catalog, at, index) : derived.problems;
      if (problems.length === 0) rendered.push(index);
      else rejected.push({ org, problems });
    }
  }
  return {
    rendered,
    skipped,
    rejected,
    unknownOverrides: Object.keys(platform.orgs).filter((org) => !claims.has(org)),
  };
}

function byName(rendered: readonly number[], records: Records, platform: Platform): Uint32Array {
  const names = rendered.map((index) => reservedName(recordAt(records, index), platform) as string);
  const places = Uint32Array.from(rendered.keys()).sort((a, b) =>
    (names[a] as string) < (names[b] as string) ? -1 : 1,
  );
  return places.map((place) => rendered[place] as number);
}

/** Keeps a name for every org. @returns the numbers of the records, those of registered orgs first: that is whose names come first, too. */
function reserveNames(records: Records, platform: Platform, claims: Claims): number[] {
  const registered: number[] = [];
  const others: number[] = [];
  const names: (string | undefined)[] = [];
  for (let index = 0; index < records.length; index++) {
    const known = recordAt(records, index);
    names.push(reservedName(known, platform));
    (known.recorded.endpoint === undefined ? others : registered).push(index);
  }
  const ordered = [...registered, ...others];
  for (const index of ordered) {
    const name = names[index];
    if (name !== undefined) claims.reserve(name, index);
  }
  return ordered;
}

function reservedName({ org, at, recorded }: Subject, platform: Platform): string | undefined {
  return org === undefined ? undefined : adopt({ org, at, recorded }, platform).kubernetes;
}

function catalogOf(
  parsed: ParsedRecord | undefined,
  platform: Platform,
  ducklings: Ducklings,
): Catalog | undefined {
  const derived = parsed?.ok ? deriveCatalog(parsed.record, platform, ducklings) : undefined;
  return derived?.ok ? derived.catalog : undefined;
}

function recordAt(records: Records, index: number): Subject {
  return subject(records.at(index) as ParsedRecord);
}

/** Whose record it is, and where that org lives, as far as it is known. */
type Subject = Pick<WarehouseRecord, 'at' | 'recorded'> & { readonly org: OrgId | undefined };

function subject(parsed: ParsedRecord): Subject {
  return parsed.ok ? parsed.record : parsed;
}
