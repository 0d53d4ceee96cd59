import { mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import onExit from 'signal-exit';
import { codeOf } from '../text/file-system-error.ts';
import { asNew, unique } from '../text/temporary-file.ts';
import type { RenderedFile } from './rendered-file.ts';

/**
 * Where files and whole directories are made ready, to be put in place by one rename: a reader, also one that comes
 * after a crash, sees a file as it was or as it is to be, and of a directory that is new all files or none. It is a
 * hidden directory inside the output directory, as a rename across file systems is none; Git does not see it. It is
 * there only while something is written: `remove` ends it, SIGINT and SIGTERM do, and after a crash the next run.
 *
 * The mode of a file is that of a new one (0666 without the umask), also where a file is replaced: `git checkout`
 * does the same, and Git records nothing of a mode but the executable bit, which no manifest should have.
 */
export class Staging {
  private place: Place | undefined;
  private staged = 0;

  constructor(private readonly out: string) {}

  /** Puts a file in place. */
  file(file: RenderedFile): void {
    const staged = this.next();
    writeFileSync(staged, file.text, asNew);
    renameSync(staged, `${this.out}/${file.path}`);
  }

  /**
   * Moves a directory to its place, with all its files. Its parent must exist.
   * @param directory relative to the output directory.
   * @returns false if the path exists and is no empty directory. The kernel checks that, and follows
   *   no link.
   */
  directory(directory: string, files: readonly RenderedFile[]): boolean {
    const staged = this.next();
    mkdirSync(staged);
    for (const { path, text } of files)
      writeFileSync(staged + path.slice(path.lastIndexOf('/')), text, asNew);
    try {
      renameSync(staged, `${this.out}/${directory}`);
      return true;
    } catch (error) {
      if (!isTaken.includes(codeOf(error) ?? '')) throw error;
      rmSync(staged, { recursive: true });
      return false;
    }
  }

  /** Removes the place, with what was not put in place. */
  remove(): void {
    this.place?.remove();
    this.place = undefined;
  }

  private next(): string {
    this.place ??= open(this.out);
    return `${this.place.path}/${this.staged++}`;
  }
}

// Either of the first two for a directory that is not empty, the third for a link or a file.
const isTaken = ['ENOTEMPTY', 'EEXIST', 'ENOTDIR'];

// The name is unique for each run: a suspended run that lost its lock does not write into the directory of another.
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

/** Moves a place away before it is emptied, so that nothing is put in place from it any more. */
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

/** Removes the files of crashed runs. Call it only under the lock: those of a live run look the same. */
export function removeLeftovers(out: string): void {
  for (const entry of readdirSync(out, { withFileTypes: true }))
    if (entry.isDirectory() && place.test(entry.name)) rmSync(join(out, entry.name), { recursive: true });
}
