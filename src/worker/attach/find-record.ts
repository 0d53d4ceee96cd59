import type { RawRecord } from '../../mapping/raw-record.ts';
import { parseWarehouseRecord, type WarehouseRecord } from '../../source/warehouse-record.ts';
import { UsageError } from '../../text/errors.ts';

/** The record of one org. @throws UsageError when the source has none, or the record is invalid. */
export async function findRecord(
  records: AsyncIterable<RawRecord> | Iterable<RawRecord>,
  org: string,
): Promise<WarehouseRecord> {
  for await (const raw of records) {
    const parsed = parseWarehouseRecord(raw);
    if (parsed.ok ? parsed.record.org !== org : parsed.org !== org) continue;
    if (parsed.ok) return parsed.record;
    throw new UsageError(
      `the record of org ${JSON.stringify(org)} is invalid: ` +
        `${parsed.problems.map(({ at, message }) => `${at}: ${message}`).join('; ')}`,
    );
  }
  throw new UsageError(`the source has no org ${JSON.stringify(org)}; org ids are case-sensitive`);
}
