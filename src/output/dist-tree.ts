/**
 * The only way to the output directory: `platform/*.yaml`, and `orgs/<name>/*.yaml` or `shards/<number>/<name>/*.yaml`, read by people in a
 * review and by Argo CD. All of it is synchronous inside, as `fs/promises` hops between threads at a price of several calls: comparing 30,000
 * small files in the page cache takes 0.6 s so, and 5 s with it; writing them to memory 1 s, and 4 s. Only on a disk that makes a
 * file wait several are written at a time (40 s, and 10 s). What is new comes as a directory in one step, what changes as a file: `Staging`.
 */
import { basename, join } from 'node:path';
import { setImmediate as turnOfTheLoop } from 'node:timers/promises';
import { wrapped } from './file-system-error.ts';
import { isOurs } from './header.ts';
import { type Listing, listTree } from './listing.ts';

export { type Change, Changes } from './changes.ts';
export { header, isOurs } from './header.ts';
export { KnownFiles } from './known-files.ts';
export { Listing, listTree } from './listing.ts';
export { type LockedTree, type LockOptions, withLock } from './lock.ts';
export {
  compareFile,
  compareFiles,
  type Eventually,
  type RenderedDirectory,
  type RenderedFile,
  type RenderedFiles,
  removeFile,
  removeFiles,
  writeFile,
  writeFiles,
} from './rendered-file.ts';

/** The orgs that are committed: those of whose files one is ours, at least. */
export class CommittedOrgs {
  /** By the name of the org's directory: where it is. There may be 100,000, and nearly all are in one place. */
  private readonly places = new Map<string, string | readonly string[]>();
  private looked = 0;

  constructor(
    private readonly out: string,
    private readonly listing: Listing,
  ) {}

  get size(): number {
    return this.places.size;
  }

  /** The names of the orgs' directories. */
  names(): Iterable<string> {
    return this.places.keys();
  }

  has(name: string): boolean {
    return this.places.has(name);
  }

  /** Where an org is, relative to the output directory: in two places, once the settings have moved it to another. */
  directoriesOf(name: string): readonly string[] {
    const places = this.places.get(name) ?? [];
    return typeof places === 'string' ? [places] : places;
  }

  /** The paths of the files of ours in some directories, relative to the output directory. */
  async pathsIn(directories: Iterable<string>): Promise<string[]> {
    const paths: string[] = [];
    for (const directory of directories) {
      // The lock's timer must run, also where the disk is slow.
      if (++this.looked % 64 === 0) await turnOfTheLoop();
      for (const file of this.listing.filesIn(directory))
        if (isOurs(join(this.out, directory, file))) paths.push(`${directory}/${file}`);
    }
    return paths;
  }

  add(name: string, directory: string): void {
    this.places.set(name, this.has(name) ? [...this.directoriesOf(name), directory] : directory);
  }
}

/** How much of a tree is looked at. */
export interface Looking {
  /** What is there, when it has been listed already. */
  readonly listing?: Listing | undefined;
  /** Orgs whose directories are taken for ours by their names: they are about to be compared with what is rendered anyway. */
  readonly trusted?: (() => ReadonlySet<string>) | undefined;
}

/**
 * The orgs that are there. Reads the first bytes of each file only. Needs no lock.
 * @param out the output directory; a missing one is an empty tree.
 * @throws PermanentError when a directory of the tree is a symbolic link.
 */
export async function readCommittedOrgs(
  out: string,
  { listing, trusted }: Looking = {},
): Promise<CommittedOrgs> {
  return wrapped(`reading ${out}`, async () => {
    const listed = listing ?? (await listTree(out));
    const orgs = new CommittedOrgs(out, listed);
    const known = listed.directories.size === 0 ? undefined : trusted?.();
    for (const directory of listed.directories) {
      if (directory === 'platform') continue;
      const name = basename(directory);
      if (known?.has(name) || (await orgs.pathsIn([directory])).length > 0) orgs.add(name, directory);
    }
    return orgs;
  });
}
