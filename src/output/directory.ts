import { type Dirent, lstatSync, readdirSync, rmdirSync, type Stats } from 'node:fs';
import { join } from 'node:path';
import { PermanentError } from '../text/errors.ts';
import { isOrgDirectory, isShardDirectory } from './dist-path.ts';
import { codeOf } from './file-system-error.ts';

/**
 * Steps down from the output directory to one of its directories, without ever following a link.
 * The output directory itself may be a link: where it is, is the user's choice.
 * @param directory `platform`, `orgs`, `orgs/<name>` and so on.
 * @returns whether the directory is there.
 * @throws PermanentError when something else stands in the way.
 */
export function enter(out: string, directory: string): boolean {
  let path = out;
  for (const segment of directory.split('/')) {
    path = join(path, segment);
    if (!isDirectory(path)) return false;
  }
  return true;
}

/** Whether a directory is there. @throws PermanentError when something else is, first of all a symbolic link. */
export function isDirectory(path: string): boolean {
  const seen = lstatSync(path, { throwIfNoEntry: false });
  if (!seen) return false;
  refuseUnless(seen, 'directory', path);
  return true;
}

/** @throws PermanentError when what stands at `path` is of another kind, first of all a symbolic link. */
export function refuseUnless(seen: Stats | Dirent, expected: 'directory' | 'file', path: string): void {
  if (expected === 'directory' ? seen.isDirectory() : seen.isFile()) return;
  if (seen.isSymbolicLink()) {
    throw new PermanentError(
      `${path} is a symbolic link, and links are not followed: what it points to may lie outside the output directory. Replace it by a ${expected}, or remove it`,
    );
  }
  const found = seen.isDirectory() ? 'a directory' : seen.isFile() ? 'a file' : 'neither file nor directory';
  throw new PermanentError(
    `${path} is ${found} where a ${expected} is expected. Move it away and run the command again`,
  );
}

/** The entries of `platform`, `orgs`, `orgs/<name>` and so on, sorted by name; none when it is missing. */
export function entriesOf(out: string, directory: string): Dirent[] {
  if (!enter(out, directory)) return [];
  try {
    const entries = readdirSync(join(out, directory), { withFileTypes: true });
    return entries.sort((a, b) => (a.name < b.name ? -1 : 1));
  } catch (error) {
    // Removed in the meantime: reading needs no lock.
    if (codeOf(error) === 'ENOENT') return [];
    throw error;
  }
}

/** Where an org's directory is: `orgs/<name>` or `shards/<number>/<name>`; what stands there may be a link. */
export interface OrgDirectory {
  readonly directory: string;
  readonly entry: Dirent;
}

/** What stands where orgs may have their directories, one after the other. */
export function* orgDirectories(out: string): Generator<OrgDirectory> {
  const shards = entriesOf(out, 'shards').filter(({ name }) => isShardDirectory(name));
  for (const parent of ['orgs', ...shards.map(({ name }) => `shards/${name}`)]) {
    for (const entry of entriesOf(out, parent))
      if (isOrgDirectory(entry.name)) yield { directory: `${parent}/${entry.name}`, entry };
  }
}

/** Removes a directory if nothing is left in it, not even a file of somebody else. */
export function removeIfEmpty(path: string): void {
  try {
    rmdirSync(path);
  } catch (error) {
    // POSIX lets a file system answer either of the first two; ENOENT: removed together with its last file.
    if (!['ENOTEMPTY', 'EEXIST', 'ENOENT'].includes(codeOf(error) ?? '')) throw error;
  }
}
