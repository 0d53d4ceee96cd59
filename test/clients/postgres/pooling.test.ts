import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parseConnection } from '../../../src/clients/postgres/connection.ts';
import { poolingOf, refuseTransactionPooling } from '../../../src/clients/postgres/pooling.ts';
import { withClient } from '../../../src/clients/postgres/postgres-client.ts';
import { PermanentError } from '../../../src/text/errors.ts';
import { type EmbeddedPostgres, startPostgres } from '../../support/embedded-postgres.ts';
import { isPgBouncerAbsent, withPgBouncer } from '../../support/pgbouncer.ts';

describe('who answers says whether sessions are shared', () => {
  test.each([
    ['the process that was announced', 'none', { reported: 7, first: [7, 7], second: [] }],
    [
      'another process, always the same, and another one for the second client',
      'session',
      { reported: 7, first: [8, 8], second: [9, 9] },
    ],
    ['one process for both clients', 'shared', { reported: 7, first: [8, 8], second: [8, 8] }],
    ['one process after another', 'shared', { reported: 7, first: [8, 9], second: [10, 10] }],
    [
      'one process after another for the second client',
      'shared',
      { reported: 7, first: [8, 8], second: [9, 10] },
    ],
    ['the reported process only by chance', 'shared', { reported: 7, first: [7, 8], second: [9] }],
    ['nobody', 'shared', { reported: 7, first: [], second: [] }],
  ] as const)('%s: %s', (_, expected, evidence) => {
    expect(poolingOf(evidence)).toBe(expected);
  });
});

describe('a session of its own', () => {
  let server: EmbeddedPostgres;
  beforeAll(async () => {
    server = await startPostgres();
  });
  afterAll(() => server?.stop());

  const check = (url: string): Promise<void> => {
    const connection = parseConnection(url, {});
    return withClient(connection, (client) => refuseTransactionPooling(client, connection));
  };

  test('is what Postgres itself gives', async () => {
    await check(server.url);
  });

  describe.skipIf(isPgBouncerAbsent)(
    `behind PgBouncer${isPgBouncerAbsent ? ' (not run: it is not on this machine)' : ''}`,
    () => {
      test.each([
        ['transaction', false],
        ['statement', false],
        ['session', true],
      ])('in %s mode: %s', async (mode, accepted) => {
        await withPgBouncer(server, mode, async (port) => {
          const url = `postgres://postgres:${server.password}@127.0.0.1:${port}/postgres?sslmode=disable`;
          if (accepted) return check(url);
          // Also when other clients have left several sessions behind.
          for (const others of [0, 3]) {
            await Promise.all(
              Array.from({ length: others }, () =>
                withClient(parseConnection(url, {}), (client) => client.query('SELECT pg_sleep(0.2)')),
              ),
            );
            await expect(check(url)).rejects.toThrow('is a pooler in transaction mode');
            await expect(check(url)).rejects.toBeInstanceOf(PermanentError);
          }
        });
      });
    },
  );
});
