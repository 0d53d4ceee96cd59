import { namespacesOfOthers } from '../platform/namespaces.ts';
import type { Platform } from '../platform/settings.ts';
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
  /** The orgs that are rendered, and the names of their catalogs: sorted by name. */
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
export function deriveFleet(records: Records, platform: Platform, ducklings: Ducklings): Fleet {
  const rendered: Rendered[] = [];
  const indices: number[] = [];
  const skipped: Fleet['skipped'][number][] = [];
  const rejected: Fleet['rejected'][number][] = [];
  const recordAt = (index: number) => records.at(index) as ParsedRecord;
  const catalogAt = (index: number) => catalogOf(recordAt(index), platform, ducklings);
  const nameAt = (place: number) => (rendered[place] as Rendered).name;
  const claims = new Claims(namespacesOfOthers(platform), {
    length: records.length,
    orgOf: (index) => subject(recordAt(index)).org,
    nameOf: (index) => reservedName(subject(recordAt(index)), platform),
    catalogOf: catalogAt,
  });
  const ordered = reserveNames(records, platform, claims);

  for (const index of ordered) {
    const parsed = recordAt(index);
    const { org, at } = subject(parsed);
    const first = org === undefined ? index : claims.firstOf(org, index);
    const verdict = parsed.ok ? gate(parsed.record) : undefined;
    if (!parsed.ok) rejected.push({ org, problems: parsed.problems });
    else if (first !== index)
      rejected.push({
        org,
        problems: [
          {
            at: `${at}.org_id`,
            message: `is the id of ${subject(recordAt(first)).at} too; an org has one record`,
          },
        ],
      });
    else if (verdict?.kind === 'skip')
      skipped.push({ org: parsed.record.org, reason: verdict.reason, keep: verdict.keep });
    else {
      const derived = deriveCatalog(parsed.record, platform, ducklings);
      const problems = derived.ok ? claims.claim(derived.catalog, at, index) : derived.problems;
      if (derived.ok && problems.length === 0) {
        rendered.push({ org: parsed.record.org, name: derived.catalog.names.kubernetes });
        indices.push(index);
      } else rejected.push({ org, problems });
    }
  }

  const order = Uint32Array.from(rendered.keys()).sort((a, b) => (nameAt(a) < nameAt(b) ? -1 : 1));
  return {
    orgs: Array.from(order, (place) => rendered[place] as Rendered),
    catalogs: {
      *[Symbol.iterator]() {
        for (const place of order) {
          const catalog = catalogAt(indices[place] as number);
          if (catalog) yield catalog;
        }
      },
    },
    skipped,
    rejected,
    unknownOverrides: Object.keys(platform.orgs).filter((org) => !claims.has(org)),
  };
}

/** Keeps a name for every org. @returns the numbers of the records, those of registered orgs first: that is whose names come first, too. */
function reserveNames(records: Records, platform: Platform, claims: Claims): number[] {
  const registered: number[] = [];
  const others: number[] = [];
  const names: (string | undefined)[] = [];
  for (let index = 0; index < records.length; index++) {
    const known = subject(records.at(index) as ParsedRecord);
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

function catalogOf(parsed: ParsedRecord, platform: Platform, ducklings: Ducklings): Catalog | undefined {
  const derived = parsed.ok ? deriveCatalog(parsed.record, platform, ducklings) : undefined;
  return derived?.ok ? derived.catalog : undefined;
}

/** Whose record it is, and where that org lives, as far as it is known. */
type Subject = Pick<WarehouseRecord, 'at' | 'recorded'> & { readonly org: OrgId | undefined };

function subject(parsed: ParsedRecord): Subject {
  return parsed.ok ? parsed.record : parsed;
}
