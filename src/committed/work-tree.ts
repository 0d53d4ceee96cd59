import type { Dirent } from 'node:fs';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { entriesOf, orgDirectories, refuseUnless } from '../output/directory.ts';
import { wrapped } from '../output/file-system-error.ts';
import { type CommittedTree, isManifest } from './committed-tree.ts';

/**
 * The output directory as it lies in the work tree.
 * @param out a missing one is an empty tree.
 * @throws PermanentError when a directory of the tree is a symbolic link.
 */
export async function readWorkTree(out: string): Promise<CommittedTree> {
  return wrapped(`reading ${out}`, () => {
    const entries = new Map<string, Dirent>();
    const directories = new Map<string, readonly string[]>();
    for (const directory of ['platform', ...placesOfOrgs(out)]) {
      const files = entriesOf(out, directory).filter(({ name }) => isManifest(name));
      for (const entry of files) entries.set(`${directory}/${entry.name}`, entry);
      const paths = files.filter((entry) => entry.isFile()).map(({ name }) => `${directory}/${name}`);
      if (paths.length > 0) directories.set(directory, paths);
    }
    return {
      against: { directory: out, ref: null, commit: null },
      directories,
      isSame: (path, text) => {
        const entry = entries.get(path);
        if (entry === undefined) return false;
        refuseUnless(entry, 'file', join(out, path));
        return readFileSync(join(out, path)).equals(Buffer.from(text));
      },
      read: (path) => wrapped(`reading ${join(out, path)}`, () => readFileSync(join(out, path), 'utf8')),
    };
  });
}

function placesOfOrgs(out: string): string[] {
  return [...orgDirectories(out)].flatMap(({ directory, entry }) => {
    // A link could be an org's directory, moved: to pass over it would leave its objects running unseen.
    if (entry.isSymbolicLink()) refuseUnless(entry, 'directory', join(out, directory));
    return entry.isDirectory() ? [directory] : [];
  });
}
