import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import { rememberingLast } from './remember.ts';
import { ifStillGood, type NoToken, parseToken, type Token } from './service-account-token.ts';

const longest = 64 * 1024;

/**
 * Reads the token anew, as the kubelet replaces it at any time. In one go: the file lies in memory (a projected volume is a tmpfs), and to hand each
 * call to a thread takes ten times as long as the call.
 *
 * @param path of the token file.
 * @param now milliseconds since 1970.
 * @returns the token when it can be handed out, else why not. Does not throw for anything that can be wrong with a file.
 */
export function readToken(path: string, now: number): Token | NoToken {
  try {
    const file = readFile(path);
    if ('reason' in file) return file;
    const token = parse(file.content);
    if ('reason' in token) return token;
    // What does not say when it was issued came with the file.
    return ifStillGood(token.issuedAt === undefined ? { ...token, issuedAt: file.modified } : token, now);
  } catch (error) {
    return { reason: reasonOf(error) };
  }
}

const parse = rememberingLast(parseToken);
const buffer = Buffer.allocUnsafe(longest + 1);

function readFile(path: string): { readonly content: string; readonly modified: number } | NoToken {
  // Without O_NONBLOCK, a named pipe would hold the process until somebody writes into it.
  const file = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    const stats = fstatSync(file);
    if (!stats.isFile()) return { reason: 'the token file is not a file' };
    const length = readSync(file, buffer, 0, buffer.length, 0);
    if (length > longest) return { reason: 'the token file is larger than 64 kB' };
    // Byte by byte: what is not ASCII is refused all the same.
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
