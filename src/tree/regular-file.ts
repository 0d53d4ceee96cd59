import { closeSync, constants, lstatSync, openSync, readSync } from 'node:fs';
import { header } from './header.ts';
import { assertKind } from './symlinks.ts';

// What is no regular file must neither be followed nor waited for.
const withoutFollowing = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;

/** Whether a file holds just this; false when there is none. @throws PermanentError when it is no file. */
export function hasText(path: string, text: string): boolean {
  const expected = Buffer.from(text);
  return isOpenedAnd(path, (file) => isRead(file, expected, expected.length + 1));
}

/**
 * Whether a file begins with the header. Reads no further: somebody else's file may be large. As `hasText` otherwise.
 */
export function beginsWithHeader(path: string): boolean {
  return isOpenedAnd(path, (file) => isRead(file, expectedHeader, expectedHeader.length));
}

const expectedHeader = Buffer.from(header);

/**
 * Whether just this is read where `atMost` bytes are asked for. Without asking for its size first: there are
 * 30,000.
 */
function isRead(file: number, expected: Buffer, atMost: number): boolean {
  const seen = Buffer.allocUnsafe(atMost);
  let length = 0;
  for (let more = -1; more !== 0 && length < expected.length; length += more)
    more = readSync(file, seen, length, atMost - length, null);
  return expected.equals(seen.subarray(0, length));
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
