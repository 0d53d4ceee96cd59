import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type pg from 'pg';
import { type BackOff, backOffMs } from '../../clients/back-off.ts';
import { type Connection, describe } from '../../clients/postgres/connection.ts';
import { withSession } from './session.ts';

export interface OrgLock {
  /** The session that holds the lock. If the lock is lost, its statements fail. */
  readonly client: pg.Client;
  /** Whether it had to wait for another run for the org. */
  readonly waited: boolean;
  /** @throws Error, which is transient, if the lock is lost: another run may have begun. */
  assertHeld(): Promise<void>;
}

/** Between two checks of a lock in another database: Postgres cannot wait for it. */
const otherDatabase: BackOff = { firstMs: 250, maxMs: 2000 };

/**
 * Runs `work` while no other run for this org does, also not one that is connected to another database of the server.
 * Waits for the other run. The lock belongs to the session, so it ends when this process ends.
 *
 * An advisory lock excludes others in its database only, but `pg_locks` has the locks of all databases. So a run
 * takes its lock, then checks for a lock in another database: of two runs, the later one sees the lock of the earlier
 * one. If both see each other, the run in the database with the smaller oid keeps its lock, and the other one
 * releases its own and waits.
 *
 * @param onWait called if another run has the lock.
 * @throws PermanentError behind a pooler in transaction mode; what `connect` and `work` throw.
 */
export function withOrgLock<T>(
  connection: Connection,
  org: string,
  work: (lock: OrgLock) => Promise<T>,
  onWait: () => void = () => {},
): Promise<T> {
  const key = lockKey(org);
  return withSession(connection, `pg_catalog.pg_try_advisory_lock(${key})`, async (client, isTaken) => {
    const waited = await waitForTurn(client, key, isTaken === true, onWait, connection.signal);
    return work({
      client,
      waited,
      assertHeld: () => assertHeld(client, key, `${org} on ${describe(connection)}`),
    });
  });
}

/** @returns whether it had to wait for another run. */
async function waitForTurn(
  client: pg.Client,
  key: bigint,
  isTaken: boolean,
  onWait: () => void,
  signal: AbortSignal | undefined,
): Promise<boolean> {
  let isHeld = isTaken;
  for (let checks = 0; ; ) {
    if (!isHeld) {
      if (checks === 0) onWait();
      await client.query('SELECT pg_catalog.pg_advisory_lock($1)', [key.toString()]);
      isHeld = true;
    }
    const others = await lockInOtherDatabase(client, key);
    if (others === 'none') return checks > 0 || !isTaken;
    if (checks === 0 && isTaken) onWait();
    checks += 1;
    if (others === 'goes first') {
      await client.query('SELECT pg_catalog.pg_advisory_unlock($1)', [key.toString()]);
      isHeld = false;
    }
    await sleep(backOffMs(checks, undefined, otherDatabase), undefined, { ...(signal && { signal }) });
  }
}

/** Whether a run in another database of the server has the org's lock, and which of the two goes first. */
async function lockInOtherDatabase(
  client: pg.Client,
  key: bigint,
): Promise<'none' | 'goes first' | 'goes second'> {
  const { rows } = await client.query<{ goesFirst: boolean }>(
    `SELECT l.database < d.oid AS "goesFirst" FROM pg_catalog.pg_locks AS l, pg_catalog.pg_database AS d
      WHERE d.datname = pg_catalog.current_database() AND l.database <> d.oid AND ${isLock}`,
    oidsOf(key),
  );
  if (rows.length === 0) return 'none';
  return rows.some(({ goesFirst }) => goesFirst) ? 'goes first' : 'goes second';
}

/** The key of an org's advisory lock: 64 bits of a hash, which other programs are unlikely to use. */
export function lockKey(org: string): bigint {
  return createHash('sha256').update(`lakekeeper-gitops\0${org}`).digest().readBigInt64BE();
}

async function assertHeld(client: pg.Client, key: bigint, what: string): Promise<void> {
  const lost = `the lock of ${what} is lost, and another run may have begun; run again`;
  const { rowCount } = await client
    .query(
      `SELECT FROM pg_catalog.pg_locks AS l WHERE l.pid = pg_catalog.pg_backend_pid() AND ${isLock}`,
      oidsOf(key),
    )
    .catch((cause: unknown) => {
      throw new Error(lost, { cause });
    });
  if (rowCount !== 1) throw new Error(lost);
}

const isLock =
  "l.locktype = 'advisory' AND l.granted AND l.objsubid = 1 AND l.classid = $1::oid AND l.objid = $2::oid";

/** The two halves of a key, as `pg_locks` has them. */
function oidsOf(key: bigint): string[] {
  return [BigInt.asUintN(32, key >> 32n), BigInt.asUintN(32, key)].map(String);
}
