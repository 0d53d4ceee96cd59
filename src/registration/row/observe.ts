import type pg from 'pg';
import { withTransaction } from '../../clients/postgres/postgres-client.ts';
import { quoted } from '../../mapping/mapping-sql.ts';
import { type RawRecord, warehouseColumns } from '../../mapping/raw-record.ts';
import type { TableName } from '../../mapping/relation.ts';
import { recordColumns } from './registration-record.ts';

/** All SQL that reads the org's row. */

/** The org's row as rendering reads it, and its columns of a registration. */
export interface ObservedRow extends RawRecord {
  readonly record: Readonly<Record<string, unknown>>;
}

/** The org's row; undefined if there is none. */
export async function readRow(
  client: pg.Client,
  table: TableName,
  org: string,
): Promise<ObservedRow | undefined> {
  const columns = new Set<string>([...warehouseColumns, ...recordColumns, 'status_message']);
  const { rows } = await client.query(
    `SELECT ${[...columns].join(', ')} FROM ${quoted(table)} WHERE org_id = $1`,
    [org],
  );
  return rows.length === 0 ? undefined : { at: `${table.table}[${org}]`, columns: rows[0], record: rows[0] };
}

/** The columns of a registration of all rows, by org id. One statement in a read-only transaction. */
export async function readRecords(
  client: pg.Client,
  table: TableName,
): Promise<Map<string, Readonly<Record<string, unknown>>>> {
  const columns = ['org_id', ...recordColumns, 'status_message'].join(', ');
  return withTransaction(client, 'read only', async () => {
    const { rows } = await client.query(`SELECT ${columns} FROM ${quoted(table)}`);
    return new Map(rows.map((row) => [String(row.org_id), row]));
  });
}

/** The columns of a registration of one row; undefined if there is none. */
export async function readRecord(
  client: pg.Client,
  table: TableName,
  org: string,
): Promise<Readonly<Record<string, unknown>> | undefined> {
  const { rows } = await client.query(
    `SELECT ${recordColumns.join(', ')} FROM ${quoted(table)} WHERE org_id = $1`,
    [org],
  );
  return rows[0];
}
