import { closeSync, constants, lstatSync, openSync, readFileSync, readSync } from 'node:fs';
import { header } from './header.ts';
import { assertKind } from './symlinks.ts';

// What is no regular file must neither be followed nor waited for.
const withoutFollowing = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;

/** Whether a file holds just this; false when there is none. @throws PermanentError when it is no file. */
export function hasText(path: string, text: string): boolean {
  return isOpenedAnd(path, (file) => readFileSync(file).equals(Buffer.from(text)));
}

/**
 * Whether a file begins with the header. Reads no further: somebody else's file may be large. As `hasText` otherwise.
 */
export function beginsWithHeader(path: string): boolean {
  const expected = Buffer.from(header);
  const seen = Buffer.alloc(expected.length);
  return isOpenedAnd(
    path,
    (file) => readSync(file, seen, 0, seen.length, 0) === seen.length && seen.equals(expected),
  );
}

function isOpenedAnd(path: string, isWanted: (file: number) => boolean): boolean {
  let file: number | undefined;
  try {
    file = openSync(path, withoutFollowing);
    return isWanted(file);
  } catch (error) {
    const seen = lstatSync(path, { throwIfNoEntry: false });
    if (seen === undefined) return false;
    assertKind(seen, 'file', path);
    throw error;
  } finally {
    if (file !== undefined) closeSync(file);
  }
}
