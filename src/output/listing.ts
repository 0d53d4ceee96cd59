import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate as turnOfTheLoop } from 'node:timers/promises';
import { entriesOf, orgDirectories, refuseUnless } from './directory.ts';
import { isYamlFile } from './dist-path.ts';
import { codeOf, whileDoing, wrapped } from './file-system-error.ts';

/** Lists of names that are shared. */
const sharedAtMost = 100;

/** The directories of the tree that are there: `platform`, and those of orgs. What is in one is looked at when somebody asks. */
export class Listing {
  private readonly known = new Map<string, readonly string[]>();

  /** @param directories relative to the output directory. */
  constructor(
    private readonly out: string,
    readonly directories: ReadonlySet<string>,
  ) {}

  /** The names of the files in a directory that may be ours, sorted; none when it is not there. @throws what reading it throws. */
  filesIn(directory: string): readonly string[] {
    const names = this.namesIn(directory);
    // Nearly all of 10,000 directories share one list. No name has a slash in it.
    const key = names.join('/');
    const files = this.known.get(key) ?? names;
    if (this.known.size < sharedAtMost) this.known.set(key, files);
    return files;
  }

  private namesIn(directory: string): string[] {
    try {
      const entries = readdirSync(`${this.out}/${directory}`, { withFileTypes: true });
      return entries
        .flatMap((entry) => (entry.isFile() && isYamlFile(entry.name) ? [entry.name] : []))
        .sort();
    } catch (error) {
      // Removed in the meantime: reading needs no lock.
      if (codeOf(error) === 'ENOENT') return [];
      throw whileDoing(`reading ${join(this.out, directory)}`, error);
    }
  }
}

/**
 * Lists the output directory: once for everything that has to know.
 *
 * @param out a missing one is an empty tree.
 * @throws PermanentError when a directory of the tree is a symbolic link.
 */
export async function listTree(out: string): Promise<Listing> {
  // A caller that looks again and again must not keep everything else from happening.
  await turnOfTheLoop();
  return wrapped(`reading ${out}`, () => new Listing(out, directoriesOf(out)));
}

function directoriesOf(out: string): Set<string> {
  const directories = new Set<string>();
  for (const { directory, entry } of orgDirectories(out)) {
    // A link could be an org's directory, moved: to pass over it would leave its objects running unseen.
    if (entry.isSymbolicLink()) refuseUnless(entry, 'directory', join(out, directory));
    if (entry.isDirectory()) directories.add(directory);
  }
  if (entriesOf(out, 'platform').length > 0) directories.add('platform');
  return directories;
}
