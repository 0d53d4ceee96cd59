import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { homedir } from 'node:os';
import { basename, join } from 'node:path';

const files = ['package.json', 'package-lock.json'] as const;

/**
 * Where packages are that only some tests need. Outside of the tree, so that `git clean` and `npm ci` leave them
 * alone. What is pinned chooses the directory.
 *
 * @param packages directory with their package.json and package-lock.json.
 * @param name what the directory is called, before a hash.
 */
export function pinnedPackages(packages: string, name: string): string {
  const pinned = createHash('sha256').update(readFileSync(join(packages, 'package-lock.json')));
  const base = process.env.XDG_CACHE_HOME || join(homedir(), '.cache');
  return join(base, 'lakekeeper-gitops', `${name}-${pinned.digest('hex').slice(0, 16)}`);
}

/**
 * Fetches them from npm, unless they are there. npm checks them against the hashes of the lock file. @throws Error
 * when npm fails.
 */
export function fetchPinnedPackages(packages: string, name: string): string {
  const directory = pinnedPackages(packages, name);
  if (existsSync(directory)) return directory;
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
    return directory;
  } finally {
    rmSync(stage, { recursive: true, force: true });
  }
}
