import { closeSync, mkdirSync, openSync, renameSync, rmSync, writeSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

const pageSize = 64 * 1024;

/** Where programs keep what can be made again: `$XDG_CACHE_HOME`, or `~/.cache`. */
export function cacheDirectory(): string {
  return join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'lakekeeper-gitops', 'synth');
}

/**
 * A file in the cache that is written a line at a time, beside its place, and put there in the end: of 100,000 lines none stays in memory.
 * A home that is missing, read-only or full costs the next run some time, and this one nothing: then there is no file.
 */
export class CacheFile {
  private readonly page = Buffer.allocUnsafe(pageSize);
  private end = 0;
  private file: number | undefined;

  /** @param path in `cacheDirectory`. One run at a time writes it: what an interrupted one left beside it is written over. */
  constructor(private readonly path: string) {
    this.attempt(() => {
      mkdirSync(cacheDirectory(), { recursive: true });
      this.file = openSync(this.temporary, 'w');
    });
  }

  /** @param line ASCII, at most a page. */
  add(line: string): void {
    if (this.end + line.length + 1 > pageSize) this.flush();
    this.end += this.page.write(`${line}\n`, this.end, 'latin1');
  }

  /** Puts the file in its place, when all of it could be written. */
  keep(): void {
    this.flush();
    const isWritten = this.file !== undefined;
    this.close();
    if (isWritten) this.attempt(() => renameSync(this.temporary, this.path));
    else this.discard();
  }

  /** Removes what is not in its place. */
  discard(): void {
    this.close();
    this.attempt(() => rmSync(this.temporary, { force: true }));
  }

  private get temporary(): string {
    return `${this.path}.tmp`;
  }

  private flush(): void {
    const { file, end } = this;
    if (file !== undefined) this.attempt(() => writeSync(file, this.page, 0, end));
    this.end = 0;
  }

  private close(): void {
    const { file } = this;
    this.file = undefined;
    if (file !== undefined) this.attempt(() => closeSync(file));
  }

  private attempt(work: () => void): void {
    try {
      work();
    } catch {
      this.close();
    }
  }
}
