import { closeSync, constants, lstatSync, openSync, readFileSync, readSync } from 'node:fs';
import { header } from './header.ts';
import { assertKind } from './symlinks.ts';

// Flags: do not follow links, and do not block on pipes. Node accepts a number too, though its types do not say so.
const flag = (constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK) as unknown as string;

/**
 * Whether a file holds just this; false when there is none. Bytes that are not UTF-8 are read as U+FFFD, which no
 * rendered file has in it: it is written as an escape.
 * @throws PermanentError when it is no file.
 */
export function hasText(path: string, text: string): boolean {
  return ifFile(path, () => readFileSync(path, { encoding: 'utf8', flag }) === text);
}

const expectedHeader = Buffer.from(header);

/**
 * Whether a file begins with the header. Reads no further, because other files may be large. Otherwise as `hasText`.
 */
export function beginsWithHeader(path: string): boolean {
  return ifFile(path, () => {
    const seen = Buffer.alloc(expectedHeader.length);
    const file = openSync(path, flag);
    try {
      readSync(file, seen);
    } finally {
      closeSync(file);
    }
    return seen.equals(expectedHeader);
  });
}

function ifFile(path: string, isWanted: () => boolean): boolean {
  try {
    return isWanted();
  } catch (error) {
    const seen = lstatSync(path, { throwIfNoEntry: false });
    if (seen === undefined) return false;
    assertKind(seen, 'file', path);
    throw error;
  }
}
