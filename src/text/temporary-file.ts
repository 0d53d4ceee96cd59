import { renameSync, rmSync, writeFileSync } from 'node:fs';

// `wx` neither follows a link nor opens a file of somebody else.
// No fsync: after a power cut the next run writes what is missing, and 30,000 of them take minutes.
// The encoding is stated because Node has a quick way for it, which it does not take when it is left out.
export const asNew = { flag: 'wx', encoding: 'utf8' } as const;

/**
 * Puts a file in place in one step: a reader, also one that comes after a crash, sees the old text or the new. Nothing else happens in the
 * meantime, no interrupt either.
 */
export function replace(directory: string, file: string, text: string | Buffer): void {
  // Never `.yaml`: Argo CD would read a left-over as a manifest.
  const path = `${directory}/.${file}.${unique()}.tmp`;
  try {
    writeFileSync(path, text, asNew);
    renameSync(path, `${directory}/${file}`);
  } catch (error) {
    rmSync(path, { force: true });
    throw error;
  }
}

/** 12 hexadecimal digits. Not cryptographic: neither `wx` nor `mkdir` takes a name that is taken. */
export function unique(): string {
  return Math.floor(Math.random() * 2 ** 48)
    .toString(16)
    .padStart(12, '0');
}
