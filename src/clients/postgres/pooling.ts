import type pg from 'pg';
import { PermanentError } from '../../text/errors.ts';
import { type Connection, describe } from './connection.ts';
import { withClient } from './postgres-client.ts';

/** What two clients, open at the same time, saw. */
export interface PoolingEvidence {
  /** The process that the server named when the first client connected. */
  readonly announced: number;
  /** The process that answered each of the first client's statements, and each of the second's. */
  readonly first: readonly number[];
  readonly second: readonly number[];
}

/**
 * Whether a session of its own stands behind a client. Postgres announces the process that then answers; a
 * pooler, such as PgBouncer, announces a number of its own. Behind a pooler, a client that is answered by
 * several processes, or by one that also answers another client, shares sessions: a lock or a setting would be
 * another client's with the next statement.
 */
export function poolingOf({ announced, first, second }: PoolingEvidence): 'none' | 'session' | 'shared' {
  if ([...first, ...second].length === 0) return 'shared';
  if (first.every((pid) => pid === announced)) return 'none';
  const changes = [first, second].some((pids) => new Set(pids).size > 1);
  return changes || first.some((pid) => second.includes(pid)) ? 'shared' : 'session';
}

/**
 * Expects that `client`, which is connected to `connection`, keeps its session between statements.
 *
 * @throws PermanentError when a pooler in transaction or statement mode is in between.
 */
export async function refuseTransactionPooling(client: pg.Client, connection: Connection): Promise<void> {
  const pid = await backend(client);
  // A second client costs a connection, and is only needed behind a pooler.
  if (poolingOf({ announced: announcedTo(client), first: [pid], second: [] }) === 'none') return;
  const pooling = await withClient(connection, async (other) => {
    const first = [pid];
    const second: number[] = [];
    // In no regular order, so that a pooler that takes turns does not look like two sessions.
    first.push(await backend(client));
    second.push(await backend(other));
    first.push(await backend(client));
    second.push(await backend(other), await backend(other));
    first.push(await backend(client));
    return poolingOf({ announced: announcedTo(client), first, second });
  });
  if (pooling === 'shared')
    throw new PermanentError(
      `${describe(connection)} is a pooler in transaction mode (PgBouncer or the like): it gives ` +
        'each statement to any session, ' +
        'so locks do not hold; give the address of Postgres itself, or of a pool in session mode',
    );
}

async function backend(client: pg.Client): Promise<number> {
  const { rows } = await client.query<{ pid: number }>('SELECT pg_catalog.pg_backend_pid() AS pid');
  return rows[0]?.pid ?? 0;
}

/** The process that the server named at the login, 0 for none. `pg` keeps it, but does not declare it. */
export function announcedTo(client: pg.Client): number {
  return 'processID' in client && typeof client.processID === 'number' ? client.processID : 0;
}
