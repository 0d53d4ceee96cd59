import { renameSync, rmSync, writeFileSync } from 'node:fs';

// `wx` neither follows a link nor opens an existing file.
// No fsync: 30,000 of them take minutes, and after a power cut the next run writes what is missing.
// Node writes faster when the encoding is stated.
export const asNew = { flag: 'wx', encoding: 'utf8' } as const;

/**
 * Replaces a file atomically: a reader sees the old text or the new one, also after a crash. It is synchronous, so that
 * no signal is handled in between.
 */
export function replace(directory: string, file: string, text: string | Buffer): void {
  // Not `.yaml`: Argo CD would apply a file that a crash leaves behind.
  const path = `${directory}/.${file}.${unique()}.tmp`;
  try {
    writeFileSync(path, text, asNew);
    renameSync(path, `${directory}/${file}`);
  } catch (error) {
    rmSync(path, { force: true });
    throw error;
  }
}

/** 12 hexadecimal digits for a file name. Not cryptographic: `wx` and `mkdir` refuse a name that exists. */
export function unique(): string {
  return Math.floor(Math.random() * 2 ** 48)
    .toString(16)
    .padStart(12, '0');
}
