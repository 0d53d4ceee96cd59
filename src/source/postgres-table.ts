import { distance } from 'fastest-levenshtein';
import pg from 'pg';
import { describedColumns } from '../mapping/fields.ts';
import { fitMapping } from '../mapping/fit-mapping.ts';
import { quoted } from '../mapping/mapping-sql.ts';
import { warehouseColumns } from '../mapping/raw-record.ts';
import { recordMisfit } from '../mapping/record-misfit.ts';
import { isInRow, type RecordTable } from '../mapping/record-table.ts';
import { shownTable, type TableName } from '../mapping/relation.ts';
import { isDuckgres, type SourceMapping } from '../mapping/source-mapping.ts';
import { UsageError } from '../text/errors.ts';

/** Sends a statement and waits for its rows, with a time limit. */
export type Query = <R extends pg.QueryResultRow>(text: string, values?: readonly unknown[]) => Promise<R[]>;

/**
 * Looks the table up in the catalog, which everyone may read, whatever kind of relation with rows it is.
 *
 * @param place the database, for messages.
 * @returns the mapping as far as the table has its columns.
 * @throws UsageError that names the table and what resembles it, or every column that it lacks.
 */
export async function expectTable(
  query: Query,
  name: TableName,
  mapping: SourceMapping,
  place: string,
): Promise<SourceMapping> {
  const columns = await columnsOf(query, name);
  if (columns !== undefined) return fitMapping(mapping, columns, `table ${shownTable(name)} in ${place}`);
  const others = await resembling(query, name);
  throw new UsageError(
    `there is no table ${shownTable(name)} in ${place}` +
      (isDuckgres(mapping)
        ? `: expected a table or view with the columns ${describedColumns(warehouseColumns)}`
        : '') +
      (others.length > 0 ? `; did you mean ${others.map(shownTable).join(', or ')}?` : ''),
  );
}

/** @throws UsageError when the table in which registrations are recorded is not there, or lacks a column. */
export async function expectRecords(query: Query, record: RecordTable, place: string): Promise<void> {
  const table = `table ${shownTable(record.name)} in ${place}`;
  const columns = await columnsOf(query, record.name);
  const misfit = columns && recordMisfit(record, columns, table);
  if (misfit !== undefined) throw misfit;
  // Of the rows themselves, `expectTable` says more.
  if (columns !== undefined || isInRow(record)) return;
  const remedy = record.isOwn ? '; lakekeeper-gitops grants prints its definition' : '';
  throw new UsageError(`registration.record: there is no ${table}${remedy}`);
}

/**
 * The error for a user without the right to read the table, with the statements that grant it.
 *
 * @param cause the server's refusal (SQLSTATE 42501).
 */
export function noPermission(name: TableName, user: string, place: string, cause: unknown): UsageError {
  const role = pg.escapeIdentifier(user);
  return new UsageError(
    `no permission to read table ${shownTable(name)} in ${place}: as its owner, run ` +
      `GRANT USAGE ON SCHEMA ${pg.escapeIdentifier(name.schema)} TO ${role}; ` +
      `GRANT SELECT ON ${quoted(name)} TO ${role};`,
    { cause },
  );
}

// Tables, partitioned tables, views, materialized views, foreign tables.
const holdsRows = `relkind IN ('r', 'p', 'v', 'm', 'f')`;

/** Names of the columns, in their order. @returns undefined when there is no such table. */
export async function columnsOf(query: Query, { schema, table }: TableName): Promise<string[] | undefined> {
  // By name and not by to_regclass, which fails without the right to use the schema.
  const rows = await query<{ columns: string[] }>(
    `SELECT ARRAY(SELECT attname::text FROM pg_catalog.pg_attribute
                  WHERE attrelid = c.oid AND attnum > 0 AND NOT attisdropped ORDER BY attnum) AS columns
     FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
     WHERE n.nspname = $1 AND c.relname = $2 AND ${holdsRows}`,
    [schema, table],
  );
  return rows[0]?.columns;
}

/** At most five tables of any schema whose name is nearly the same, the nearest first. */
async function resembling(query: Query, wanted: TableName): Promise<TableName[]> {
  const rows = await query<TableName>(
    `SELECT n.nspname AS schema, c.relname AS table
     FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
     WHERE ${holdsRows} AND n.nspname <> 'information_schema' AND n.nspname NOT LIKE 'pg\\_%'
     ORDER BY 1, 2 LIMIT 10000`,
  );
  const distanceTo = (name: TableName): number =>
    distance(name.table.toLowerCase(), wanted.table.toLowerCase()) +
    (name.schema === wanted.schema ? 0 : 0.5);
  return rows
    .filter((name) => distanceTo(name) <= Math.max(2, wanted.table.length / 4))
    .sort((a, b) => distanceTo(a) - distanceTo(b))
    .slice(0, 5);
}
