import { closeSync, openSync, readSync } from 'node:fs';
import { codeOf } from './file-system-error.ts';

/** First line of every file of ours; the renderer writes it. A file without it is somebody else's. */
export const header =
  '# Made by lakekeeper-gitops synth. Do not edit: change the warehouse row or platform.yaml and run synth again.';

const expected = Buffer.from(header);
const seen = Buffer.alloc(expected.length);

/** Whether a file with this text is one of ours. */
export function hasHeader(text: string): boolean {
  return text.startsWith(header);
}

/** Whether a regular file starts with the header. Reads no further than that: there are 30,000 of them. */
export function isOurs(path: string): boolean {
  let file: number;
  try {
    file = openSync(path, 'r');
  } catch (error) {
    // Removed since the directory was listed: reading needs no lock.
    if (codeOf(error) === 'ENOENT') return false;
    throw error;
  }
  try {
    return readSync(file, seen, 0, seen.length, 0) === seen.length && seen.equals(expected);
  } finally {
    closeSync(file);
  }
}
