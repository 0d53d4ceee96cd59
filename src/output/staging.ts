import { mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { mkdir, rename, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import onExit from 'signal-exit';
import { asNew, unique } from '../text/temporary-file.ts';
import { codeOf, whileDoing } from './file-system-error.ts';
import type { LockedTree } from './lock.ts';
import type { RenderedFile } from './rendered-file.ts';

/**
 * Where files and whole directories are made ready, to be put in place by one rename: a reader, also one that comes after a crash, sees a
 * file as it was or as it is to be, and of a directory that is new all files or none. It is a hidden directory inside the output directory,
 * as a rename across file systems is none; Git does not see it. It is there only while something is written: `remove` ends it, SIGINT and
 * SIGTERM do, and after a crash the next run.
 *
 * The mode of a file is that of a new one (0666 without the umask), also where a file is replaced: `git checkout`
 * does the same, and Git records nothing of a mode but the executable bit, which no manifest should have.
 */
export class Staging {
  private place: Place | undefined;
  private staged = 0;

  constructor(private readonly tree: LockedTree) {}

  /** Puts a file in place. @throws Error when the lock is lost: then everything is as it was. */
  async file(file: RenderedFile): Promise<void> {
    const staged = this.next();
    await writeFile(staged, file.text, asNew);
    this.tree.assertHeld();
    await rename(staged, this.target(file.path));
  }

  /** The same at once: nothing else happens in the meantime, no interrupt either. */
  fileNow(file: RenderedFile): void {
    const staged = this.next();
    writeFileSync(staged, file.text, asNew);
    renameSync(staged, this.target(file.path));
  }

  /**
   * Puts a directory in place, with all its files. What it stands in must be there.
   * @param directory relative to the output directory.
   * @returns false where something stands already, but for an empty directory. The kernel sees to that, and follows no link.
   * @throws Error when the lock is lost: then everything is as it was.
   */
  async directory(directory: string, files: readonly RenderedFile[]): Promise<boolean> {
    const staged = this.next();
    await mkdir(staged);
    for (const file of files)
      await writeFile(staged + nameOf(file), file.text, asNew).catch((error) => this.fail(file, error));
    this.tree.assertHeld();
    return rename(staged, this.target(directory)).then(
      () => true,
      (error) => giveUp(staged, error),
    );
  }

  /** The same at once: nothing else happens in the meantime, no interrupt either. */
  directoryNow(directory: string, files: readonly RenderedFile[]): boolean {
    const staged = this.next();
    mkdirSync(staged);
    for (const file of files) {
      try {
        writeFileSync(staged + nameOf(file), file.text, asNew);
      } catch (error) {
        this.fail(file, error);
      }
    }
    try {
      renameSync(staged, this.target(directory));
      return true;
    } catch (error) {
      return giveUp(staged, error);
    }
  }

  /** Removes the place, with what did not come to its own. Nothing may be under way. */
  remove(): void {
    this.place?.remove();
    this.place = undefined;
  }

  private next(): string {
    this.place ??= open(this.tree.out);
    return `${this.place.path}/${this.staged++}`;
  }

  private target(path: string): string {
    return `${this.tree.out}/${path}`;
  }

  private fail({ path }: RenderedFile, error: unknown): never {
    // Nobody else writes there.
    if (codeOf(error) === 'EEXIST') throw new Error(`${path} was rendered twice`);
    throw whileDoing(`writing ${join(this.tree.out, path)}`, error);
  }
}

/** With the slash before it. */
function nameOf({ path }: RenderedFile): string {
  return path.slice(path.lastIndexOf('/'));
}

// Either of the first two for a directory that is not empty, the third for a link or a file.
const taken = ['ENOTEMPTY', 'EEXIST', 'ENOTDIR'];

function giveUp(staged: string, error: unknown): false {
  if (!taken.includes(codeOf(error) ?? '')) throw error;
  rmSync(staged, { recursive: true });
  return false;
}

// A name of its own for each run: one that was suspended, and lost its lock, does not write into the place of another.
const place = /^\.lakekeeper-gitops\.[0-9a-f]{12}\.tmp$/;

function newPlace(out: string): string {
  return `${out}/.lakekeeper-gitops.${unique()}.tmp`;
}

interface Place {
  readonly path: string;
  remove(): void;
}

function open(out: string): Place {
  const path = newPlace(out);
  mkdirSync(path);
  writeFileSync(`${path}/.gitignore`, '*\n', asNew);
  const forget = onExit(() => empty(path));
  return {
    path,
    remove() {
      empty(path);
      forget();
    },
  };
}

/** Moves a place away before it is emptied: after an interrupt, threads may still be about to put something in it. */
function empty(path: string): void {
  const away = newPlace(dirname(path));
  try {
    renameSync(path, away);
  } catch (error) {
    // A run that took the lock over has removed it.
    if (codeOf(error) === 'ENOENT') return;
    throw error;
  }
  rmSync(away, { recursive: true });
}

/** Removes what crashed runs left over. Call it under the lock only: the place of a live run looks the same. */
export function removeLeftovers(out: string): void {
  for (const entry of readdirSync(out, { withFileTypes: true }))
    if (entry.isDirectory() && place.test(entry.name)) rmSync(join(out, entry.name), { recursive: true });
}
