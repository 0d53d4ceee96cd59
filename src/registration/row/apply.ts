import type pg from 'pg';
import { quoted } from '../../mapping/mapping-sql.ts';
import { warehouseColumns } from '../../mapping/raw-record.ts';
import type { TableName } from '../../mapping/relation.ts';
import { messagePrefix } from './plan.ts';
import { type RegistrationFailure, type RegistrationRecord, recordColumns } from './registration-record.ts';

/** All SQL that writes the org's row. */

/** `closed`: the row is gone or leaving, or Iceberg is disabled; nothing was written. */
export type Recorded = 'updated' | 'unchanged' | 'closed';

const maxMessageLength = 1024;

/** Condition of a row that may be written. It may have been disabled or deleted while the registration ran. */
const open =
  `org_id = $1 AND iceberg_enabled AND coalesce(iceberg_backend, '') IN ('', 'lakekeeper') AND ` +
  `coalesce(state, '') NOT IN ('deleting', 'deleted')`;

/**
 * Writes the registration with one UPDATE, only if something differs, so that `updated_at` changes only then. Of the
 * row's state, it only checks that the row may be written: other columns change while a registration runs, and the
 * result must not be lost because of them (incident 6).
 */
export async function recordSuccess(
  client: pg.Client,
  table: TableName,
  org: string,
  record: RegistrationRecord,
): Promise<Recorded> {
  const columns = recordColumns.join(', ');
  const values = recordColumns.map((_, i) => `$${i + 2}::text`).join(', ');
  // One of our messages is about a failure that is over.
  const message =
    `CASE WHEN starts_with(status_message, $${recordColumns.length + 2}) THEN NULL ELSE status_message ` +
    'END';
  return write(client, table, org, {
    set: `(${columns}, status_message, updated_at) = (${values}, ${message}, now())`,
    differs: `(${columns}, status_message) IS DISTINCT FROM (${values}, ${message})`,
    parameters: [...recordColumns.map((column) => record[column]), messagePrefix],
  });
}

/**
 * Writes that registration failed, and why, unless the row already has it. A registered org stays `ready`: its catalog
 * serves requests, whatever a later run meets.
 *
 * @param wasRegistered as this run read it. If another run has registered the org since, the row is not written.
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
      cut(messagePrefix + message, maxMessageLength - nextStep.length) + nextStep,
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

/**
 * The least rights that these statements need, as SQL.
 *
 * @param role name of the Postgres role, unquoted.
 */
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
