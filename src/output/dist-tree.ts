/**
 * The only way to the output directory: `platform/*.yaml`, and `orgs/<name>/*.yaml` or `shards/<number>/<name>/*.yaml`, read by people in a
 * review and by Argo CD. What reads is synchronous inside: comparing 30,000 small files in the page cache takes
 * 0.6 s so, and 5 s with `fs/promises`, whose thread hops cost more than the calls. What writes may have to wait
 * for the disk, so several files are under way at a time: slower in memory (4 s for 1 s), faster on a slow disk
 * (10 s for 40 s).
 */
import { join } from 'node:path';
import { setImmediate as turnOfTheLoop } from 'node:timers/promises';
import { entriesOf, orgDirectories, refuseUnless } from './directory.ts';
import { isYamlFile } from './dist-path.ts';
import { wrapped } from './file-system-error.ts';
import { isOurs } from './header.ts';

export { header } from './header.ts';
export { type LockedTree, type LockOptions, withLock } from './lock.ts';
export {
  type Change,
  compareFile,
  compareFiles,
  type RenderedFile,
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

/**
 * What is there of ours. Reads the first bytes of each file only. Needs no lock.
 * @param out the output directory; a missing one is an empty tree.
 * @throws PermanentError when a directory of the tree is a symbolic link.
 */
export async function readDistTree(out: string): Promise<DistTree> {
  return wrapped(`reading ${out}`, async () => {
    const orgs = new Map<string, readonly string[]>();
    await turnOfTheLoop();
    for (const { directory, entry } of orgDirectories(out)) {
      // A link could be an org's directory, moved: to pass over it would leave its objects running unseen.
      if (entry.isSymbolicLink()) refuseUnless(entry, 'directory', join(out, directory));
      if (!entry.isDirectory()) continue;
      const files = filesOfOurs(out, directory);
      // An org may be in two places, once the settings move it to another.
      if (files.length > 0) orgs.set(entry.name, [...(orgs.get(entry.name) ?? []), ...files]);
      // The lock's timer must run, also where the disk is slow.
      await turnOfTheLoop();
    }
    return { orgs, platform: filesOfOurs(out, 'platform') };
  });
}

function filesOfOurs(out: string, directory: string): string[] {
  const candidates = entriesOf(out, directory).filter((entry) => entry.isFile() && isYamlFile(entry.name));
  return candidates.map((entry) => `${directory}/${entry.name}`).filter((path) => isOurs(join(out, path)));
}
