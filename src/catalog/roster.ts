import type { Platform } from '../platform/platform-settings.ts';
import type { Ducklings } from '../source/ducklings.ts';
import { PackedRecords } from '../source/packed-records.ts';
import type { OrgId, ParsedRecord, WarehouseRecord } from '../source/warehouse-record.ts';
import { catalogName } from './adoption.ts';
import { hashOfName } from './claims.ts';
import { gate } from './gate.ts';

/** Whose record it is, and where that org lives, as far as it is known. */
export type Subject = Pick<WarehouseRecord, 'at' | 'recorded'> & { readonly org: OrgId | undefined };

/** What a roster keeps at hand, which takes memory. */
export interface Keeping {
  /** The names of all catalogs, for who asks for `namesThatStay`. */
  readonly names?: boolean;
}

/** The orgs of a source, before anything is derived: who there is, and under which name. */
export class Roster {
  private readonly records = new PackedRecords();
  private readonly entries = new Entries();
  private readonly names: { readonly all: (string | undefined)[]; readonly staying: Set<string> } | undefined;

  constructor(
    readonly platform: Platform,
    readonly ducklings: Ducklings,
    { names = false }: Keeping = {},
  ) {
    this.names = names ? { all: [], staying: new Set() } : undefined;
  }

  get size(): number {
    return this.records.length;
  }

  add(parsed: ParsedRecord): void {
    this.records.add(parsed);
    const subject = subjectOf(parsed);
    const name = nameOf(subject, this.platform);
    this.entries.add(
      name === undefined ? undefined : hashOfName(name),
      subject.recorded.endpoint !== undefined,
    );
    if (this.names === undefined) return;
    this.names.all.push(name);
    const verdict = parsed.ok ? gate(parsed.record) : undefined;
    if (name !== undefined && (verdict?.kind !== 'skip' || verdict.keep)) this.names.staying.add(name);
  }

  at(index: number): ParsedRecord {
    return this.records.at(index) as ParsedRecord;
  }

  subject(index: number): Subject {
    return subjectOf(this.at(index));
  }

  /** The name that is kept for the org of a record; undefined when the record does not say whose it is. */
  nameOf(index: number): string | undefined {
    return this.names === undefined ? nameOf(this.subject(index), this.platform) : this.names.all[index];
  }

  /** `hashOfName` of it, without looking at the record. */
  nameHash(index: number): number | undefined {
    return this.entries.hash(index);
  }

  /** Whether registration has recorded something of the org of a record. */
  isRegistered(index: number): boolean {
    return this.entries.isRegistered(index);
  }

  /** The names of the catalogs that are rendered, or stay as they are committed. @throws Error when names are not kept. */
  get namesThatStay(): ReadonlySet<string> {
    if (this.names === undefined) throw new Error('bug: the names of the catalogs were not kept');
    return this.names.staying;
  }
}

export function subjectOf(parsed: ParsedRecord): Subject {
  return parsed.ok ? parsed.record : parsed;
}

function nameOf({ org, at, recorded }: Subject, platform: Platform): string | undefined {
  return org === undefined ? undefined : catalogName({ org, at, recorded }, platform);
}

/** What is known of each record without looking at it, in five bytes. */
class Entries {
  private hashes = new Uint32Array(1024);
  private kinds = new Uint8Array(1024);
  private count = 0;

  /** @param hash of the name, when there is one. */
  add(hash: number | undefined, isRegistered: boolean): void {
    if (this.count === this.kinds.length) {
      this.hashes = grown(new Uint32Array(2 * this.count), this.hashes);
      this.kinds = grown(new Uint8Array(2 * this.count), this.kinds);
    }
    this.hashes[this.count] = hash ?? 0;
    this.kinds[this.count] = (hash === undefined ? 0 : kinds.named) | (isRegistered ? kinds.registered : 0);
    this.count += 1;
  }

  hash(index: number): number | undefined {
    return (this.kinds[index] as number) & kinds.named ? this.hashes[index] : undefined;
  }

  isRegistered(index: number): boolean {
    return ((this.kinds[index] as number) & kinds.registered) !== 0;
  }
}

const kinds = { named: 1, registered: 2 } as const;

function grown<T extends Uint32Array | Uint8Array>(bigger: T, values: T): T {
  bigger.set(values);
  return bigger;
}
