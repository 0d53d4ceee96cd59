import type pg from 'pg';
import { withTransaction } from '../../clients/postgres/postgres-client.ts';
import { fitMapping } from '../../mapping/fit-mapping.ts';
import { orgIdentifier, quoted, quotedName, selectList } from '../../mapping/mapping-sql.ts';
import type { RawRecord } from '../../mapping/raw-record.ts';
import type { RecordColumn } from '../../mapping/record-columns.ts';
import { isInRow, type RecordTable } from '../../mapping/record-table.ts';
import { shownTable } from '../../mapping/relation.ts';
import { isDuckgres } from '../../mapping/source-mapping.ts';
import { columnsOf } from '../../source/postgres-table.ts';
import { PermanentError } from '../../text/errors.ts';

/** All SQL that reads the org's row and its record. */

/** The values of a record, by the columns of duckgres's table. Columns that are not mapped are left out. */
export type ObservedRecord = Readonly<Record<string, unknown>>;

/** The org's row as rendering reads it, and the record of its registration. */
export interface ObservedRow {
  /** Undefined when this database does not have it. */
  readonly row: RawRecord | undefined;
  readonly record: ObservedRecord;
}

/**
 * The table as far as its source has the columns of the mapping.
 *
 * @throws PermanentError when the relation is not there, or lacks a column.
 */
export async function fitted(client: pg.Client, table: RecordTable): Promise<RecordTable> {
  const { source } = table;
  if (source === undefined || isDuckgres(source.mapping)) return table;
  const columns = await columnsOf(
    async (text, values = []) => (await client.query(text, [...values])).rows,
    source.name,
  );
  if (columns === undefined) throw new PermanentError(`there is no table ${shownTable(source.name)}`);
  return {
    ...table,
    source: {
      ...source,
      mapping: fitMapping(source.mapping, columns, `table ${shownTable(source.name)}`),
    },
  };
}

/** The org's row; undefined if there is none. */
export async function readRow(
  client: pg.Client,
  table: RecordTable,
  org: string,
): Promise<ObservedRow | undefined> {
  const { source, name } = table;
  if (source === undefined) return { row: undefined, record: await readRecord(client, table, org) };
  const { mapping } = source;
  const record = isInRow(table)
    ? ''
    : ` LEFT JOIN (SELECT ${recordList(table)} FROM ${quoted(name)}) AS record
        ON record.${quotedName(prefixed('org'))} = ${orgIdentifier(mapping)}::text`;
  const list = isInRow(table) ? recordList(table) : 'record.*';
  const { rows } = await client.query(
    `SELECT ${selectList(mapping)}, ${list} FROM ${quoted(source.name)}${record}
     WHERE ${orgIdentifier(mapping)} = $1`,
    [org],
  );
  if (rows.length === 0) return undefined;
  const at = `${source.name.table}[${org}]`;
  return { row: { at, columns: rows[0], names: mapping.names }, record: recordIn(table, rows[0]) };
}

/** All records, by org id. One statement in a read-only transaction. */
export async function readRecords(
  client: pg.Client,
  table: RecordTable,
): Promise<Map<string, ObservedRecord>> {
  return withTransaction(client, 'read only', async () => {
    const { rows } = await client.query(`SELECT ${recordList(table)} FROM ${quoted(table.name)}`);
    return new Map(rows.map((row) => [String(row[prefixed('org')]), recordIn(table, row)]));
  });
}

/** The record of one org. Every column is null if there is none. */
export async function readRecord(
  client: pg.Client,
  table: RecordTable,
  org: string,
): Promise<ObservedRecord> {
  const { rows } = await client.query(
    `SELECT ${recordList(table)} FROM ${quoted(table.name)} WHERE ${quotedName(table.key)} = $1`,
    [org],
  );
  return recordIn(table, rows[0]);
}

/** Not the names of fields: one column may be a field of the row and of the record. */
const prefixed = (column: RecordColumn | 'org') => `record.${column}`;

function recordList({ key, columns }: RecordTable): string {
  return [['org', key] as const, ...readColumns(columns)]
    .map(([column, name]) => `${quotedName(name)}::text AS ${quotedName(prefixed(column))}`)
    .join(', ');
}

function recordIn({ columns }: RecordTable, row: Readonly<Record<string, unknown>> = {}): ObservedRecord {
  return Object.fromEntries(readColumns(columns).map(([column]) => [column, row[prefixed(column)] ?? null]));
}

function readColumns(columns: RecordTable['columns']): [RecordColumn, string][] {
  return [...columns].filter(([column]) => column !== 'updated_at');
}
