import { closeSync, constants, lstatSync, openSync, readFileSync, readSync } from 'node:fs';
import { header } from './header.ts';
import { assertKind } from './symlinks.ts';

// What is no regular file must neither be followed nor waited for.
const withoutFollowing = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;

/**
 * Whether a file holds just this; false when there is none. Bytes that are not UTF-8 are read as U+FFFD, which no
 * rendered file holds as it is (`unseenRanges`).
 * @throws PermanentError when it is no file.
 */
export function hasText(path: string, text: string): boolean {
  return isOpenedAnd(path, (file) => readFileSync(file, 'utf8') === text);
}

const expectedHeader = Buffer.from(header);

/**
 * Whether a file begins with the header. Reads no further: somebody else's file may be large. As `hasText` otherwise.
 */
export function beginsWithHeader(path: string): boolean {
  return isOpenedAnd(path, (file) => {
    const seen = Buffer.alloc(expectedHeader.length);
    readSync(file, seen);
    return seen.equals(expectedHeader);
  });
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
