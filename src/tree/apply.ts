import { lstatSync, mkdirSync, rmdirSync, unlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { codeOf, whileDoing } from '../text/file-system-error.ts';
import type { DirectoryChange, FileChange } from './diff.ts';
import type { LockedTree } from './lock.ts';
import { beginsWithHeader } from './regular-file.ts';
import type { RenderedFile } from './rendered-file.ts';
import { Staging } from './staging.ts';
import { assertKind, assertNoSymlink } from './symlinks.ts';

/**
 * Applies changes to the output directory. A directory that is new appears in one step, with all its files; of
 * another, each file changes in one step. A rendered path is overwritten, also where a file was created by hand: Git
 * has its history.
 *
 * Files are written without threads, one after the other: for 30,000 small ones, the hops of `fs/promises` cost
 * several times as much as the writing.
 *
 * @param applied called with each change that is in place.
 * @throws PermanentError for a link or another kind of file at a path; Error when the lock is lost.
 */
export async function apply<C extends DirectoryChange>(
  tree: LockedTree,
  changes: AsyncIterable<C>,
  applied: (change: C) => void = () => undefined,
): Promise<void> {
  const staging = new Staging(tree.out);
  try {
    for await (const change of changes) {
      tree.assertHeld();
      write(tree.out, staging, change);
      for (const file of change.files) if (file.change === 'removed') remove(tree.out, file.path);
      applied(change);
    }
  } finally {
    staging.remove();
  }
}

function write(out: string, staging: Staging, { directory, files }: DirectoryChange): void {
  const wanted = files.filter(isWanted);
  const changed = wanted.filter(({ change }) => change !== 'unchanged');
  if (changed.length === 0) return;
  if (wanted.every(({ change }) => change === 'created') && createDirectory(out, staging, directory, wanted))
    return;
  for (const file of changed) replaceFile(out, staging, file);
}

function isWanted(file: FileChange): file is FileChange & RenderedFile {
  return file.change !== 'removed';
}

/** @returns false if the path exists: a directory with other files, or one that was created meanwhile. */
function createDirectory(
  out: string,
  staging: Staging,
  directory: string,
  files: readonly RenderedFile[],
): boolean {
  return whileWriting(join(out, directory), () => {
    const parent = dirname(directory);
    if (parent !== '.') makeDirectory(out, parent);
    return staging.directory(directory, files);
  });
}

function replaceFile(out: string, staging: Staging, file: RenderedFile): void {
  whileWriting(join(out, file.path), () => {
    makeDirectory(out, dirname(file.path));
    const seen = lstatSync(join(out, file.path), { throwIfNoEntry: false });
    if (seen !== undefined) assertKind(seen, 'file', join(out, file.path));
    staging.file(file);
  });
}

function makeDirectory(out: string, directory: string): void {
  assertNoSymlink(out, directory);
  mkdirSync(join(out, directory), { recursive: true });
}

/** Removes a file if it still exists and synth wrote it, then its directory if that is empty. */
function remove(out: string, path: string): void {
  const [file, directory] = [join(out, path), join(out, dirname(path))];
  try {
    assertNoSymlink(out, dirname(path));
    if (!beginsWithHeader(file)) return;
    unlinkSync(file);
    removeIfEmpty(directory);
  } catch (error) {
    throw whileDoing(`removing ${file}`, error);
  }
}

function removeIfEmpty(directory: string): void {
  try {
    rmdirSync(directory);
  } catch (error) {
    // POSIX lets a file system answer either of the first two; ENOENT: removed together with its last file.
    if (!['ENOTEMPTY', 'EEXIST', 'ENOENT'].includes(codeOf(error) ?? '')) throw error;
  }
}

function whileWriting<T>(path: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw whileDoing(`writing ${path}`, error);
  }
}
