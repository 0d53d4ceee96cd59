import type { RawRecord } from '../../mapping/raw-record.ts';
import { parseWarehouseRecord, type WarehouseRecord } from '../../source/warehouse-record.ts';
import { UsageError } from '../../text/errors.ts';

/**
 * The record of one org.
 *
 * @param complete is given the record when it has no endpoint: it adds what is recorded in another place.
 * @throws UsageError when the source has none, or the record is invalid.
 */
export async function findRecord(
  records: AsyncIterable<RawRecord> | Iterable<RawRecord>,
  org: string,
  complete?: (raw: RawRecord) => Promise<RawRecord>,
): Promise<WarehouseRecord> {
  for await (const raw of records) {
    let parsed = parseWarehouseRecord(raw);
    if (parsed.ok ? parsed.record.org !== org : parsed.org !== org) continue;
    if (complete && parsed.ok && parsed.record.recorded.endpoint === undefined)
      parsed = parseWarehouseRecord(await complete(raw));
    if (parsed.ok) return parsed.record;
    throw new UsageError(
      `the record of org ${JSON.stringify(org)} is invalid: ` +
        `${parsed.problems.map(({ at, message }) => `${at}: ${message}`).join('; ')}`,
    );
  }
  throw new UsageError(`the source has no org ${JSON.stringify(org)}; org ids are case-sensitive`);
}
