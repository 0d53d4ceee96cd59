import { closeSync, constants, fstatSync, lstatSync, openSync, readFileSync, readSync } from 'node:fs';
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
  return ifFile(path, (file) => {
    const count = readSync(file, found.subarray(0, length + 1));
    return count === length && wanted.compare(found, 0, length, 0, length) === 0;
  });
}

const expectedHeader = Buffer.from(header);

/**
 * Whether a file begins with the header. Reads no further, because other files may be large. Otherwise as `hasText`.
 */
export function beginsWithHeader(path: string): boolean {
  const start = Buffer.alloc(expectedHeader.length);
  return ifFile(path, (file) => readSync(file, start) === start.length && start.equals(expectedHeader));
}

/** The text of a file. @throws PermanentError when it is no file; as `openSync`. */
export function textOf(path: string): string {
  return withFile(path, (file) => readFileSync(file, 'utf8'));
}

/** False when there is no such path. */
function ifFile(path: string, isWanted: (file: number) => boolean): boolean {
  try {
    return withFile(path, isWanted);
  } catch (error) {
    if (lstatSync(path, { throwIfNoEntry: false }) === undefined) return false;
    throw error;
  }
}

/** Lends a file that is open for reading, and no link, pipe or directory. */
function withFile<T>(path: string, work: (file: number) => T): T {
  const file = open(path);
  try {
    assertKind(fstatSync(file), 'file', path);
    return work(file);
  } finally {
    closeSync(file);
  }
}

function open(path: string): number {
  try {
    return openSync(path, flag);
  } catch (error) {
    const seen = lstatSync(path, { throwIfNoEntry: false });
    if (seen !== undefined) assertKind(seen, 'file', path);
    throw error;
  }
}
