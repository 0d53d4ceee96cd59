import type { Platform } from '../platform/settings.ts';
import type { Ducklings } from '../source/ducklings.ts';
import type { Records } from '../source/packed-records.ts';
import type { OrgId, ParsedRecord, WarehouseRecord } from '../source/warehouse-record.ts';
import { catalogName } from './adoption.ts';
import { gate } from './gate.ts';

/** Whose record it is, and where that org lives, as far as it is known. */
export type Subject = Pick<WarehouseRecord, 'at' | 'recorded'> & { readonly org: OrgId | undefined };

/** The orgs of a source, before anything is derived: who there is, and under which name. */
export class Roster {
  private names: ReadonlySet<string> | undefined;

  constructor(
    readonly records: Records,
    readonly platform: Platform,
    readonly ducklings: Ducklings,
  ) {}

  get size(): number {
    return this.records.length;
  }

  /** The names of the catalogs that are rendered, or stay as they are committed. */
  get namesThatStay(): ReadonlySet<string> {
    this.names ??= new Set(this.readNames());
    return this.names;
  }

  private *readNames(): Generator<string> {
    for (let index = 0; index < this.size; index++) {
      const parsed = this.records.at(index) as ParsedRecord;
      const verdict = parsed.ok ? gate(parsed.record) : undefined;
      const name = nameOf(subjectOf(parsed), this.platform);
      if (name !== undefined && (verdict?.kind !== 'skip' || verdict.keep)) yield name;
    }
  }

  subject(index: number): Subject {
    return subjectOf(this.records.at(index) as ParsedRecord);
  }
}

export function subjectOf(parsed: ParsedRecord): Subject {
  return parsed.ok ? parsed.record : parsed;
}

/** The name that is kept for the org of a record; undefined when the record does not say whose it is. */
export function nameOf({ org, at, recorded }: Subject, platform: Platform): string | undefined {
  return org === undefined ? undefined : catalogName({ org, at, recorded }, platform);
}
