import { namespacesOfOthers } from '../platform/namespaces.ts';
import type { Platform } from '../platform/settings.ts';
import type { Ducklings } from '../source/ducklings.ts';
import type { Problem } from '../source/problem.ts';
import type { OrgId, ParsedRecord, WarehouseRecord } from '../source/warehouse-record.ts';
import { adopt } from './adoption.ts';
import type { Catalog } from './catalog.ts';
import { Claims } from './claims.ts';
import { deriveCatalog } from './derive.ts';
import { gate } from './gate.ts';

/** What becomes of every record of a source. */
export interface Fleet {
  /** The orgs that are rendered, and the names of their catalogs: sorted by name. */
  readonly orgs: readonly { readonly org: OrgId; readonly name: string }[];
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
 */
export function deriveFleet(
  records: readonly ParsedRecord[],
  platform: Platform,
  ducklings: Ducklings,
): Fleet {
  const catalogs: Catalog[] = [];
  const skipped: Fleet['skipped'][number][] = [];
  const rejected: Fleet['rejected'][number][] = [];
  const seen = new Map<string, string>();
  const claims = new Claims(namespacesOfOthers(platform));
  const ordered = registeredFirst(records);
  for (const { org, ...record } of ordered.map(subject))
    if (org !== undefined) claims.reserve(adopt({ org, ...record }, platform).kubernetes, org);

  for (const parsed of ordered) {
    const { org, at } = subject(parsed);
    const first = org === undefined ? undefined : seen.get(org);
    const verdict = parsed.ok ? gate(parsed.record) : undefined;
    if (!parsed.ok) rejected.push({ org, problems: parsed.problems });
    else if (first !== undefined)
      rejected.push({
        org,
        problems: [{ at: `${at}.org_id`, message: `is the id of ${first} too; an org has one record` }],
      });
    else if (verdict?.kind === 'skip')
      skipped.push({ org: parsed.record.org, reason: verdict.reason, keep: verdict.keep });
    else {
      const derived = deriveCatalog(parsed.record, platform, ducklings);
      const problems = derived.ok ? claims.claim(derived.catalog, at) : derived.problems;
      if (derived.ok && problems.length === 0) catalogs.push(derived.catalog);
      else rejected.push({ org, problems });
    }
    if (org !== undefined && first === undefined) seen.set(org, at);
  }

  catalogs.sort((a, b) => (a.names.kubernetes < b.names.kubernetes ? -1 : 1));
  return {
    orgs: catalogs.map(({ org, names }) => ({ org, name: names.kubernetes })),
    catalogs,
    skipped,
    rejected,
    unknownOverrides: Object.keys(platform.orgs).filter((org) => !seen.has(org)),
  };
}

function registeredFirst(records: readonly ParsedRecord[]): ParsedRecord[] {
  const isRegistered = (parsed: ParsedRecord) => subject(parsed).recorded.endpoint !== undefined;
  return [...records.filter(isRegistered), ...records.filter((parsed) => !isRegistered(parsed))];
}

/** Whose record it is, and where that org lives, as far as it is known. */
function subject(parsed: ParsedRecord): {
  at: string;
  org: OrgId | undefined;
  recorded: WarehouseRecord['recorded'];
} {
  return parsed.ok ? parsed.record : parsed;
}
