import { deriveFleet, type Fleet } from './catalog/fleet.ts';
import type { Platform } from './platform/settings.ts';
import type { Ducklings } from './source/ducklings.ts';
import type { RawRecord } from './source/raw-record.ts';
import { type ParsedRecord, parseWarehouseRecord } from './source/warehouse-record.ts';

/** What a fleet is derived from. */
export interface FleetInputs {
  readonly records: AsyncIterable<RawRecord> | Iterable<RawRecord>;
  readonly platform: Platform;
  readonly ducklings: Ducklings;
}

/** Reads and derives the whole fleet, because some rules hold between orgs; the records themselves are let go of. */
export async function readFleet({ records, platform, ducklings }: FleetInputs): Promise<Fleet> {
  const parsed: ParsedRecord[] = [];
  for await (const raw of records) parsed.push(parseWarehouseRecord(raw));
  return deriveFleet(parsed, platform, ducklings);
}
