import { createHash } from 'node:crypto';
import type pg from 'pg';
import { type Connection, describe } from '../../clients/postgres/connection.ts';
import { expectOwnSession } from '../../clients/postgres/pooling.ts';
import { withClient } from '../../clients/postgres/postgres-client.ts';

export interface OrgLock {
  /** Whether another run for the org had to be waited for. */
  readonly waited: boolean;
  /** @throws an error, for which trying again may help, when the lock is no longer held: another run may have begun. */
  assertHeld(): Promise<void>;
}

/**
 * Runs `work` while no other run for this org does. Waits for its turn. The lock belongs to a session of its own, so it ends
 * with this process, however that ends. It counts within one database: every run of an org must name the same one.
 *
 * @param onWait called when another run has the lock.
 * @throws PermanentError behind a pooler that shares sessions; what `connect` and `work` throw.
 */
export function withOrgLock<T>(
  connection: Connection,
  org: string,
  work: (lock: OrgLock) => Promise<T>,
  onWait: () => void = () => {},
): Promise<T> {
  return withClient(connection, async (client) => {
    await expectOwnSession(client, connection);
    await prepareSession(client);
    const key = lockKey(org);
    const waited = !(await tryLock(client, key));
    if (waited) {
      onWait();
      await client.query('SELECT pg_catalog.pg_advisory_lock($1)', [key.toString()]);
    }
    return work({ waited, assertHeld: () => assertHeld(client, key, `${org} on ${describe(connection)}`) });
  });
}

async function tryLock(client: pg.Client, key: bigint): Promise<boolean> {
  const { rows } = await client.query<{ held: boolean }>(
    'SELECT pg_catalog.pg_try_advisory_lock($1) AS held',
    [key.toString()],
  );
  return rows[0]?.held ?? false;
}

/** The 64 bits that stand for an org, apart from those that other programs choose. */
export function lockKey(org: string): bigint {
  return createHash('sha256').update(`lakekeeper-gitops\0${org}`).digest().readBigInt64BE();
}

/** A wait may be long, and a machine that vanished must not hold the lock for hours, as TCP would let it. */
async function prepareSession(client: pg.Client): Promise<void> {
  const settings = {
    statement_timeout: '0',
    lock_timeout: '0',
    idle_session_timeout: '0',
    tcp_keepalives_idle: '30',
    tcp_keepalives_interval: '10',
    tcp_keepalives_count: '3',
    // A run that was ended while it waited must not be given the lock that nobody will use.
    client_connection_check_interval: '5s',
  };
  for (const [name, value] of Object.entries(settings))
    await client.query('SELECT pg_catalog.set_config($1, $2, false)', [name, value]);
}

async function assertHeld(client: pg.Client, key: bigint, what: string): Promise<void> {
  const high = BigInt.asUintN(32, key >> 32n);
  const low = BigInt.asUintN(32, key);
  const lost = `the lock of ${what} is lost, and another run may have begun; run again`;
  const { rowCount } = await client
    .query(
      `SELECT FROM pg_catalog.pg_locks WHERE locktype = 'advisory' AND granted AND objsubid = 1
        AND pid = pg_catalog.pg_backend_pid() AND classid = $1::oid AND objid = $2::oid`,
      [high.toString(), low.toString()],
    )
    .catch((cause: unknown) => {
      throw new Error(lost, { cause });
    });
  if (rowCount !== 1) throw new Error(lost);
}
