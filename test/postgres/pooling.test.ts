import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { withClient } from '../../src/postgres/client.ts';
import { parseConnection } from '../../src/postgres/connection.ts';
import { expectOwnSession, poolingOf } from '../../src/postgres/pooling.ts';
import { PermanentError } from '../../src/report/errors.ts';
import { type EmbeddedPostgres, startPostgres } from '../support/embedded-postgres.ts';
import { freePort } from '../support/logged-postgres.ts';
import { unprivilegedUser } from '../support/postgres-binaries.ts';

describe('who answers says whether sessions are shared', () => {
  test.each([
    ['the process that was announced', 'none', { announced: 7, first: [7, 7], second: [] }],
    [
      'another process, always the same, and another one for the second client',
      'session',
      { announced: 7, first: [8, 8], second: [9, 9] },
    ],
    ['one process for both clients', 'shared', { announced: 7, first: [8, 8], second: [8, 8] }],
    ['one process after another', 'shared', { announced: 7, first: [8, 9], second: [10, 10] }],
    [
      'one process after another for the second client',
      'shared',
      { announced: 7, first: [8, 8], second: [9, 10] },
    ],
    ['the announced process only by chance', 'shared', { announced: 7, first: [7, 8], second: [9] }],
    ['nobody', 'shared', { announced: 7, first: [], second: [] }],
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
    return withClient(connection, (client) => expectOwnSession(client, connection));
  };

  test('is what Postgres itself gives', async () => {
    await check(server.url);
  });

  const pgbouncer = ['/usr/sbin/pgbouncer', '/usr/bin/pgbouncer'].find(existsSync);
  const isSkipped = pgbouncer === undefined && !process.env.CI;
  const absent = isSkipped ? ' (not run: there is no pgbouncer on this machine)' : '';
  describe.skipIf(isSkipped)(`behind PgBouncer${absent}`, () => {
    test.each([
      ['transaction', false],
      ['statement', false],
      ['session', true],
    ])('in %s mode: %s', async (mode, accepted) => {
      if (pgbouncer === undefined) throw new Error('there is no pgbouncer on this machine; CI needs it');
      await withPgBouncer(pgbouncer, server, mode, async (url) => {
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
  });
});

async function withPgBouncer(
  program: string,
  server: EmbeddedPostgres,
  mode: string,
  work: (url: string) => Promise<void>,
): Promise<void> {
  const runAs = unprivilegedUser();
  const directory = mkdtempSync('/tmp/pgbouncer-');
  const port = await freePort();
  const files = {
    users: `"postgres" "${server.password}"\n`,
    ini: `[databases]
* = host=127.0.0.1 port=${server.port}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = ${port}
unix_socket_dir =
auth_type = scram-sha-256
auth_file = ${join(directory, 'users')}
pool_mode = ${mode}
`,
  };
  for (const [name, text] of Object.entries(files)) writeFileSync(join(directory, name), text);
  if (runAs.uid !== undefined && runAs.gid !== undefined)
    execFileSync('chown', ['-R', `${runAs.uid}:${runAs.gid}`, directory]);
  const pooler = spawn(program, [join(directory, 'ini')], { ...runAs, stdio: ['ignore', 'ignore', 'pipe'] });
  const exited = once(pooler, 'exit');
  try {
    for await (const chunk of pooler.stderr.iterator({ destroyOnReturn: false }))
      if (String(chunk).includes('process up')) break;
    pooler.stderr.resume();
    await work(`postgres://postgres:${server.password}@127.0.0.1:${port}/postgres?sslmode=disable`);
  } finally {
    pooler.kill('SIGKILL');
    await exited;
    rmSync(directory, { recursive: true });
  }
}
