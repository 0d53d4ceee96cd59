import { UsageError } from '../text/errors.ts';
import { nameForMessage } from '../text/printable.ts';
import { nearestName } from './nearest-column.ts';
import { type RecordField, recordFieldNames, recordFields } from './record-columns.ts';
import { isInRow, type RecordTable } from './record-table.ts';

/**
 * Compares a table with the columns in which registrations are recorded.
 *
 * @param existing the columns of the table.
 * @param place the table, for messages: `table public.tenants in database …`.
 * @returns the error that names every column that is missing by its own setting; undefined when there is none.
 */
export function recordMisfit(
  record: RecordTable,
  existing: readonly string[],
  place: string,
): UsageError | undefined {
  const missing = namedColumns(record).filter(([, column]) => !existing.includes(column));
  if (missing.length === 0) return undefined;
  if (record.isOwn)
    return new UsageError(
      `registration.record.table: ${place} lacks the columns ${missing.map(([, column]) => column).join(', ')}; ` +
        'lakekeeper-gitops grants prints its definition',
    );
  const lines = missing.map(([field, column]) => {
    const nearest = nearestName(column, existing);
    return (
      `  registration.record.warehouseDatabase.columns.${field}: there is no column ${nameForMessage(column)}` +
      (nearest === undefined ? '' : `; did you mean ${nameForMessage(nearest)}?`)
    );
  });
  return new UsageError(
    `registration.record does not fit ${place}, which has the columns ` +
      `${existing.map(nameForMessage).join(', ')}:\n${lines.join('\n')}`,
  );
}

function namedColumns(record: RecordTable): [RecordField | 'org', string][] {
  const columns = recordFieldNames.flatMap((field): [RecordField, string][] => {
    const column = record.columns.get(recordFields[field]);
    return column === undefined ? [] : [[field, column]];
  });
  // The key of the rows themselves is a column of the mapping.
  return isInRow(record) ? columns : [['org', record.key], ...columns];
}
