import { orgIdentifier, quoted, quotedName } from './mapping-sql.ts';
import { isInRow, type RecordTable, recordedColumns, withRecorded } from './record-table.ts';
import type { TableName } from './relation.ts';
import type { SourceMapping } from './source-mapping.ts';

/** Rows, and what is recorded of their orgs, for the FROM of a SELECT with the list of the mapping. */
export interface RecordedRows {
  readonly from: string;
  readonly mapping: SourceMapping;
}

/**
 * @param mapping as far as the relation has its columns.
 * @param record undefined when the mapping itself has what is recorded.
 */
export function recordedRows(
  relation: TableName,
  mapping: SourceMapping,
  record: RecordTable | undefined,
): RecordedRows {
  if (record === undefined || isInRow(record)) return { from: quoted(relation), mapping };
  // A prefix with a dot, so that no column of the relation has the same name.
  const prefix = `${record.name.table}.`;
  const columns = recordedColumns.flatMap((column) => record.columns.get(column) ?? []);
  const list = [record.key, ...columns].map(
    (name) => `${quotedName(name)}::text AS ${quotedName(prefix + name)}`,
  );
  const key = quotedName(prefix + record.key);
  return {
    from:
      `${quoted(relation)} LEFT JOIN (SELECT ${list.join(', ')} FROM ${quoted(record.name)}) AS recorded ` +
      `ON recorded.${key} = ${orgIdentifier(mapping)}::text`,
    mapping: withRecorded(mapping, record, prefix),
  };
}
