import { mkdirSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { sha256 } from '../catalog/digest.ts';
import { isYamlFile } from './dist-path.ts';
import type { Listing } from './listing.ts';
import type { RenderedFile } from './rendered-file.ts';
import { SealReader, sealOf } from './seal.ts';
import { replace } from './temporary-file.ts';

/** Lines that are put together, outside of the heap: there may be 100,000. */
const perPage = 1000;

/**
 * What the last run with the same settings and program rendered: a digest for each directory, of its key and of the names and seals of its
 * files. A directory that is noted under the key that it has now, and whose files are as they were written, to the byte, needs no rendering.
 * The notes are in the user's cache, outside of what is committed. They save time and nothing else: without them all is rendered and compared.
 */
export class Notes {
  private readonly pages: Buffer[] = [];
  private open: string[] = [];
  private readonly seals = new SealReader();

  private constructor(
    private readonly out: string,
    private readonly context: string,
    private readonly known: ReadonlyMap<string, string>,
  ) {}

  /**
   * @param out the output directory.
   * @param context what all files depend on: settings and program. Notes of another say nothing.
   */
  static read(out: string, context: string): Notes {
    const [first, ...lines] = readLines(join(cacheDirectory(), fileFor(out)));
    const known = first === context ? lines.map((line) => line.split(' ') as [string, string]) : [];
    return new Notes(out, context, new Map(known));
  }

  /**
   * The files of a directory, when they are those that would be rendered for it.
   *
   * @param key two directories with the same key have the same files. @param listing what is there.
   * @returns paths, relative to the output directory; undefined when only rendering can tell.
   */
  unchanged(directory: string, key: string, listing: Listing): string[] | undefined {
    const known = this.known.get(directory);
    if (known === undefined) return undefined;
    const files = (listing.get(directory) ?? []).filter(isYamlFile);
    const seals: string[] = [];
    for (const file of files) {
      const seal = this.seals.read(`${this.out}/${directory}/${file}`);
      if (seal === undefined) return undefined;
      seals.push(seal);
    }
    if (noteOf(key, files, seals) !== known) return undefined;
    this.add(directory, known);
    return files.map((file) => `${directory}/${file}`);
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
    const text = Buffer.concat([Buffer.from(`${this.context}\n`), ...this.pages, pageOf(this.open)]);
    try {
      mkdirSync(cacheDirectory(), { recursive: true });
      replace(cacheDirectory(), fileFor(this.out), text);
    } catch {
      // A home that is missing, read-only or full costs the next run some time.
    }
  }

  private add(directory: string, note: string): void {
    this.open.push(`${directory} ${note}\n`);
    if (this.open.length < perPage) return;
    this.pages.push(pageOf(this.open));
    this.open = [];
  }
}

function pageOf(lines: readonly string[]): Buffer {
  return Buffer.from(lines.join(''));
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
