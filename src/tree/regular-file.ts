import { closeSync, constants, lstatSync, openSync, readSync } from 'node:fs';
import { header } from './header.ts';
import { assertKind } from './symlinks.ts';

// Do not follow links, and do not block on pipes.
const flag = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;

/** For all files: to allocate memory for each takes longer than to read it. The second has room for one byte more. */
let [wanted, found] = [Buffer.alloc(0), Buffer.alloc(1)];

/**
 * Whether a file holds just this text; false when there is none. Reads one byte more than the text has, to see that
 * the file ends there.
 * @throws PermanentError when it is no file.
 */
export function hasText(path: string, text: string): boolean {
  // At most 3 bytes for each unit of UTF-16.
  const most = 3 * text.length;
  if (wanted.length < most) [wanted, found] = [Buffer.alloc(most), Buffer.alloc(most + 1)];
  const length = wanted.write(text);
  return ifFile(path, () => {
    const count = readStart(path, found.subarray(0, length + 1));
    return count === length && wanted.compare(found, 0, length, 0, length) === 0;
  });
}

const expectedHeader = Buffer.from(header);

/**
 * Whether a file begins with the header. Reads no further, because other files may be large. Otherwise as `hasText`.
 */
export function beginsWithHeader(path: string): boolean {
  const start = Buffer.alloc(expectedHeader.length);
  return ifFile(path, () => readStart(path, start) === start.length && start.equals(expectedHeader));
}

/** Fills the buffer from the beginning of a file. @returns how many bytes were read. */
function readStart(path: string, into: Buffer): number {
  const file = openSync(path, flag);
  try {
    return readSync(file, into);
  } finally {
    closeSync(file);
  }
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
