/**
 * The only way to the output directory: `platform/*.yaml`, and `orgs/<name>/*.yaml` or `shards/<number>/<name>/*.yaml`, read by people in a
 * review and by Argo CD. All of it is synchronous inside, as `fs/promises` hops between threads at a price of several calls: comparing 30,000
 * small files in the page cache takes 0.6 s so, and 5 s with it; writing them to memory 1 s, and 4 s. Only on a disk that makes a
 * file wait several are written at a time (40 s, and 10 s). What is new comes as a directory in one step, what changes as a file: `Staging`.
 */
import { basename, join } from 'node:path';
import { isYamlFile } from './dist-path.ts';
import { wrapped } from './file-system-error.ts';
import { isOurs } from './header.ts';
import { type Listing, listTree } from './listing.ts';

export { type Change, Changes } from './changes.ts';
export { header, isOurs } from './header.ts';
export { KnownFiles } from './known-files.ts';
export { type Listing, listTree } from './listing.ts';
export { type LockedTree, type LockOptions, withLock } from './lock.ts';
export {
  compareFile,
  compareFiles,
  type RenderedDirectory,
  type RenderedFile,
  type RenderedFiles,
  removeFile,
  removeFiles,
  writeFile,
  writeFiles,
} from './rendered-file.ts';

/** The files of ours that are there, as paths relative to the output directory, sorted. */
export interface DistTree {
  /** Name of the org's directory to its files; a directory without a file of ours is not listed. */
  readonly orgs: ReadonlyMap<string, readonly string[]>;
  readonly platform: readonly string[];
}

/** How much of a tree is looked at. */
export interface Looking {
  /** What is there, when it has been listed already. */
  readonly listing?: Listing | undefined;
  /** Orgs whose files are taken for ours by their names: they are about to be compared with what is rendered anyway. */
  readonly trusted?: (() => ReadonlySet<string>) | undefined;
}

/**
 * What is there of ours. Reads the first bytes of each file only. Needs no lock.
 * @param out the output directory; a missing one is an empty tree.
 * @throws PermanentError when a directory of the tree is a symbolic link.
 */
export async function readDistTree(out: string, { listing, trusted }: Looking = {}): Promise<DistTree> {
  return wrapped(`reading ${out}`, async () => {
    const orgs = new Map<string, readonly string[]>();
    let platform: readonly string[] = [];
    const listed = listing ?? (await listTree(out));
    const known = listed.size === 0 ? undefined : trusted?.();
    for (const [directory, files] of listed) {
      const name = directory === 'platform' ? undefined : basename(directory);
      const candidates = files.filter(isYamlFile).map((file) => `${directory}/${file}`);
      const isTrusted = name !== undefined && known?.has(name);
      const ours = isTrusted ? candidates : candidates.filter((path) => isOurs(join(out, path)));
      if (name === undefined) platform = ours;
      // An org may be in two places, once the settings move it to another.
      else if (ours.length > 0) orgs.set(name, [...(orgs.get(name) ?? []), ...ours]);
    }
    return { orgs, platform };
  });
}
