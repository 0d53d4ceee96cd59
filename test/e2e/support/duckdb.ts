import { execFile, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readFile, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import { cacheDirectory, isExecutable, MissingTool } from './tools.ts';

const run = promisify(execFile);
const python = new URL('../python/', import.meta.url).pathname;

export const duckdbVersions = ['1.4', '1.5'] as const;
export type DuckDBVersion = (typeof duckdbVersions)[number];

/**
 * The Python that has DuckDB of a version, with its extensions, from the packages that `test/e2e/python` pins. Kept
 * beside the programs that are built, until the pins or the version of Python change.
 *
 * @throws MissingTool when there is no Python that makes virtual environments; Error when pip fails.
 */
export async function duckdbPython(version: DuckDBVersion): Promise<string> {
  const requirements = join(python, `duckdb-${version}.txt`);
  const { stdout: interpreter } = await run('python3', [
    '-c',
    'import ensurepip, sys; print(sys.executable, sys.version)',
  ]).catch(() => {
    throw new MissingTool(
      'there is no python3 that makes virtual environments; on Debian it is in the package python3-venv',
    );
  });
  const hash = createHash('sha256').update(`${interpreter}${await readFile(requirements, 'utf8')}`);
  const kept = join(cacheDirectory(), `duckdb-${version}-${hash.digest('hex').slice(0, 16)}`);
  const program = join(kept, 'bin', 'python3');
  if (await isExecutable(program)) return program;
  await mkdir(cacheDirectory(), { recursive: true });
  const draft = await mkdtemp(join(cacheDirectory(), `duckdb-${version}-draft-`));
  try {
    await run('python3', ['-m', 'venv', draft]);
    const install = [
      '-m',
      'pip',
      'install',
      '--quiet',
      '--only-binary=:all:',
      '--no-deps',
      '-r',
      requirements,
    ];
    await run(join(draft, 'bin', 'python3'), install);
    // Nothing that is run names the directory in which it was made.
    await rename(draft, kept).catch(async (error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOTEMPTY' && error.code !== 'EEXIST') throw error;
    });
  } catch (cause) {
    throw new Error(`while installing ${requirements}`, { cause });
  } finally {
    await rm(draft, { recursive: true, force: true });
  }
  return program;
}

export type Answer = { readonly rows: readonly (readonly unknown[])[] } | { readonly error: string };

export interface DuckDBSession extends AsyncDisposable {
  /** Runs statements, and answers what the last one does. */
  run(sql: string): Promise<Answer>;
}

/** Starts a session. @param env beside what a program needs at all: no proxy of the user's. */
export async function startDuckDB(
  version: DuckDBVersion,
  env: Readonly<Record<string, string>> = {},
): Promise<DuckDBSession> {
  const directory = await mkdtemp(join(tmpdir(), 'duckdb-'));
  const child = spawn(await duckdbPython(version), [join(python, 'session.py'), directory], {
    env: { PATH: process.env.PATH, HOME: directory, ...env },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  return {
    run: async (sql) => {
      child.stdin.write(`${JSON.stringify(sql)}\n`);
      const { value, done } = await lines.next();
      if (done) throw new Error(`DuckDB ended while it ran: ${sql}`);
      return JSON.parse(value) as Answer;
    },
    [Symbol.asyncDispose]: async () => {
      child.stdin.end();
      child.kill();
      await rm(directory, { recursive: true, force: true });
    },
  };
}
