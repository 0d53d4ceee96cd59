import { columnAddress } from '../mapping/raw-record.ts';
import { namespacesOfOthers } from '../platform/namespaces.ts';
import type { Platform } from '../platform/platform-settings.ts';
import type { Ducklings } from '../source/ducklings.ts';
import type { OrgId, ParsedRecord, RejectedRecord, WarehouseRecord } from '../source/warehouse-record.ts';
import type { Problem } from '../text/problem.ts';
import { catalogName } from './adoption.ts';
import type { Catalog } from './catalog.ts';
import { Claims } from './claims.ts';
import { deriveCatalog } from './derive.ts';
import { gate, retiredState } from './gate.ts';
import { namedOrgs } from './rollout.ts';

/** An org that is not rendered, as the gate says. */
export interface SkippedOrg {
  readonly org: OrgId;
  /** The name that its catalog has, or would have. */
  readonly name: string;
  readonly reason: string;
  /** Whether manifests that are committed stay. */
  readonly keep: boolean;
  /** Whether its row says that it is retired. */
  readonly isRetired: boolean;
}

/** An org whose record has problems. Its committed files stay. */
export interface RejectedOrg {
  /** Undefined, like the name, when the record has no valid org id. */
  readonly org: OrgId | undefined;
  readonly name: string | undefined;
  readonly problems: readonly Problem[];
}

/** The result for every record of a source. */
export interface Fleet {
  /** The catalogs that are rendered, sorted by name. */
  readonly catalogs: readonly Catalog[];
  readonly skipped: readonly SkippedOrg[];
  readonly rejected: readonly RejectedOrg[];
  /** Org ids that the settings override and the source does not have. */
  readonly unknownOverrides: readonly string[];
}

/**
 * Gates and derives a whole fleet, and checks it across orgs: one record per org, and no name, database, place in the
 * object store or label that two orgs share. Of two orgs that clash, the registered one stays, or else the first one
 * in the source. The other one is rejected.
 */
export function deriveFleet(
  records: readonly ParsedRecord[],
  platform: Platform,
  ducklings: Ducklings,
): Fleet {
  const claims = new Claims(namespacesOfOthers(platform));
  const registeredFirst = [...records.filter(isRegistered), ...records.filter((one) => !isRegistered(one))];
  for (const parsed of registeredFirst) {
    const { org } = subjectOf(parsed);
    const name = nameOf(parsed, platform);
    if (org !== undefined && name !== undefined) claims.reserve(name, org);
  }

  const catalogs: Catalog[] = [];
  const skipped: SkippedOrg[] = [];
  const rejected: RejectedOrg[] = [];
  /** Position of the first record of each org in the source. */
  const seen = new Map<string, string>();
  for (const parsed of registeredFirst) {
    const { org, at, names } = subjectOf(parsed);
    const reject = (problems: readonly Problem[]) =>
      rejected.push({ org, name: nameOf(parsed, platform), problems });
    const first = org === undefined ? undefined : seen.get(org);
    if (org !== undefined && first === undefined) seen.set(org, at);
    if (!parsed.ok) reject(parsed.problems);
    else if (first !== undefined)
      reject([
        {
          at: columnAddress({ at, names }, 'org_id'),
          message: `is the id of ${first} too; an org has one record`,
        },
      ]);
    else {
      const { record } = parsed;
      const verdict = gate(record);
      if (verdict.kind === 'skip')
        skipped.push({
          org: record.org,
          name: catalogName(record, platform),
          reason: verdict.reason,
          keep: verdict.keep,
          isRetired: record.recorded.catalogState === retiredState,
        });
      else {
        const derived = deriveCatalog(record, platform, ducklings);
        const problems = derived.ok ? claims.claim(derived.catalog, at) : derived.problems;
        if (derived.ok && problems.length === 0) catalogs.push(derived.catalog);
        else reject(problems);
      }
    }
  }
  return {
    catalogs: catalogs.sort((a, b) => (a.names.kubernetes < b.names.kubernetes ? -1 : 1)),
    skipped,
    rejected,
    unknownOverrides: namedOrgs(platform).filter((org) => !seen.has(org)),
  };
}

function subjectOf(parsed: ParsedRecord): WarehouseRecord | RejectedRecord {
  return parsed.ok ? parsed.record : parsed;
}

function isRegistered(parsed: ParsedRecord): boolean {
  return subjectOf(parsed).recorded.endpoint !== undefined;
}

function nameOf(parsed: ParsedRecord, platform: Platform): string | undefined {
  const subject = subjectOf(parsed);
  return subject.org === undefined ? undefined : catalogName({ ...subject, org: subject.org }, platform);
}
