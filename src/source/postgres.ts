import { connect, disconnect } from '../clients/postgres/connect.ts';
import { type Connection, describe } from '../clients/postgres/connection.ts';
import { begin } from '../clients/postgres/postgres-client.ts';
import { fieldExpression, orgIdentifier, selectList } from '../mapping/mapping-sql.ts';
import type { RawRecord, WarehouseColumn } from '../mapping/raw-record.ts';
import { isInRow, type RecordTable, withRecorded } from '../mapping/record-table.ts';
import { type RecordedRows, recordedRows } from '../mapping/recorded-rows.ts';
import { shownTable, type TableName } from '../mapping/relation.ts';
import { duckgres, type SourceMapping } from '../mapping/source-mapping.ts';
import { UsageError } from '../text/errors.ts';
import { nameForMessage } from '../text/printable.ts';
import { expectRecords, expectTable, noPermission, type Query } from './postgres-table.ts';

/** The table or view with the warehouse rows; schema and table as the catalog has them, unquoted. */
export interface PostgresSource extends TableName {
  readonly connection: Connection;
  /** Where the fields are; the built-in mapping when left out. */
  readonly mapping?: SourceMapping;
  /** Where registrations are recorded, in this database; in the columns of the mapping when left out. */
  readonly record?: RecordTable | undefined;
  /** Milliseconds to wait for each answer of the server. */
  readonly answerTimeoutMs?: number;
}

/**
 * Reads the warehouse rows in one read-only snapshot.
 *
 * @returns records whose values are strings or null, only `iceberg_enabled` as it comes (a boolean); a column that the
 * table lacks is left out. Orgs that are registered already come first, the others follow; both in the byte order of
 * their ids.
 * @throws UsageError when the table, one of its columns, or the right to read it is missing, and for what
 * `connect` calls a usage error; any other error when trying again may help.
 */
export async function* readPostgres(source: PostgresSource): AsyncGenerator<RawRecord> {
  const { rows, names } = await readRows(source);
  for (const columns of rows)
    yield { at: `${nameForMessage(source.table)}[${address(columns.org_id)}]`, columns, names };
}

type WarehouseRow = Record<WarehouseColumn, unknown>;

async function readRows({
  connection,
  mapping = duckgres,
  record,
  answerTimeoutMs = 60_000,
  ...name
}: PostgresSource): Promise<{ readonly rows: WarehouseRow[]; readonly names: RawRecord['names'] }> {
  const client = await connect(connection);
  const place = `database ${describe(connection)}`;
  const query: Query = async (text, values = []) => {
    // For a server that no longer answers at all; one that does has its limit from below, and says more.
    const limited = { text, values: [...values], query_timeout: 1.2 * answerTimeoutMs };
    return (await client.query(limited)).rows;
  };
  try {
    await query(begin['read only']);
    await query(`SET LOCAL statement_timeout = ${answerTimeoutMs}`);
    if (record !== undefined) await expectRecords(query, record, place);
    const isOfRow = record !== undefined && isInRow(record);
    const fitted = await expectTable(query, name, isOfRow ? withRecorded(mapping, record) : mapping, place);
    const recorded = recordedRows(name, fitted, record);
    return { rows: await query<WarehouseRow>(selectRows(recorded)), names: recorded.mapping.names };
  } catch (error) {
    if (error instanceof UsageError) throw error;
    const { code } = error as { code?: unknown };
    if (code === insufficientPrivilege) throw noPermission(name, connection.user, place, error);
    const reading = `while reading table ${shownTable(name)} in ${place}`;
    const isTooLate = code === queryCanceled || (error as Error).message === noAnswer;
    throw new Error(isTooLate ? `${reading}: ${tooLate(answerTimeoutMs)}` : reading, { cause: error });
  } finally {
    // Ends the transaction as well: it has changed nothing.
    await disconnect(client);
  }
}

const insufficientPrivilege = '42501';
const queryCanceled = '57014';
/** By the text of `pg`, which has no code for it. */
const noAnswer = 'Query read timeout';

function tooLate(limitMs: number): string {
  return (
    `there was no answer within ${limitMs / 1000} s; look for a lock on the table (pg_locks), or for a network ` +
    'that drops connections, and run the command again'
  );
}

function selectRows({ from, mapping }: RecordedRows): string {
  // Registered orgs first: when two ids claim one name, it belongs to the org that already has it. Then in an
  // order that does not depend on the database's collation, because the output must not either.
  return `SELECT ${selectList(mapping)} FROM ${from}
    ORDER BY coalesce(${fieldExpression(mapping, 'iceberg_lakekeeper_endpoint')}, '') <> '' DESC,
      ${orgIdentifier(mapping)}::text COLLATE "C"`;
}

function address(orgId: unknown): string {
  return typeof orgId === 'string' ? nameForMessage(orgId) : String(orgId);
}
