import { mkdirSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { sha256 } from '../catalog/digest.ts';
import type { RenderedFile } from './rendered-file.ts';
import { sealOf } from './seal.ts';
import { replace } from './temporary-file.ts';

/** Bytes that are put together: lines of 100,000 directories do not stay in the heap, where each would be half a dozen objects for long. */
const pageSize = 64 * 1024;

/**
 * What the last run with the same settings and program rendered: a digest for each directory, of its key and of the names and seals of its
 * files. A directory that is noted under the key that it has now, and whose files are as they were written, to the byte, needs no rendering.
 * The notes are in the user's cache, outside of what is committed. They save time and nothing else: without them all is rendered and compared.
 */
export class Notes {
  private readonly pages: Buffer[] = [];
  private page = Buffer.allocUnsafe(pageSize);
  private end = 0;

  private constructor(
    private readonly out: string,
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
    const [first, ...lines] = readLines(join(cacheDirectory(), fileFor(out)));
    const known = first === context ? lines.map((line) => line.split(' ') as [string, string]) : [];
    return new Notes(out, context, new Map(known));
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
    this.add(directory, known);
    return true;
  }

  /** Notes what was rendered for a directory. */
  note(directory: string, key: string, rendered: readonly RenderedFile[]): void {
    const sorted = [...rendered].sort((a, b) => (a.path < b.path ? -1 : 1));
    const files = sorted.map(({ path }) => path.slice(directory.length + 1));
    const seals = sorted.map(({ text }) => sealOf(text));
    this.add(directory, noteOf(key, files, seals));
  }

  /** Keeps what was noted for the next run. Call it when all of that is in the output directory. */
  keep(): void {
    const text = Buffer.concat([
      Buffer.from(`${this.context}\n`),
      ...this.pages,
      this.page.subarray(0, this.end),
    ]);
    try {
      mkdirSync(cacheDirectory(), { recursive: true });
      replace(cacheDirectory(), fileFor(this.out), text);
    } catch {
      // A home that is missing, read-only or full costs the next run some time.
    }
  }

  private add(directory: string, note: string): void {
    // Names of directories are labels, and so ASCII.
    const line = `${directory} ${note}\n`;
    if (this.end + line.length > this.page.length) {
      this.pages.push(this.page.subarray(0, this.end));
      this.page = Buffer.allocUnsafe(pageSize);
      this.end = 0;
    }
    this.end += this.page.write(line, this.end, 'latin1');
  }
}

function noteOf(key: string, files: readonly string[], seals: readonly string[]): string {
  return sha256([key, ...files, ...seals].join(' ')).slice(0, 32);
}

function readLines(path: string): string[] {
  try {
    return readFileSync(path, 'utf8').trimEnd().split('\n');
  } catch {
    // There are none, as before the first run; or they cannot be read, and all is rendered.
    return [];
  }
}

/** Where programs keep what can be made again: `$XDG_CACHE_HOME`, or `~/.cache`. */
function cacheDirectory(): string {
  return join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'lakekeeper-gitops', 'synth');
}

function fileFor(out: string): string {
  return `${sha256(resolve(out)).slice(0, 32)}.notes`;
}
