import type { RawRecord } from './raw-record.ts';
import { recordedColumns } from './record-table.ts';

/** What is recorded of orgs, by their ids: columns of duckgres's table to values. */
export type RecordsByOrg = ReadonlyMap<string, Readonly<Record<string, unknown>>>;

/**
 * The records of a source with what is recorded of their orgs in another place, which comes before what the source
 * itself has.
 */
export async function* withRecords(
  records: AsyncIterable<RawRecord> | Iterable<RawRecord>,
  byOrg: RecordsByOrg,
): AsyncGenerator<RawRecord> {
  for await (const raw of records) {
    const { columns } = raw;
    const org =
      typeof columns === 'object' && columns !== null ? (columns as { org_id?: unknown }).org_id : undefined;
    const found = typeof org === 'string' ? byOrg.get(org) : undefined;
    if (found === undefined) yield raw;
    else {
      const recorded = recordedColumns.flatMap((column) => (found[column] ? [[column, found[column]]] : []));
      yield { ...raw, columns: { ...(columns as object), ...Object.fromEntries(recorded) } };
    }
  }
}
