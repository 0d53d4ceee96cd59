import type pg from 'pg';
import { connect, disconnect } from './connect.ts';
import type { Connection } from './connection.ts';

/**
 * Connects, runs `work` with the client, and always ends the connection.
 *
 * @throws as `connect` does, and what `work` throws; the reason of the connection's signal once that has ended it.
 */
export async function withClient<T>(
  connection: Connection,
  work: (client: pg.Client) => Promise<T>,
): Promise<T> {
  const client = await connect(connection);
  let lost: Error | undefined;
  client.on('error', (error) => {
    lost ??= error;
  });
  try {
    return await work(client);
  } catch (error) {
    // The signal closed the connection; `error` is only a consequence of that.
    connection.signal?.throwIfAborted();
    // A query after the loss only says "not queryable".
    if (lost !== undefined && error instanceof Error && error !== lost) error.cause ??= lost;
    throw error;
  } finally {
    await disconnect(client);
  }
}

/** The statement that begins a transaction. A read-only one reads from one snapshot. */
export const begin = {
  'read only': 'BEGIN TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY',
  'read write': 'BEGIN TRANSACTION READ WRITE',
} as const;

/**
 * Runs `work` in a transaction, committed when it succeeds, rolled back when it throws.
 *
 * @throws what `work` throws; an error when the server rolled back instead of committing.
 */
export async function withTransaction<T>(
  client: pg.Client,
  mode: keyof typeof begin,
  work: () => Promise<T>,
): Promise<T> {
  await client.query(begin[mode]);
  let result: T;
  try {
    result = await work();
  } catch (error) {
    // When the connection is gone there is nothing to roll back, and the first error is the one to report.
    await client.query('ROLLBACK').catch(() => undefined);
    throw error;
  }
  // Postgres answers COMMIT with ROLLBACK, and no error, when a statement failed and `work` swallowed it.
  const { command } = await client.query('COMMIT');
  if (command !== 'COMMIT')
    throw new Error('the transaction was rolled back, because a statement in it failed');
  return result;
}
