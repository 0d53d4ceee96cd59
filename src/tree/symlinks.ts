import { type Dirent, lstatSync, type Stats } from 'node:fs';
import { PermanentError } from '../text/errors.ts';

/**
 * Asserts that a directory below the output directory can be reached without following a link.
 * The output directory itself may be a link: where it is, is the user's choice.
 *
 * @param directory `platform`, `orgs`, `orgs/<name>` and so on. A missing one is no error.
 * @throws PermanentError if a part of the path is a link, or something else than a directory.
 */
export function assertNoSymlink(out: string, directory: string): void {
  let path = out;
  for (const segment of directory.split('/')) {
    path = `${path}/${segment}`;
    const seen = lstatSync(path, { throwIfNoEntry: false });
    if (!seen) return;
    assertKind(seen, 'directory', path);
  }
}

/** Whether there is a file at a path; a link to one is none. */
export function isFile(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false })?.isFile() ?? false;
}

/** @throws PermanentError if `path` is of another kind, above all a symbolic link. */
export function assertKind(seen: Stats | Dirent, expected: 'directory' | 'file', path: string): void {
  if (expected === 'directory' ? seen.isDirectory() : seen.isFile()) return;
  if (seen.isSymbolicLink()) {
    throw new PermanentError(
      `${path} is a symbolic link, and links are not followed: its target may be outside of the output ` +
        `directory. Replace it by a ${expected}, or remove it`,
    );
  }
  const found = seen.isDirectory() ? 'a directory' : seen.isFile() ? 'a file' : 'neither file nor directory';
  throw new PermanentError(
    `${path} is ${found} where a ${expected} is expected. Move it away and run the command again`,
  );
}
