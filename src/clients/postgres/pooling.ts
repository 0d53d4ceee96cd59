import type pg from 'pg';
import { PermanentError } from '../../text/errors.ts';
import { type Connection, describe } from './connection.ts';
import { withClient } from './postgres-client.ts';

/** Process ids of server sessions that two clients, connected at the same time, received. */
export interface PoolingEvidence {
  /** Reported to the first client at its login. */
  readonly reported: number;
  /** Of the session that executed each statement of the first client, and each of the second. */
  readonly first: readonly number[];
  readonly second: readonly number[];
}

/**
 * Whether a client has a session of its own. At the login, Postgres reports the process id of the session. A pooler,
 * such as PgBouncer, reports a number of its own. Behind a pooler, a client shares sessions when several processes
 * answer it, or when one process answers two clients. Its locks and settings would then be in another client's
 * session.
 */
export function poolingOf({ reported, first, second }: PoolingEvidence): 'none' | 'session' | 'shared' {
  if ([...first, ...second].length === 0) return 'shared';
  if (first.every((pid) => pid === reported)) return 'none';
  const changes = [first, second].some((pids) => new Set(pids).size > 1);
  return changes || first.some((pid) => second.includes(pid)) ? 'shared' : 'session';
}

/**
 * Checks that `client`, which is connected to `connection`, keeps its session between statements.
 *
 * @throws PermanentError when it is connected to a pooler in transaction or statement mode.
 */
export async function refuseTransactionPooling(client: pg.Client, connection: Connection): Promise<void> {
  const pid = await backendPid(client);
  // The second client is needed only behind a pooler.
  if (poolingOf({ reported: reportedProcessId(client), first: [pid], second: [] }) === 'none') return;
  const pooling = await withClient(connection, async (other) => {
    const first = [pid];
    const second: number[] = [];
    // Not in turns: a pooler that alternates between two sessions would seem to have one for each client.
    first.push(await backendPid(client));
    second.push(await backendPid(other));
    first.push(await backendPid(client));
    second.push(await backendPid(other), await backendPid(other));
    first.push(await backendPid(client));
    return poolingOf({ reported: reportedProcessId(client), first, second });
  });
  if (pooling === 'shared')
    throw new PermanentError(
      `${describe(connection)} is a pooler in transaction mode (PgBouncer or the like): it gives ` +
        'each statement to any session, ' +
        'so locks do not hold; give the address of Postgres itself, or of a pool in session mode',
    );
}

async function backendPid(client: pg.Client): Promise<number> {
  const { rows } = await client.query<{ pid: number }>('SELECT pg_catalog.pg_backend_pid() AS pid');
  return rows[0]?.pid ?? 0;
}

/** The process id that the server reported at the login; 0 for none. The types of `pg` do not have it. */
export function reportedProcessId(client: pg.Client): number {
  return 'processID' in client && typeof client.processID === 'number' ? client.processID : 0;
}
