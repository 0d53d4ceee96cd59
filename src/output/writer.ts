import { lstatSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Change } from './changes.ts';
import { enter, refuseUnless } from './directory.ts';
import { type DistPath, parseDistPath } from './dist-path.ts';
import { whileDoing } from './file-system-error.ts';
import { header } from './header.ts';
import type { LockedTree } from './lock.ts';
import type { Pace } from './pace.ts';
import type { RenderedFile } from './rendered-file.ts';
import { replace, replaceNow } from './temporary-file.ts';

/** Compares files with the output directory, one after the other; the files of a directory come together. */
export class Comparer {
  private last: { readonly directory: string; readonly isThere: boolean } | undefined;

  constructor(protected readonly out: string) {}

  /** What writing the file would do. @throws PermanentError when a link or a directory stands in the way. */
  compare(file: RenderedFile): Change {
    const place = placeOf(file);
    try {
      return this.compareAt(place, file.text);
    } catch (error) {
      throw whileDoing(`reading ${join(this.out, file.path)}`, error);
    }
  }

  protected compareAt({ directory, file }: DistPath, text: string): Change {
    if (this.last?.directory !== directory) this.last = { directory, isThere: enter(this.out, directory) };
    if (!this.last.isThere) return 'created';
    const target = join(this.out, directory, file);
    const seen = lstatSync(target, { throwIfNoEntry: false });
    if (!seen) return 'created';
    refuseUnless(seen, 'file', target);
    return seen.size === Buffer.byteLength(text) && holds(target, text) ? 'unchanged' : 'updated';
  }
}

/** Brings files to the output directory, one or several at a time, as fast as the disk is. */
export class Writer extends Comparer {
  private made: string | undefined;

  constructor(
    private readonly tree: LockedTree,
    private readonly pace: Pace,
  ) {
    super(tree.out);
  }

  /** Brings one file up to date, in one step for every reader. */
  async write(file: RenderedFile): Promise<Change> {
    const place = placeOf(file);
    await this.pace.turn();
    this.tree.assertHeld();
    try {
      const change = this.made === place.directory ? 'created' : this.compareAt(place, file.text);
      if (change !== 'unchanged') await this.put(place, file.text);
      return change;
    } catch (error) {
      throw whileDoing(`writing ${join(this.out, file.path)}`, error);
    }
  }

  private async put({ directory, file }: DistPath, text: string): Promise<void> {
    const path = join(this.out, directory);
    if (this.made !== directory && !enter(this.out, directory)) {
      mkdirSync(path, { recursive: true });
      this.made = directory;
    }
    if (this.pace.isQuick) this.pace.timed(() => replaceNow(path, file, text));
    else await replace(path, file, text, this.tree.assertHeld);
  }
}

/** Whether a file of the right size has this text. */
function holds(path: string, text: string): boolean {
  // Bytes that are no UTF-8 would be read as a character that a text may have.
  const isASCII = Buffer.byteLength(text) === text.length;
  return isASCII ? readFileSync(path, 'utf8') === text : readFileSync(path).equals(Buffer.from(text));
}

function placeOf(file: RenderedFile): DistPath {
  if (!file.text.startsWith(`${header}\n`)) {
    throw new Error(
      `${file.path} lacks the header: it would be taken for somebody else's file and never removed`,
    );
  }
  return parseDistPath(file.path);
}
