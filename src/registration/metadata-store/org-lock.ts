import { createHash } from 'node:crypto';
import type pg from 'pg';
import { type Connection, describe } from '../../clients/postgres/connection.ts';
import { withSession } from './session.ts';

export interface OrgLock {
  /** The session that holds the lock: what is done over it is done under the lock, or not at all. */
  readonly client: pg.Client;
  /** Whether another run for the org had to be waited for. */
  readonly waited: boolean;
  /** @throws an error, for which trying again may help, when the lock is no longer held: another run may have begun. */
  assertHeld(): Promise<void>;
}

/**
 * Runs `work` while no other run for this org does. Waits for its turn. The lock belongs to the session, so it
 * ends with this process, however that ends. It counts within one database: every run of an org must name the
 * same one.
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
  const key = lockKey(org);
  return withSession(connection, `pg_catalog.pg_try_advisory_lock(${key})`, async (client, isHeld) => {
    if (isHeld !== true) {
      onWait();
      await client.query('SELECT pg_catalog.pg_advisory_lock($1)', [key.toString()]);
    }
    return work({
      client,
      waited: isHeld !== true,
      assertHeld: () => assertHeld(client, key, `${org} on ${describe(connection)}`),
    });
  });
}

/** The 64 bits that stand for an org, apart from those that other programs choose. */
export function lockKey(org: string): bigint {
  return createHash('sha256').update(`lakekeeper-gitops\0${org}`).digest().readBigInt64BE();
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
