import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate as turnOfTheLoop } from 'node:timers/promises';
import { entriesOf, orgDirectories, refuseUnless } from './directory.ts';
import { codeOf, wrapped } from './file-system-error.ts';

/** The directories of the tree that are there (`platform`, and those of orgs), and the names of the regular files in each: both sorted. */
export type Listing = ReadonlyMap<string, readonly string[]>;

/**
 * Lists the output directory: once for everything that has to know.
 *
 * @param out a missing one is an empty tree.
 * @throws PermanentError when a directory of the tree is a symbolic link.
 */
export async function listTree(out: string): Promise<Listing> {
  return wrapped(`reading ${out}`, () => list(out));
}

async function list(out: string): Promise<Listing> {
  // A caller that looks again and again must not keep everything else from happening.
  await turnOfTheLoop();
  const listing = new Map<string, readonly string[]>();
  const known = new Map<string, readonly string[]>();
  const add = (directory: string) => listing.set(directory, filesIn(join(out, directory), known));
  let seen = 0;
  for (const { directory, entry } of orgDirectories(out)) {
    // A link could be an org's directory, moved: to pass over it would leave its objects running unseen.
    if (entry.isSymbolicLink()) refuseUnless(entry, 'directory', join(out, directory));
    if (entry.isDirectory()) add(directory);
    // The lock's timer must run, also where the disk is slow.
    if (++seen % 64 === 0) await turnOfTheLoop();
  }
  if (entriesOf(out, 'platform').length > 0) add('platform');
  return listing;
}

/** @param known lists that were seen: nearly all of 10,000 directories share one. */
function filesIn(directory: string, known: Map<string, readonly string[]>): readonly string[] {
  const names = namesIn(directory).sort();
  // No name has a slash in it.
  const key = names.join('/');
  const files = known.get(key) ?? names;
  if (known.size < 100) known.set(key, files);
  return files;
}

function namesIn(directory: string): string[] {
  try {
    return readdirSync(directory, { withFileTypes: true }).flatMap((entry) =>
      entry.isFile() ? [entry.name] : [],
    );
  } catch (error) {
    // Removed in the meantime: reading needs no lock.
    if (codeOf(error) === 'ENOENT') return [];
    throw error;
  }
}
