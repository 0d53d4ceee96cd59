import type pg from 'pg';
import { majorVersionOf } from '../../clients/postgres/connect.ts';
import { type Connection, describe } from '../../clients/postgres/connection.ts';
import { refuseTransactionPooling, reportedProcessId } from '../../clients/postgres/pooling.ts';
import { withClient } from '../../clients/postgres/postgres-client.ts';
import { PermanentError } from '../../text/errors.ts';
import { oldestPostgres } from './metadata-store.ts';

/**
 * Settings of every session that takes the lock or writes, instead of those of the login or the database. The wait
 * for the lock may be long. The keepalives end the session of a machine that is gone, which would hold the lock for
 * hours.
 */
const settings = {
  statement_timeout: '0',
  lock_timeout: '0',
  idle_session_timeout: '0',
  tcp_keepalives_idle: '30',
  tcp_keepalives_interval: '10',
  tcp_keepalives_count: '3',
  // Ends the wait of a run that is gone, which would otherwise get the lock.
  client_connection_check_interval: '5s',
  // The role owns the database, and could create functions there that an admin's statements would call
  // (CVE-2018-1058).
  search_path: 'pg_catalog',
};

/**
 * `transaction_timeout` exists since 17. `default_transaction_read_only` is overridden only where the login or the
 * database has it: providers set it for the server when its disk is full.
 */
const conditionalSettings = `
  SELECT pg_catalog.set_config(name, CASE name WHEN 'transaction_timeout' THEN '0' ELSE 'off' END, false)
  FROM pg_catalog.pg_settings WHERE (name = 'transaction_timeout' OR name = 'default_transaction_read_only'
    AND source IN ('user', 'database', 'database user', 'global'))`;

/**
 * Runs `work` with a session that keeps its settings and locks between statements.
 *
 * @param expression SQL that is evaluated in the same round trip as the settings.
 * @param work is called with the value of the expression.
 * @throws PermanentError behind a pooler in transaction mode, and for a server that is too old; what `connect` and
 * `work` throw.
 */
export function withSession<T>(
  connection: Connection,
  expression: string,
  work: (client: pg.Client, value: unknown) => Promise<T>,
): Promise<T> {
  return withClient(connection, async (client) => {
    expectVersion(client, connection);
    const first = await prepare(
      client,
      `pg_catalog.pg_backend_pid() = ${reportedProcessId(client)}`,
      expression,
    );
    if (first.isOurs) return work(client, first.value);
    await refuseTransactionPooling(client, connection);
    return work(client, (await prepare(client, 'true', expression)).value);
  });
}

/**
 * Sets the settings, only in a session of our own: behind a pooler, the session may be another client's with the next
 * statement.
 *
 * @param isOurs SQL condition: whether the session is our own. If not, nothing is set and the value is NULL.
 */
async function prepare(
  client: pg.Client,
  isOurs: string,
  expression: string,
): Promise<{ readonly isOurs: boolean; readonly value: unknown }> {
  const all = Object.entries(settings).map(
    ([name, value]) => `pg_catalog.set_config('${name}', '${value}', false)`,
  );
  // Without parameters, `pg` sends all statements in one message and returns a result for each.
  const results = (await client.query(
    `SELECT CASE WHEN ${isOurs} THEN ${all.join(' || ')} END;
     ${conditionalSettings} AND ${isOurs};
     SELECT ${isOurs} AS "isOurs", CASE WHEN ${isOurs} THEN ${expression} END AS value`,
  )) as unknown as pg.QueryResult<{ isOurs: boolean; value: unknown }>[];
  return results.at(-1)?.rows[0] ?? { isOurs: false, value: undefined };
}

/**
 * Checked before the first statement, which an older server might not support.
 *
 * @throws PermanentError if the server is too old for a catalog.
 */
export function expectVersion(client: pg.Client, connection: Connection): void {
  const version = majorVersionOf(client);
  if (version > 0 && version < oldestPostgres)
    throw new PermanentError(
      `${describe(connection)}: expected Postgres ${oldestPostgres} or newer for the metadata store, ` +
        `and found ${version}`,
    );
}
