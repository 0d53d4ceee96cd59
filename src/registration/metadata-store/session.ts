import type pg from 'pg';
import { majorVersionOf } from '../../clients/postgres/connect.ts';
import { type Connection, describe } from '../../clients/postgres/connection.ts';
import { refuseTransactionPooling, reportedProcessId } from '../../clients/postgres/pooling.ts';
import { withClient } from '../../clients/postgres/postgres-client.ts';
import { PermanentError } from '../../text/errors.ts';
import { oldestPostgres } from './metadata-store.ts';

/**
 * Settings of a session that makes things, whatever settings the login or the database has. A wait for the lock
 * may be long, and a machine that vanished must not hold it for hours, as TCP would let it.
 */
const settings = {
  statement_timeout: '0',
  lock_timeout: '0',
  idle_session_timeout: '0',
  tcp_keepalives_idle: '30',
  tcp_keepalives_interval: '10',
  tcp_keepalives_count: '3',
  // A run that was ended while it waited must not be given the lock that nobody will use.
  client_connection_check_interval: '5s',
  // The database is the role's, who could put functions before those of the server, for an admin to run
  // (CVE-2018-1058).
  search_path: 'pg_catalog',
};

/**
 * A limit that Postgres has since 17, and a setting of which the server's own stays: with it, providers protect a
 * server whose disk is full.
 */
const conditionalSettings = `SELECT pg_catalog.set_config(name, CASE name WHEN 'transaction_timeout' THEN '0' ELSE 'off' END, false)
  FROM pg_catalog.pg_settings WHERE (name = 'transaction_timeout' OR name = 'default_transaction_read_only'
    AND source IN ('user', 'database', 'database user', 'global'))`;

/**
 * Lends a session that keeps its settings and its locks from one statement to the next.
 *
 * @param expression in SQL: sent with the settings, in one round trip.
 * @param work is given its value.
 * @throws PermanentError behind a pooler that shares sessions, and on a server that is too old; what `connect`
 * and `work` throw.
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
 * Nothing is left behind in a session that may be another client's with the next statement.
 *
 * @param isOurs condition in SQL: whether the session is our own. Else nothing is set, and the expression has no value.
 */
async function prepare(
  client: pg.Client,
  isOurs: string,
  expression: string,
): Promise<{ readonly isOurs: boolean; readonly value: unknown }> {
  const all = Object.entries(settings).map(
    ([name, value]) => `pg_catalog.set_config('${name}', '${value}', false)`,
  );
  // Without parameters `pg` sends all in one message, and returns a result for each statement.
  const results = (await client.query(
    `SELECT CASE WHEN ${isOurs} THEN ${all.join(' || ')} END;
     ${conditionalSettings} AND ${isOurs};
     SELECT ${isOurs} AS "isOurs", CASE WHEN ${isOurs} THEN ${expression} END AS value`,
  )) as unknown as pg.QueryResult<{ isOurs: boolean; value: unknown }>[];
  return results.at(-1)?.rows[0] ?? { isOurs: false, value: undefined };
}

/**
 * @throws PermanentError when the server is too old for a catalog: said before anything is asked that it may
 * not understand.
 */
export function expectVersion(client: pg.Client, connection: Connection): void {
  const version = majorVersionOf(client);
  if (version > 0 && version < oldestPostgres)
    throw new PermanentError(
      `${describe(connection)}: expected Postgres ${oldestPostgres} or newer for the metadata store, ` +
        `and found ${version}`,
    );
}
