import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { sha256 } from '../text/sha256.ts';
import { CacheFile, cacheDirectory } from './cache-file.ts';
import type { RenderedFile } from './rendered-file.ts';
import { sealOf } from './seal.ts';

/**
 * What the last run with the same settings and program rendered: a digest for each directory, of its key and of the names and seals of its
 * files. A directory that is noted under the key that it has now, and whose files are as they were written, to the byte, needs no rendering.
 * The notes are in the user's cache, outside of what is committed. They save time and nothing else: without them all is rendered and compared.
 */
export class Notes {
  private next: CacheFile | undefined;

  private constructor(
    private readonly path: string,
    private readonly context: string,
    private readonly known: ReadonlyMap<string, string>,
  ) {}

  /** How many directories are known from the last run. */
  get size(): number {
    return this.known.size;
  }

  /**
   * @param out the output directory.
   * @param context what all files depend on: settings and program. Notes of another say nothing.
   */
  static read(out: string, context: string): Notes {
    const path = pathFor(out);
    return new Notes(path, context, notesIn(textOf(path), context));
  }

  /** Nothing is known yet, as of an output directory that is empty. */
  static none(out: string, context: string): Notes {
    return new Notes(pathFor(out), context, new Map());
  }

  /** Begins to note for the next run. Only who holds the lock of the output directory may. */
  begin(): void {
    this.next = new CacheFile(this.path);
    this.next.add(this.context);
  }

  /** Whether the files of a directory may be those that would be rendered for it: then their seals tell. */
  has(directory: string): boolean {
    return this.known.has(directory);
  }

  /**
   * Whether the files of a directory are those that would be rendered for it.
   *
   * @param key two directories with the same key have the same files. @param files names, sorted. @param seals of these files.
   */
  confirms(directory: string, key: string, files: readonly string[], seals: readonly string[]): boolean {
    const known = this.known.get(directory);
    if (known === undefined || noteOf(key, files, seals) !== known) return false;
    this.next?.add(`${directory} ${known}`);
    return true;
  }

  /** Notes what was rendered for a directory. */
  note(directory: string, key: string, rendered: readonly RenderedFile[]): void {
    if (this.next === undefined) return;
    const sorted = [...rendered].sort((a, b) => (a.path < b.path ? -1 : 1));
    const files = sorted.map(({ path }) => path.slice(directory.length + 1));
    const seals = sorted.map(({ text }) => sealOf(text));
    this.next.add(`${directory} ${noteOf(key, files, seals)}`);
  }

  /** Keeps what was noted for the next run. Call it when all of that is in the output directory. */
  keep(): void {
    this.next?.keep();
    this.next = undefined;
  }

  /** Forgets what was noted and not kept. */
  close(): void {
    this.next?.discard();
    this.next = undefined;
  }
}

function pathFor(out: string): string {
  return join(cacheDirectory(), `${sha256(resolve(out)).slice(0, 32)}.notes`);
}

function noteOf(key: string, files: readonly string[], seals: readonly string[]): string {
  return sha256([key, ...files, ...seals].join(' ')).slice(0, 32);
}

/** The notes by directory, in a text whose first line is the context. In a loop, as there may be 100,000. */
function notesIn(text: string, context: string): Map<string, string> {
  const notes = new Map<string, string>();
  let start = context.length + 1;
  if (!text.startsWith(`${context}\n`)) return notes;
  for (let end = text.indexOf('\n', start); end >= 0; end = text.indexOf('\n', start)) {
    const space = text.indexOf(' ', start);
    notes.set(text.slice(start, space), text.slice(space + 1, end));
    start = end + 1;
  }
  return notes;
}

function textOf(path: string): string {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    // There are none, as before the first run; or they cannot be read, and all is rendered.
    return '';
  }
}
