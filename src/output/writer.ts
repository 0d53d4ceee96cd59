import { lstatSync } from 'node:fs';
import { join } from 'node:path';
import type { Change, FileChange } from './changes.ts';
import { refuseUnless } from './directory.ts';
import { Entrance } from './entrance.ts';
import { whileDoing } from './file-system-error.ts';
import type { Listing } from './listing.ts';
import type { LockedTree } from './lock.ts';
import type { Pace } from './pace.ts';
import { directoryOf } from './rendered-directory.ts';
import type { RenderedFile } from './rendered-file.ts';
import { Staging } from './staging.ts';
import { TextMatcher } from './text-matcher.ts';

/** Compares what is rendered with the output directory, one of its directories at a time. */
export class Comparer {
  protected readonly entrance: Entrance;
  private readonly matcher = new TextMatcher();

  /** @param listing what is there, when somebody has looked: what is listed as a directory is not looked at again. */
  constructor(
    protected readonly out: string,
    protected readonly listing?: Listing,
  ) {
    this.entrance = new Entrance(out);
  }

  /** What writing the files of a directory would do; others of ours in it are obsolete, as far as their names say. @throws PermanentError when a link or a directory stands in the way. */
  compare(files: readonly RenderedFile[]): FileChange[] {
    return this.compareIn(directoryOf(files), files);
  }

  protected compareIn(directory: string, files: readonly RenderedFile[]): FileChange[] {
    if (!this.isThere(directory)) return asCreated(files);
    const changes: FileChange[] = files.map((file) => ({ path: file.path, change: this.compareFile(file) }));
    const obsolete = this.pathsIn(directory).filter((path) => !files.some((file) => file.path === path));
    return [...changes, ...obsolete.map((path) => ({ path, change: 'obsolete' as const }))];
  }

  private pathsIn(directory: string): string[] {
    return (this.listing?.filesIn(directory) ?? []).map((file) => `${directory}/${file}`);
  }

  private isThere(directory: string): boolean {
    if (this.listing?.directories.has(directory)) return true;
    try {
      return this.entrance.enter(directory);
    } catch (error) {
      throw whileDoing(`reading ${join(this.out, directory)}`, error);
    }
  }

  private compareFile({ path, text }: RenderedFile): Change {
    try {
      return this.changeAt(`${this.out}/${path}`, text);
    } catch (error) {
      throw whileDoing(`reading ${join(this.out, path)}`, error);
    }
  }

  private changeAt(target: string, text: string): Change {
    let failure: unknown;
    try {
      if (this.matcher.matches(target, text)) return 'unchanged';
    } catch (error) {
      failure = error;
    }
    // Only now, as nearly all files match.
    const seen = lstatSync(target, { throwIfNoEntry: false });
    if (!seen) return 'created';
    refuseUnless(seen, 'file', target);
    if (failure !== undefined) throw failure;
    return 'updated';
  }
}

/** Brings what is rendered to the output directory, one or several of its directories at a time, as fast as the disk is. */
export class Writer extends Comparer {
  private readonly staging: Staging;

  constructor(
    private readonly tree: LockedTree,
    protected override readonly listing: Listing,
    private readonly pace: Pace,
  ) {
    super(tree.out, listing);
    this.staging = new Staging(tree);
  }

  /**
   * Brings the files of a directory up to date: one step for every reader where the directory is new, else one for each file.
   *
   * @returns a promise only where something has to be waited for.
   */
  write(files: readonly RenderedFile[]): FileChange[] | Promise<FileChange[]> {
    this.tree.assertHeld();
    const directory = directoryOf(files);
    if (this.listing.directories.has(directory)) return this.update(directory, files);
    if (!this.pace.isQuick) return this.createOrUpdate(directory, files);
    return this.createNow(directory, files) ? asCreated(files) : this.update(directory, files);
  }

  /** Lets others have their turn, when it is time. */
  turn(): Promise<void> | undefined {
    return this.pace.turn();
  }

  /** Leaves nothing of its own behind. */
  close(): void {
    this.staging.remove();
  }

  private async createOrUpdate(directory: string, files: readonly RenderedFile[]): Promise<FileChange[]> {
    try {
      this.entrance.makeParent(directory);
      if (await this.staging.directory(directory, files)) return asCreated(files);
    } catch (error) {
      throw whileDoing(`writing ${join(this.out, directory)}`, error);
    }
    return this.update(directory, files);
  }

  /** @returns false when something stands there, which came in the meantime or is no directory. */
  private createNow(directory: string, files: readonly RenderedFile[]): boolean {
    try {
      this.entrance.makeParent(directory);
      return this.pace.timed(() => this.staging.directoryNow(directory, files));
    } catch (error) {
      throw whileDoing(`writing ${join(this.out, directory)}`, error);
    }
  }

  private async update(directory: string, files: readonly RenderedFile[]): Promise<FileChange[]> {
    const changes = this.compareIn(directory, files);
    for (const [i, file] of files.entries())
      if (changes[i]?.change !== 'unchanged') await this.replace(directory, file);
    return changes;
  }

  private async replace(directory: string, file: RenderedFile): Promise<void> {
    try {
      this.entrance.make(directory);
      if (!this.pace.isQuick) return await this.staging.file(file);
      this.pace.timed(() => this.staging.fileNow(file));
    } catch (error) {
      throw whileDoing(`writing ${join(this.out, file.path)}`, error);
    }
  }
}

function asCreated(files: readonly RenderedFile[]): FileChange[] {
  return files.map(({ path }) => ({ path, change: 'created' }));
}
