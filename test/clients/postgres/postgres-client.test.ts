import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import type pg from 'pg';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { ConnectError, isServerBusy } from '../../../src/clients/postgres/busy-server.ts';
import { type Connection, parseConnection } from '../../../src/clients/postgres/connection.ts';
import { withClient, withTransaction } from '../../../src/clients/postgres/postgres-client.ts';
import type { SslMode } from '../../../src/clients/postgres/postgres-tls.ts';
import { SharedSessions } from '../../../src/clients/postgres/shared-sessions.ts';
import { explain, PermanentError, UsageError } from '../../../src/text/errors.ts';
import { createAuthority } from '../../support/certificates.ts';
import { type EmbeddedPostgres, startPostgres } from '../../support/embedded-postgres.ts';

const everyPrintable = String.fromCharCode(...Array.from({ length: 95 }, (_, index) => 32 + index));
// The wrong authority has the right one's name, as an impostor would.
const [right, wrong, clients] = [
  createAuthority('ours'),
  createAuthority('ours'),
  createAuthority('clients'),
];
const client = clients.issue('certified');
let home: string;
let tls: EmbeddedPostgres;
let plain: EmbeddedPostgres;

beforeAll(async () => {
  home = mkdtempSync(join(tmpdir(), 'client-test-'));
  const files = { right: right.cert, wrong: wrong.cert, 'client.crt': client.cert, 'client.key': client.key };
  for (const [name, pem] of Object.entries(files)) writeFileSync(join(home, name), pem);
  [tls, plain] = await Promise.all([
    startPostgres({
      tls: { ...right.issue('server', ['localhost']), ca: clients.cert },
      hba: [
        'hostnossl all only_tls all reject',
        'hostssl all only_plain all reject',
        'host all nobody all reject',
        'hostssl all certified all cert',
        'hostssl all cleartext all password',
      ],
    }),
    startPostgres({ authMethod: 'password' }),
  ]);
  const password = everyPrintable.replace(/'/g, "''");
  for (const { url } of [tls, plain])
    await withClient(connectionTo(url), async (superuser) => {
      for (const role of ['only_tls', 'only_plain', 'certified', 'printable', 'cleartext'])
        await superuser.query(`CREATE ROLE ${role} LOGIN PASSWORD '${password}'`);
    });
});
afterAll(async () => {
  await Promise.all([tls?.stop(), plain?.stop()]);
  rmSync(home, { recursive: true });
});

const connectionTo = (url: string, env: NodeJS.ProcessEnv = {}): Connection => parseConnection(url, env);

const usesTls = (connection: Connection): Promise<boolean> =>
  withClient(connection, async (c) => {
    const { rows } = await c.query<{ ssl: boolean }>(
      'SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()',
    );
    return rows[0]?.ssl === true;
  });

/** 'tls', 'plain', or the error as the user reads it. */
async function outcome(server: EmbeddedPostgres, parameters: Record<string, string>): Promise<string> {
  try {
    // Not by URLSearchParams, whose + for a space is not libpq's.
    const query = Object.entries(parameters).map(([name, value]) => `${name}=${encodeURIComponent(value)}`);
    const url = `${server.url}?${query.join('&')}`;
    return (await usesTls(connectionTo(url))) ? 'tls' : 'plain';
  } catch (error) {
    expect(error).toBeInstanceOf(UsageError);
    expect(`${explain(error)}${inspect(error, { depth: 9 })}`).not.toContain(server.password);
    return explain(error);
  }
}

const notAccepted = /certificate is not accepted/;
const noTls = /because: The server does not support SSL connections/;

describe('channel_binding=require', () => {
  const require = { channel_binding: 'require', sslmode: 'require' };

  test('binds the login to the TLS connection where the server can', async () => {
    expect(await outcome(tls, require)).toBe('tls');
  });

  test('ends the connection before the password is sent where it cannot, and where nobody asks for one', async () => {
    // As a pooler that ends TLS, or somebody in between, would ask.
    const cleartext = { ...require, user: 'cleartext', password: everyPrintable };
    // The server would say that this one is wrong, had it seen it.
    expect(await outcome(tls, { ...cleartext, password: 'wrong' })).not.toContain(
      'password authentication failed',
    );
    expect(await outcome(tls, cleartext)).toContain(
      'the server does not bind the login to the TLS connection',
    );
    const files = { sslcert: join(home, 'client.crt'), sslkey: join(home, 'client.key') };
    expect(await outcome(tls, { ...require, user: 'certified', ...files })).toContain(
      'does not bind the login',
    );
    expect(await outcome(tls, { ...cleartext, channel_binding: 'disable' })).toBe('tls');
  });

  test('is refused without TLS', async () => {
    expect(await outcome(plain, { ...require, sslmode: 'disable' })).toContain('require needs TLS');
  });
});

describe('sslmode', () => {
  type Case = [SslMode, { ca?: string; host?: string }, string | RegExp, string | RegExp];
  test.each<Case>([
    ['disable', {}, 'plain', 'plain'],
    ['require', {}, 'tls', noTls],
    ['require', { ca: 'right' }, 'tls', noTls],
    ['require', { ca: 'wrong' }, notAccepted, noTls],
    ['verify-ca', {}, /needs a root certificate/, /needs a root certificate/],
    ['verify-ca', { ca: 'right' }, 'tls', noTls],
    ['verify-ca', { ca: 'wrong' }, notAccepted, noTls],
    ['verify-full', { ca: 'right', host: 'localhost' }, 'tls', noTls],
    ['verify-full', { ca: 'right' }, /not accepted\n.*because: .*127\.0\.0\.1/, noTls],
    ['verify-full', { ca: 'wrong', host: 'localhost' }, notAccepted, noTls],
    ['verify-full', { ca: 'system', host: 'localhost' }, notAccepted, noTls],
  ])(
    '%s with %o does as libpq does, on a server with and without TLS',
    async (sslmode, { ca, host }, withTls, without) => {
      const parameters = {
        sslmode,
        ...(ca && { sslrootcert: ca === 'system' ? ca : join(home, ca) }),
        ...(host && { host }),
      };
      const [onTls, onPlain] = [await outcome(tls, parameters), await outcome(plain, parameters)];
      expect([onTls, onPlain]).toEqual([matching(withTls), matching(without)]);
    },
  );

  test('is one way: when the server refuses it, no other one is tried', async () => {
    const login = (user: string, sslmode: string): Promise<string> =>
      outcome(tls, { user, sslmode, password: everyPrintable });
    expect(await login('only_tls', 'require')).toBe('tls');
    expect(await login('only_tls', 'disable')).toContain('pg_hba.conf rejects connection');
    expect(await login('only_plain', 'require')).toContain('pg_hba.conf rejects connection');
  });

  test('that asks for TLS on a server without it says what to do', async () => {
    expect(await outcome(plain, { sslmode: 'require' })).toContain('give sslmode=disable');
  });

  test('presents a client certificate', async () => {
    const files = { sslcert: join(home, 'client.crt'), sslkey: join(home, 'client.key') };
    expect(await outcome(tls, { user: 'certified', sslmode: 'require', ...files })).toBe('tls');
    expect(await outcome(tls, { user: 'certified', sslmode: 'require' })).toContain(
      'requires a valid client certificate',
    );
  });

  test('works with TLS from the first byte, and over a Unix socket without any', async () => {
    expect(await outcome(tls, { sslmode: 'require', sslnegotiation: 'direct' })).toBe('tls');
    expect(await outcome(tls, { sslmode: 'verify-full', host: tls.socketDirectory })).toBe('plain');
  });
});

describe('a password', () => {
  test.each(['tls', 'plain'] as const)('of every printable character works (%s)', async (name) => {
    const { port } = name === 'tls' ? tls : plain;
    const url = `postgres://printable@127.0.0.1:${port}/postgres`;
    const encoded = encodeURIComponent(everyPrintable);
    await usesTls(connectionTo(url.replace('@', `:${encoded}@`)));
    await usesTls(connectionTo(url, { PGPASSWORD: everyPrintable }));
  });

  test('that is wrong is a usage error, said once, without the password', async () => {
    for (const server of [tls, plain])
      expect(await outcome(server, { password: 'TopSecret' })).toBe(
        `while connecting to 127.0.0.1:${server.port}/postgres as postgres\n  because: password ` +
          'authentication failed for user "postgres"',
      );
  });

  test('that is missing is a usage error that says where it is looked for', async () => {
    const attempt = usesTls(connectionTo(`postgres://printable@127.0.0.1:${plain.port}/postgres`));
    await expect(attempt).rejects.toThrow(UsageError);
    expect(explain(await attempt.catch((error) => error))).toContain('none in the URL or in PGPASSWORD');
  });
});

describe('a login that is refused, where nobody attends', () => {
  const attempt = (url: string): Promise<unknown> =>
    usesTls(parseConnection(url, {}, { isInteractive: false })).catch((error: unknown) => error);
  const at = (login: string, database: string) => `postgres://${login}@127.0.0.1:${plain.port}/${database}`;

  test.each([
    ['by its password (28P01)', () => at('postgres:wrong', 'postgres')],
    ['by the name of the database (3D000)', () => `${plain.url}`.replace(/postgres$/, 'nowhere')],
    ['for its role, which somebody may be about to make (28P01)', () => at('nobody_yet:x', 'postgres')],
  ])('%s may pass', async (_, url) => {
    const error = await attempt(url());
    expect(error).toBeInstanceOf(ConnectError);
    expect(isServerBusy(error)).toBe(false);
  });

  test('because CONNECT is not granted needs a person', async () => {
    await withClient(connectionTo(plain.url), async (c) => {
      await c.query('CREATE DATABASE closed');
      await c.query('REVOKE CONNECT ON DATABASE closed FROM PUBLIC');
    });
    const login = `printable:${encodeURIComponent(everyPrintable)}`;
    expect(await attempt(at(login, 'closed'))).toBeInstanceOf(PermanentError);
  });

  test('for too many connections is worth a wait', async () => {
    await withClient(connectionTo(plain.url), (c) =>
      c.query(`CREATE ROLE single LOGIN PASSWORD 'x' CONNECTION LIMIT 0`),
    );
    const error = await attempt(at('single:x', 'postgres'));
    expect(isServerBusy(error)).toBe(true);
    expect(explain(error)).toContain('too many connections for role "single"');
  });
});

test('a database that does not exist is a usage error', async () => {
  expect(await outcome(tls, { dbname: 'nowhere' })).toContain('because: database "nowhere" does not exist');
});

describe('a server that is not ready', () => {
  test('refuses: the error is transient and names the place', async () => {
    const server = await listen(() => undefined);
    const { port } = server.address() as AddressInfo;
    server.close();
    await once(server, 'close');
    const error = await failure(`postgres://u:TopSecret@127.0.0.1:${port}/d`);
    expect(error.message).toBe(`while connecting to 127.0.0.1:${port}/d as u`);
    expect(error.cause).toMatchObject({ code: 'ECONNREFUSED' });
    expect(isServerBusy(error)).toBe(true);
  });

  test('does not answer: the error is transient', async () => {
    const sockets: Socket[] = [];
    const server = await listen((socket) => sockets.push(socket));
    const { port } = server.address() as AddressInfo;
    expect(explain(await failure(`postgres://u@127.0.0.1:${port}/d?connect_timeout=1`))).toContain(
      'timeout expired',
    );
    expect(sockets).toHaveLength(1);
    for (const socket of sockets) socket.destroy();
    server.close();
  });

  test('is starting up: the error is transient', async () => {
    const fields = ['SFATAL', 'C57P03', 'Mthe database system is starting up', ''].join('\0');
    const body = Buffer.from(`${fields}\0`);
    const message = Buffer.concat([Buffer.from('E'), Buffer.from([0, 0, 0, body.length + 4]), body]);
    let connections = 0;
    const server = await listen((socket) => {
      connections += 1;
      socket.once('data', () => socket.end(message));
    });
    const { port } = server.address() as AddressInfo;
    expect(explain(await failure(`postgres://u@127.0.0.1:${port}/d?sslmode=disable`))).toContain(
      'starting up',
    );
    expect(connections).toBe(1);
    server.close();
  });

  async function listen(answer: (socket: Socket) => void): Promise<Server> {
    const server = createServer(answer).listen(0, '127.0.0.1');
    await once(server, 'listening');
    return server;
  }

  async function failure(url: string): Promise<Error> {
    const error: unknown = await usesTls(connectionTo(url)).catch((reason: unknown) => reason);
    expect(error).not.toBeInstanceOf(UsageError);
    expect(inspect(error, { depth: 9 })).not.toContain('TopSecret');
    return error as Error;
  }
});

describe('a client', () => {
  const named = (name: string): Connection => connectionTo(plain.url, { PGAPPNAME: name });
  const backends = (name: string): Promise<number | null> =>
    withClient(connectionTo(plain.url), async (c) => {
      const query = 'SELECT FROM pg_stat_activity WHERE application_name = $1';
      return (await c.query(query, [name])).rowCount;
    });

  test('is ended when the work is done, and when it fails', async () => {
    expect(await withClient(named('done'), () => backends('done'))).toBe(1);
    await expect(withClient(named('failed'), () => Promise.reject(new Error('mine')))).rejects.toThrow(
      'mine',
    );
    await vi.waitFor(
      async () => expect([await backends('done'), await backends('failed')]).toEqual([0, 0]),
      30_000,
    );
  });

  test('that loses its connection while idle fails at the next query, says why, and the process lives', async () => {
    const work = async (c: pg.Client): Promise<void> => {
      const lost = new Promise((resolve) => c.once('end', resolve));
      await withClient(connectionTo(plain.url), (other) =>
        other.query(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'lost'`),
      );
      await lost;
      await c.query('SELECT 1');
    };
    const error: unknown = await withClient(named('lost'), work).catch((reason: unknown) => reason);
    expect(explain(error)).toContain('because: terminating connection due to administrator command');
  });
});

describe('sessions that callers share', () => {
  const url = () => `${plain.url}?sslmode=disable`;
  const session = async (client: pg.Client) =>
    (await client.query<{ pid: number }>('SELECT pg_backend_pid() AS pid')).rows[0]?.pid;

  test('serve one caller after another, and none at the same time', async () => {
    const sessions = new SharedSessions();
    const take = () => sessions.withClient(url(), connectionTo(url()), session);
    const first = await take();
    expect(await take()).toBe(first);
    const [one, other] = await Promise.all([take(), take()]);
    expect(one).not.toBe(other);
    await sessions.end();
    expect(await take()).not.toBe(first);
    await sessions.end();
  });

  test('are for those who know the same password', async () => {
    const sessions = new SharedSessions();
    const first = await sessions.withClient(url(), connectionTo(url()), session);
    expect(await sessions.withClient(`${url()}&`, connectionTo(url()), session)).not.toBe(first);
    await sessions.end();
  });

  test('are replaced when they are lost, and not used again after an error', async () => {
    const sessions = new SharedSessions();
    const take = (work = session) => sessions.withClient(url(), connectionTo(url()), work);
    const first = await take();
    await withClient(connectionTo(url()), (admin) => admin.query('SELECT pg_terminate_backend($1)', [first]));
    const second = await take();
    expect(second).not.toBe(first);
    await expect(take(async (client) => (await client.query('SELECT 1/0')).rowCount ?? 0)).rejects.toThrow(
      'zero',
    );
    expect(await take()).not.toBe(second);
    await sessions.end();
  });

  test('end with the signal of the caller that uses them', async () => {
    const sessions = new SharedSessions();
    const take = (signal: AbortSignal, work = session) =>
      sessions.withClient(url(), parseConnection(url(), {}, { signal }), work);
    const [early, late] = [new AbortController(), new AbortController()];
    const first = await take(early.signal);
    const sleeping = take(
      late.signal,
      async (client) => (await client.query('SELECT pg_sleep(60)')).rowCount ?? 0,
    );
    late.abort(new Error('the deadline'));
    await expect(sleeping).rejects.toThrow('the deadline');
    expect(await take(early.signal)).not.toBe(first);
    await sessions.end();
  });
});

describe('a transaction', () => {
  const counted = (
    mode: 'read only' | 'read write',
    work: (c: pg.Client) => Promise<unknown>,
  ): Promise<unknown> =>
    withClient(connectionTo(plain.url), async (c) => {
      await c.query('CREATE TEMPORARY TABLE t (i int)');
      const result = await withTransaction(c, mode, () => work(c)).catch((error: Error) => error.message);
      return [result, (await c.query('SELECT FROM t')).rowCount];
    });

  test('is committed when the work succeeds, and rolled back when it throws', async () => {
    expect(
      await counted('read write', async (c) => (await c.query('INSERT INTO t VALUES (1)')).rowCount),
    ).toEqual([1, 1]);
    const fail = async (c: pg.Client): Promise<void> => {
      await c.query('INSERT INTO t VALUES (1)');
      throw new Error('mine');
    };
    expect(await counted('read write', fail)).toEqual(['mine', 0]);
  });

  test('does not pretend to be committed after a failed statement', async () => {
    const swallow = (c: pg.Client): Promise<unknown> => c.query('SELECT 1/0').catch(() => 'swallowed');
    expect(await counted('read write', swallow)).toEqual([expect.stringContaining('was rolled back'), 0]);
  });

  test('that is read only writes nothing', async () => {
    expect(await counted('read only', (c) => c.query('CREATE TABLE x ()'))).toEqual([
      'cannot execute CREATE TABLE in a read-only transaction',
      0,
    ]);
  });
});

function matching(expected: string | RegExp): unknown {
  return typeof expected === 'string' ? expected : expect.stringMatching(expected);
}

describe('a signal that ends', () => {
  const withSignal = () => {
    const controller = new AbortController();
    return {
      controller,
      connection: parseConnection(plain.url, {}, { signal: controller.signal }),
    };
  };

  test('a query that is under way ends it at once, with its own reason', async () => {
    const { controller, connection } = withSignal();
    await expect(
      withClient(connection, async (c) => {
        const sleeping = c.query('SELECT pg_sleep(60)');
        controller.abort(new Error('the deadline has passed'));
        await sleeping;
      }),
    ).rejects.toThrow('the deadline has passed');
  });

  test('before it begins, nothing is connected; on connections made from it, too', async () => {
    const { controller, connection } = withSignal();
    controller.abort(new Error('SIGTERM'));
    const work = vi.fn();
    await expect(withClient(connection.to('postgres'), work)).rejects.toThrow('SIGTERM');
    expect(work).not.toHaveBeenCalled();
  });

  test('nothing is left on it once a connection has ended', async () => {
    const { controller, connection } = withSignal();
    const removed = vi.spyOn(controller.signal, 'removeEventListener');
    await withClient(connection, async () => undefined);
    expect(removed).toHaveBeenCalledWith('abort', expect.any(Function));
  });
});
