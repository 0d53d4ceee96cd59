import { type Dirent, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate as yieldToEventLoop } from 'node:timers/promises';
import { codeOf, whileDoing, wrapped } from '../text/file-system-error.ts';
import { type CommittedFiles, isManifest } from './committed-files.ts';
import { beginsWithHeader, hasText, textOf } from './regular-file.ts';
import { assertKind, assertNoSymlink, isFile } from './symlinks.ts';
import { isOrgDirectory, isShardDirectory } from './tree-path.ts';

/**
 * The output directory in the work tree. Needs no lock.
 * @param out a missing one is an empty tree.
 * @throws PermanentError when a directory of the tree is a symbolic link.
 */
export async function readWorkTree(out: string): Promise<CommittedFiles> {
  // A caller that reads again and again must not keep everything else from happening.
  await yieldToEventLoop();
  const reading = <T>(path: string, work: () => T): T => {
    try {
      return work();
    } catch (error) {
      throw whileDoing(`reading ${join(out, path)}`, error);
    }
  };
  return {
    against: { directory: out, ref: null, commit: null },
    directories: await wrapped(`reading ${out}`, () => new Set(directoriesOf(out))),
    filesIn: (directory) => reading(directory, () => manifestsIn(`${out}/${directory}`)),
    isSame: (path, text) => reading(path, () => hasText(`${out}/${path}`, text)),
    isOurs: async (path) =>
      reading(path, () => isFile(`${out}/${path}`) && beginsWithHeader(`${out}/${path}`)),
    read: async (path) => reading(path, () => textOf(`${out}/${path}`)),
  };
}

/** Sorted, but for shards, which come last. */
function* directoriesOf(out: string): Generator<string> {
  for (const directory of ['platform', 'orgs', 'shards']) assertNoSymlink(out, directory);
  const shards = entriesOf(join(out, 'shards')).filter(({ name }) => isShardDirectory(name));
  for (const { name } of shards) assertNoSymlink(out, `shards/${name}`);
  for (const parent of ['orgs', ...shards.map(({ name }) => `shards/${name}`)]) {
    for (const entry of entriesOf(join(out, parent))) {
      const directory = `${parent}/${entry.name}`;
      if (!isOrgDirectory(entry.name)) continue;
      // A link could be an org's directory, moved: to pass over it would leave its objects running unseen.
      if (entry.isSymbolicLink()) assertKind(entry, 'directory', join(out, directory));
      if (entry.isDirectory()) yield directory;
    }
  }
  if (entriesOf(join(out, 'platform')).length > 0) yield 'platform';
}

function manifestsIn(path: string): string[] {
  const files = entriesOf(path).filter((entry) => !entry.isDirectory() && isManifest(entry.name));
  return files.map(({ name }) => name);
}

/** Sorted by name; none where there is no directory. */
function entriesOf(path: string): Dirent[] {
  try {
    return readdirSync(path, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1));
  } catch (error) {
    // Also one that was removed in the meantime: reading needs no lock.
    if (codeOf(error) === 'ENOENT') return [];
    throw error;
  }
}
