import type pg from 'pg';
import { withTransaction } from '../../clients/postgres/postgres-client.ts';
import { quoted, type TableName } from '../../source/postgres-table.ts';
import type { RawRecord } from '../../source/raw-record.ts';
import { warehouseColumns } from '../../source/raw-record.ts';
import { type RegistrationFailure, type RegistrationRecord, recordColumns } from './registration-record.ts';

/** All SQL on the org's row in the control plane's database. */

export type Recorded =
  | 'updated'
  | 'unchanged'
  | /** The row is gone, leaving, or Iceberg was disabled: nothing was written. */ 'closed';

/** Begins every message of ours in `status_message`, a column that the control plane writes too. */
const sender = 'lakekeeper-gitops: ';
const longestMessage = 1024;

/** A row that may be written: it may have been disabled, deleted or dropped while the registration ran. */
const open =
  `org_id = $1 AND iceberg_enabled AND coalesce(iceberg_backend, '') IN ('', 'lakekeeper') AND ` +
  `coalesce(state, '') NOT IN ('deleting', 'deleted')`;

/** The org's row as rendering would read it, and what it says of a registration. */
export interface RowAsRead extends RawRecord {
  readonly record: Readonly<Record<string, unknown>>;
}

/** Reads the org's row again. @returns undefined when it is gone. */
export async function readRow(
  client: pg.Client,
  table: TableName,
  org: string,
): Promise<RowAsRead | undefined> {
  const columns = new Set<string>([...warehouseColumns, ...recordColumns, 'status_message']);
  const { rows } = await client.query(
    `SELECT ${[...columns].join(', ')} FROM ${quoted(table)} WHERE org_id = $1`,
    [org],
  );
  return rows.length === 0 ? undefined : { at: `${table.table}[${org}]`, columns: rows[0], record: rows[0] };
}

/** Whether the row says all of the record already, and nothing of a failure: then there is nothing to write. */
export function saysAll({ record: found }: RowAsRead, record: RegistrationRecord): boolean {
  const isOfFailure = typeof found.status_message === 'string' && found.status_message.startsWith(sender);
  return !isOfFailure && recordColumns.every((column) => found[column] === record[column]);
}

/** As `recordFailure` understands it. */
export function isRegistered({ record }: RowAsRead): boolean {
  return saysRegistered(record);
}

/** @param record the columns of a row, or the data of a ConfigMap in its place. */
export function saysRegistered(record: Readonly<Record<string, unknown>>): boolean {
  return record.iceberg_state === 'ready' && Boolean(record.iceberg_lakekeeper_endpoint);
}

/**
 * What it says of a failed registration; undefined when it says nothing of one.
 *
 * @param isOurs whether nobody else writes its messages: of a ConfigMap.
 */
export function failureIn(record: Readonly<Record<string, unknown>>, isOurs: boolean): string | undefined {
  const { status_message: message } = record;
  if (typeof message !== 'string' || message === '') return undefined;
  if (message.startsWith(sender)) return message.slice(sender.length);
  return isOurs ? message : undefined;
}

/** What all rows say of their registrations, by org: one read-only statement. */
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

/** What the row says of a registration now. @returns undefined when it is gone. */
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

/**
 * Writes what was registered: one UPDATE, only when something differs, so that `updated_at` moves only then. It
 * compares no state of the row but that it is open: state moves while a registration runs, and its result must
 * not be lost for that (incident 6).
 */
export async function recordSuccess(
  client: pg.Client,
  table: TableName,
  org: string,
  record: RegistrationRecord,
): Promise<Recorded> {
  const columns = recordColumns.join(', ');
  const values = recordColumns.map((_, i) => `$${i + 2}::text`).join(', ');
  // A message of ours is about a failure that is over.
  const message =
    `CASE WHEN starts_with(status_message, $${recordColumns.length + 2}) THEN NULL ELSE status_message ` +
    'END';
  return write(client, table, org, {
    set: `(${columns}, status_message, updated_at) = (${values}, ${message}, now())`,
    differs: `(${columns}, status_message) IS DISTINCT FROM (${values}, ${message})`,
    parameters: [...recordColumns.map((column) => record[column]), sender],
  });
}

/**
 * Writes that registration failed, and why, when the row does not say so yet. An org that is registered stays
 * `ready`: a run that failed says nothing about its catalog, which serves.
 *
 * @param wasRegistered as this run saw it. When another run registered the org since, that one's success is left alone.
 */
export async function recordFailure(
  client: pg.Client,
  table: TableName,
  org: string,
  { state, message, nextStep = '' }: RegistrationFailure,
  wasRegistered = true,
): Promise<Recorded> {
  const isRegistered = `iceberg_state = 'ready' AND coalesce(iceberg_lakekeeper_endpoint, '') <> ''`;
  const kept = `CASE WHEN ${isRegistered} THEN iceberg_state ELSE $2::text END`;
  return write(client, table, org, {
    set: `(iceberg_state, status_message, updated_at) = (${kept}, $3::text, now())`,
    differs: `(iceberg_state, status_message) IS DISTINCT FROM (${kept}, $3::text)
      AND ($4::boolean OR NOT coalesce(${isRegistered}, false))`,
    parameters: [
      state,
      cut(sender + message, longestMessage - nextStep.length) + nextStep,
      String(wasRegistered),
    ],
  });
}

async function write(
  client: pg.Client,
  table: TableName,
  org: string,
  { set, differs, parameters }: { set: string; differs: string; parameters: readonly string[] },
): Promise<Recorded> {
  const updated = await client.query(`UPDATE ${quoted(table)} SET ${set} WHERE ${open} AND ${differs}`, [
    org,
    ...parameters,
  ]);
  if (updated.rowCount !== 0) return 'updated';
  const { rowCount } = await client.query(`SELECT FROM ${quoted(table)} WHERE ${open}`, [org]);
  return rowCount === 0 ? 'closed' : 'unchanged';
}

function cut(message: string, longest: number): string {
  const characters = [...message];
  return characters.length <= longest ? message : `${characters.slice(0, longest - 1).join('')}…`;
}

/** The least rights that these statements need, as SQL. @param role name of the database role, unquoted. */
export function grants(table: TableName, role: string): string {
  const written = [...recordColumns, 'status_message', 'updated_at'];
  const read = [...new Set<string>([...warehouseColumns, ...written])].filter(
    (column) => column !== 'updated_at',
  );
  const to = `ON ${quoted(table)} TO "${role.replaceAll('"', '""')}";`;
  return [
    `GRANT USAGE ON SCHEMA "${table.schema.replaceAll('"', '""')}" TO "${role.replaceAll('"', '""')}";`,
    `GRANT SELECT (${read.join(', ')}) ${to}`,
    `GRANT UPDATE (${written.join(', ')}) ${to}`,
  ].join('\n');
}
