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

/** Compares files with the output directory; those of a directory come together. */
export class Comparer {
  /** The directory that was looked at last. */
  protected last: { readonly directory: string; readonly path: string; state: 'missing' | 'there' | 'new' };

  constructor(protected readonly out: string) {
    this.last = { directory: '', path: out, state: 'there' };
  }

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
    if (this.last.directory !== directory) {
      const state = enter(this.out, directory) ? 'there' : 'missing';
      this.last = { directory, path: join(this.out, directory), state };
    }
    if (this.last.state !== 'there') return 'created';
    const target = `${this.last.path}/${file}`;
    const seen = lstatSync(target, { throwIfNoEntry: false });
    if (!seen) return 'created';
    refuseUnless(seen, 'file', target);
    return seen.size === Buffer.byteLength(text) && holds(target, text) ? 'unchanged' : 'updated';
  }
}

/** Brings files to the output directory, one or several at a time, as fast as the disk is. */
export class Writer extends Comparer {
  constructor(
    private readonly tree: LockedTree,
    private readonly pace: Pace,
  ) {
    super(tree.out);
  }

  /** Brings one file up to date, in one step for every reader. @returns a promise only where something has to be waited for. */
  write(file: RenderedFile): Change | Promise<Change> {
    const place = placeOf(file);
    this.tree.assertHeld();
    try {
      const change = this.compareAt(place, file.text);
      if (change === 'unchanged') return change;
      const { path } = this.lastMade();
      if (!this.pace.isQuick)
        return replace(path, place.file, file.text, this.tree.assertHeld).then(
          () => change,
          (error: unknown) => this.fail(file, error),
        );
      this.pace.timed(() => replaceNow(path, place.file, file.text));
      return change;
    } catch (error) {
      return this.fail(file, error);
    }
  }

  /** Lets others have their turn, when it is time. */
  turn(): Promise<void> | undefined {
    return this.pace.turn();
  }

  private lastMade() {
    if (this.last.state === 'missing') {
      mkdirSync(this.last.path, { recursive: true });
      this.last.state = 'new';
    }
    return this.last;
  }

  private fail(file: RenderedFile, error: unknown): never {
    throw whileDoing(`writing ${join(this.out, file.path)}`, error);
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
