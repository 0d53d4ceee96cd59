import { type ChildProcessByStdio, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chown, readFile, writeFile } from 'node:fs/promises';
import type { Socket } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { promisify } from 'node:util';
import { freePort } from './listen.ts';
import type { RunAs } from './postgres-binaries.ts';

export interface EmbeddedPostgresOptions {
  /** Settings as for `postgres -c`; they win over those that are chosen here. */
  readonly settings?: Readonly<Record<string, string>>;
  /** PEM texts; with them the server does TLS, and accepts client certificates of `ca`. */
  readonly tls?: { readonly cert: string; readonly key: string; readonly ca?: string };
  /** How passwords are asked for. The default is scram-sha-256. */
  readonly authMethod?: 'scram-sha-256' | 'password' | 'md5';
  /** Lines of pg_hba.conf that come before the usual ones. */
  readonly hba?: readonly string[];
}

/** Where a server's programs and files are, and whom it runs as. */
export interface Cluster {
  readonly bin: string;
  readonly directory: string;
  readonly data: string;
  readonly runAs: RunAs;
  readonly password: string;
}

/** The settings that a server which is thrown away needs: no durability, little memory, English messages. */
const usualSettings = {
  fsync: 'off',
  synchronous_commit: 'off',
  full_page_writes: 'off',
  shared_buffers: '16MB',
  max_connections: '50',
  autovacuum: 'off',
  jit: 'off',
  lc_messages: 'C',
  timezone: 'UTC',
  listen_addresses: '127.0.0.1',
};

/**
 * Makes the data directory, with the superuser `postgres`.
 *
 * @param template data directory of a server that does not run, with the same password and the default `authMethod`:
 *   a copy takes a tenth of what initdb takes.
 */
export async function initialise(
  cluster: Cluster,
  { tls, hba, authMethod }: EmbeddedPostgresOptions,
  template?: string,
): Promise<void> {
  const { data, runAs } = cluster;
  if (template === undefined) await initdb(cluster, authMethod);
  else await promisify(execFile)('cp', ['-Rp', template, data]);
  if (hba) {
    const path = join(data, 'pg_hba.conf');
    await writeFile(path, `${hba.join('\n')}\n${await readFile(path, 'utf8')}`);
  }
  for (const [name, pem] of Object.entries(tls ?? {}))
    await writePrivate(join(data, `${name}.pem`), pem, runAs);
}

async function initdb(
  cluster: Cluster,
  authMethod: EmbeddedPostgresOptions['authMethod'] = 'scram-sha-256',
): Promise<void> {
  const { directory, data, runAs } = cluster;
  const passwordFile = join(directory, 'password');
  await writePrivate(passwordFile, `${cluster.password}\n`, runAs);
  const program = spawnProgram(cluster, 'initdb', [
    `--pgdata=${data}`,
    '--username=postgres',
    `--pwfile=${passwordFile}`,
    `--auth=${authMethod}`,
    '--encoding=UTF8',
    // Built in, because not every operating system has a locale C.UTF-8.
    ...['--locale=C', '--locale-provider=builtin', '--builtin-locale=C.UTF-8'],
    ...['--no-sync', '--no-instructions'],
    // A login as the superuser computes as many hashes.
    '--set=scram_iterations=1',
  ]);
  const { lines, closed } = collect(program);
  await closed;
  if (program.exitCode !== 0) throw new Error(`initdb failed:\n${lines.join('\n')}`);
}

/**
 * Starts the server, on a free port unless one is given, and returns when it accepts connections. It does not keep
 * this process alive.
 */
export async function serve(
  cluster: Cluster,
  options: EmbeddedPostgresOptions,
  { port: wanted, retries = 5 }: { readonly port?: number; readonly retries?: number } = {},
): Promise<{ port: number; server: Program }> {
  const port = wanted ?? (await freePort());
  const settings = {
    ...usualSettings,
    port: String(port),
    unix_socket_directories: cluster.directory,
    ...(options.tls && { ssl: 'on', ssl_cert_file: 'cert.pem', ssl_key_file: 'key.pem' }),
    ...(options.tls?.ca && { ssl_ca_file: 'ca.pem' }),
    ...options.settings,
  };
  const flags = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  const server = spawnProgram(cluster, 'postgres', ['-D', cluster.data, ...flags]);
  const { lines, closed, line } = collect(server);
  const ready = await Promise.race([
    line(/ready to accept (read-only )?connections/).then(() => true),
    closed.then(() => false),
  ]);
  if (ready) {
    server.unref();
    (server.stderr as Socket).unref();
    return { port, server };
  }
  // Somebody else took the port between our look and the server's start.
  if (retries > 0 && lines.some((text) => text.includes('Address already in use')))
    return serve(cluster, options, { ...(wanted && { port: wanted }), retries: retries - 1 });
  throw new Error(`Postgres did not start:\n${lines.join('\n')}`);
}

type Program = ChildProcessByStdio<null, null, Readable>;

function spawnProgram({ bin, directory, runAs }: Cluster, program: string, args: string[]): Program {
  // Detached: Ctrl-C in a terminal goes to the whole process group. A bare environment: PGDATA and the like are the
  // user's.
  return spawn(join(bin, program), args, {
    ...runAs,
    cwd: directory,
    env: { PATH: process.env.PATH, LC_ALL: 'C' },
    stdio: ['ignore', 'ignore', 'pipe'],
    detached: true,
  });
}

/** Reads what a program logs, so that it is never blocked, and keeps the last lines for an error message. */
function collect(program: Program): {
  lines: string[];
  closed: Promise<unknown>;
  line(pattern: RegExp): Promise<void>;
} {
  const lines: string[] = [];
  const reader = createInterface({ input: program.stderr });
  reader.on('line', (text) => lines.push(text) > 30 && lines.shift());
  return {
    lines,
    closed: once(program, 'close'),
    line: (pattern) =>
      new Promise((resolve) => {
        reader.on('line', (text) => pattern.test(text) && resolve());
      }),
  };
}

/** Stops the server and waits for its end. Both ways do not wait for clients; SIGQUIT leaves it as a crash does. */
export async function stop(server: Program, signal: 'SIGINT' | 'SIGQUIT' = 'SIGINT'): Promise<void> {
  if (server.exitCode !== null || server.signalCode !== null) return;
  server.ref();
  const exited = once(server, 'exit');
  server.kill(signal);
  await exited;
}

async function writePrivate(path: string, text: string, { uid, gid }: RunAs): Promise<void> {
  await writeFile(path, text, { mode: 0o600 });
  if (uid !== undefined && gid !== undefined) await chown(path, uid, gid);
}
