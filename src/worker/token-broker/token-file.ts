import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import { cacheLast } from './cache-last.ts';
import { type NoToken, parseToken, type Token, unexpiredToken } from './service-account-token.ts';

const maxTokenFileBytes = 64 * 1024;

/**
 * Reads the token from its file, for each request: the kubelet replaces the file at any time. The read is synchronous
 * because a projected volume is a tmpfs, where an asynchronous read takes ten times as long.
 *
 * @param path of the token file.
 * @param now milliseconds since 1970.
 * @returns the token, or the reason why there is none. Does not throw for a file that is missing or wrong.
 */
export function readToken(path: string, now: number): Token | NoToken {
  try {
    const file = readFile(path);
    if ('reason' in file) return file;
    const token = parse(file.content);
    if ('reason' in token) return token;
    // A token that does not state when it was issued is as old as its file.
    return unexpiredToken(token.issuedAt === undefined ? { ...token, issuedAt: file.modified } : token, now);
  } catch (error) {
    return { reason: reasonOf(error) };
  }
}

const parse = cacheLast(parseToken);
const buffer = Buffer.allocUnsafe(maxTokenFileBytes + 1);

function readFile(path: string): { readonly content: string; readonly modified: number } | NoToken {
  // Without O_NONBLOCK, a named pipe would block the process until something writes to it.
  const file = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    const stats = fstatSync(file);
    if (!stats.isFile()) return { reason: 'the token file is not a file' };
    const length = readSync(file, buffer, 0, buffer.length, 0);
    if (length > maxTokenFileBytes) return { reason: 'the token file is larger than 64 kB' };
    // One character per byte; the parser refuses what is not ASCII.
    return { content: buffer.toString('latin1', 0, length), modified: stats.mtimeMs / 1000 };
  } finally {
    closeSync(file);
  }
}

function reasonOf(error: unknown): string {
  const { code } = error as NodeJS.ErrnoException;
  if (code === 'ENOENT' || code === 'ENOTDIR') return 'the token file is missing';
  if (code === 'EACCES' || code === 'EPERM') return 'the token file may not be read';
  return `the token file cannot be read (${code ?? 'unknown'})`;
}
