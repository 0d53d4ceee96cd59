import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { lock } from 'proper-lockfile';
import { pack } from '../../../scripts/pack.mjs';

/** Names the directory of the package to the processes of a test run. */
const variable = 'E2E_PACKAGE_DIRECTORY';

/** The global set-up of the tests that need the package. @returns what removes it. */
export default async function setup(): Promise<() => Promise<void>> {
  const directory = await mkdtemp(join(tmpdir(), 'package-'));
  process.env[variable] = directory;
  return () => rm(directory, { recursive: true, force: true });
}

/** The package of this work tree, made by the first file of a test run that asks for it. @returns its path. */
export async function packedOnce(): Promise<string> {
  const directory = process.env[variable];
  if (directory === undefined) throw new Error(`${variable} is not set: the global set-up has not run`);
  // While the compiler runs, the lock cannot be renewed.
  const stale = 300_000;
  const retries = { retries: 600, minTimeout: 500, maxTimeout: 500 };
  const release = await lock(directory, { stale, retries });
  try {
    const [made] = await readdir(directory);
    return made === undefined ? await pack(directory) : join(directory, made);
  } finally {
    await release();
  }
}
