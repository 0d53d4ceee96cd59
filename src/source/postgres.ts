import pg from 'pg';
import Cursor from 'pg-cursor';
import { connect, disconnect } from '../clients/postgres/connect.ts';
import { type Connection, describe } from '../clients/postgres/connection.ts';
import { begin } from '../clients/postgres/postgres-client.ts';
import { UsageError } from '../text/errors.ts';
import { nameForMessage } from '../text/printable.ts';
import { expectTable, noPermission, quoted, type TableName } from './postgres-table.ts';
import { type RawRecord, type WarehouseColumn, warehouseColumns } from './raw-record.ts';

/** The table or view with the warehouse rows; schema and table as the catalog has them, unquoted. */
export interface PostgresSource extends TableName {
  readonly connection: Connection;
}

const rowsPerBatch = 1000;

/**
 * Reads the warehouse rows in one read-only snapshot, a batch at a time, so that memory does not grow with the fleet.
 *
 * @returns records whose values are strings or null, only `iceberg_enabled` as it comes (a boolean). Orgs that are
 * registered already come first, then in the byte order of their ids. Leaving the loop early ends the connection.
 * @throws UsageError when the table, one of its columns, or the right to read it is missing, and for what
 * `connect` calls a usage error; any other error when trying again may help.
 */
export async function* readPostgres({ connection, ...name }: PostgresSource): AsyncGenerator<RawRecord> {
  const client = await connect(connection);
  const place = `database ${describe(connection)}`;
  try {
    await client.query(begin['read only']);
    await expectTable(client, name, place);
    yield* readRows(client, name);
  } catch (error) {
    if (error instanceof UsageError) throw error;
    const { code } = error as { code?: unknown };
    if (code === insufficientPrivilege) throw noPermission(name, connection.user, place, error);
    throw new Error(
      `while reading table ${nameForMessage(name.schema)}.${nameForMessage(name.table)} in ${place}`,
      {
        cause: error,
      },
    );
  } finally {
    // Ends the transaction as well: it has changed nothing.
    await disconnect(client);
  }
}

const insufficientPrivilege = '42501';

async function* readRows(client: pg.Client, name: TableName): AsyncGenerator<RawRecord> {
  const cursor = client.query(new Cursor<Record<WarehouseColumn, unknown>>(selectRows(name)));
  let failed = false;
  try {
    for (;;) {
      const rows = await cursor.read(rowsPerBatch);
      if (rows.length === 0) return;
      for (const columns of rows)
        yield { at: `${nameForMessage(name.table)}[${address(columns.org_id)}]`, columns };
    }
  } catch (error) {
    failed = true;
    throw error;
  } finally {
    // After an error there is nothing to close, and on a lost connection no answer to wait for.
    if (!failed) await cursor.close();
  }
}

function selectRows(name: TableName): string {
  const columns = warehouseColumns.map((column) => {
    const identifier = pg.escapeIdentifier(column);
    // As text, so that a view may have any type and no number is rounded.
    return column === 'iceberg_enabled' ? identifier : `${identifier}::text AS ${identifier}`;
  });
  // Registered orgs first: when two ids claim one name, it belongs to the org that already has it. Then in an
  // order that does not depend on the database's collation, because the output must not either.
  return `SELECT ${columns.join(', ')} FROM ${quoted(name)}
    ORDER BY coalesce("iceberg_lakekeeper_endpoint"::text, '') <> '' DESC, "org_id"::text COLLATE "C"`;
}

function address(orgId: unknown): string {
  return typeof orgId === 'string' ? nameForMessage(orgId) : String(orgId);
}
