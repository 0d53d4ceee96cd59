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
  private names: readonly (string | undefined)[] | undefined;
  private staying: ReadonlySet<string> | undefined;

  constructor(
    readonly records: Records,
    readonly platform: Platform,
    readonly ducklings: Ducklings,
  ) {}

  get size(): number {
    return this.records.length;
  }

  /** The names of the catalogs that are rendered, or stay as they are committed. From the first time on, all names are in memory. */
  get namesThatStay(): ReadonlySet<string> {
    this.staying ??= this.readNames();
    return this.staying;
  }

  subject(index: number): Subject {
    return subjectOf(this.records.at(index) as ParsedRecord);
  }

  /** The name that is kept for the org of a record; undefined when the record does not say whose it is. */
  nameOf(index: number, subject: Subject = this.subject(index)): string | undefined {
    return this.names === undefined ? nameOf(subject, this.platform) : this.names[index];
  }

  private readNames(): ReadonlySet<string> {
    const names: (string | undefined)[] = [];
    const staying = new Set<string>();
    for (let index = 0; index < this.size; index++) {
      const parsed = this.records.at(index) as ParsedRecord;
      const name = nameOf(subjectOf(parsed), this.platform);
      names.push(name);
      const verdict = parsed.ok ? gate(parsed.record) : undefined;
      if (name !== undefined && (verdict?.kind !== 'skip' || verdict.keep)) staying.add(name);
    }
    this.names = names;
    return staying;
  }
}

export function subjectOf(parsed: ParsedRecord): Subject {
  return parsed.ok ? parsed.record : parsed;
}

function nameOf({ org, at, recorded }: Subject, platform: Platform): string | undefined {
  return org === undefined ? undefined : catalogName({ org, at, recorded }, platform);
}
