import { type Connection, describe } from '../clients/postgres/connection.ts';
import { withClient } from '../clients/postgres/postgres-client.ts';
import { shownTable, type TableName } from '../mapping/relation.ts';
import { UsageError } from '../text/errors.ts';
import { columnsOf } from './postgres-table.ts';

/** The names of the columns of a table or view. @throws UsageError when there is none; as `connect`. */
export async function readColumns(connection: Connection, name: TableName): Promise<string[]> {
  const columns = await withClient(connection, (client) =>
    columnsOf(async (text, values = []) => (await client.query(text, [...values])).rows, name),
  );
  if (columns !== undefined) return columns;
  throw new UsageError(
    `there is no table ${shownTable(name)} in database ${describe(connection)}; name it with --relation`,
  );
}
