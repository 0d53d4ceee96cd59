/**
 * The only way to the output directory: `platform/*.yaml`, and `orgs/<name>/*.yaml` or `shards/<number>/<name>/*.yaml`, read by people in a
 * review and by Argo CD. All of it is synchronous inside, as `fs/promises` hops between threads at a price of several calls: comparing 30,000
 * small files in the page cache takes 0.6 s so, and 5 s with it; writing them to memory 1 s, and 4 s. Only on a disk that makes a
 * file wait several are written at a time (40 s, and 10 s). What is new comes as a directory in one step, what changes as a file: `Staging`.
 */
import { join } from 'node:path';
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

/** What is there of ours, by the names of the orgs' directories; one without a file of ours is not listed. */
export type CommittedOrgs = ReadonlyMap<string, CommittedFiles>;

/** The files of an org. */
export class CommittedFiles {
  private readonly parts: { readonly directory: string; readonly files: () => readonly string[] }[] = [];

  /** Where they are, relative to the output directory: in two places, once the settings have moved the org to another. */
  get directories(): readonly string[] {
    return this.parts.map(({ directory }) => directory);
  }

  /** Relative to the output directory; looked up anew each time, as few ask for them. */
  get paths(): string[] {
    return this.parts.flatMap(({ directory, files }) => files().map((file) => `${directory}/${file}`));
  }

  add(directory: string, files: () => readonly string[]): void {
    this.parts.push({ directory, files });
  }
}

/** How much of a tree is looked at. */
export interface Looking {
  /** What is there, when it has been listed already. */
  readonly listing?: Listing | undefined;
  /** Orgs whose files are taken for ours by their names: they are about to be compared with what is rendered anyway. */
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
    const orgs = new Map<string, CommittedFiles>();
    const listed = listing ?? (await listTree(out));
    const known = listed.directories.size === 0 ? undefined : trusted?.();
    for (const directory of listed.directories) {
      if (directory === 'platform') continue;
      const name = directory.slice(directory.lastIndexOf('/') + 1);
      let files = () => listed.filesIn(directory);
      if (!known?.has(name)) {
        const ours = files().filter((file) => isOurs(join(out, directory, file)));
        if (ours.length === 0) continue;
        files = () => ours;
      }
      const org = orgs.get(name) ?? new CommittedFiles();
      org.add(directory, files);
      orgs.set(name, org);
    }
    return orgs;
  });
}
