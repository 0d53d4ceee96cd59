import { basename } from 'node:path';
import { isYamlFile } from './tree-path.ts';

/** What is committed of an output directory: in the work tree, or at a Git commit. */
export interface CommittedFiles {
  readonly against: {
    /** The output directory, as the user passed it. */
    readonly directory: string;
    /** The Git ref; null for the work tree. */
    readonly ref: string | null;
    /** The commit that the ref is. */
    readonly commit: string | null;
  };
  /** `platform`, and those of orgs, relative to the output directory; sorted. */
  readonly directories: ReadonlySet<string>;
  /**
   * Names of all files in a directory that Argo CD would apply, sorted, with links: it follows those. None where there
   * is no such directory.
   */
  readonly filesIn: (directory: string) => readonly string[];
  /**
   * Whether a file is committed with exactly this text.
   * @throws PermanentError if the path is something else than a file.
   */
  readonly isSame: (path: string, text: string) => boolean;
  /** Whether a file begins with the header. A link is not ours, wherever it leads to. */
  readonly isOurs: (path: string) => Promise<boolean>;
  readonly read: (path: string) => Promise<string>;
}

/** Whether Argo CD applies a file of this name. */
export function isManifest(file: string): boolean {
  return /\.(ya?ml|json)$/.test(file);
}

/** The directories of orgs by the names of their catalogs: two, where the settings have moved an org to another. */
export function directoriesByOrg({ directories }: CommittedFiles): Map<string, string[]> {
  const byName = new Map<string, string[]>();
  for (const directory of directories) {
    if (directory === 'platform') continue;
    const name = basename(directory);
    byName.set(name, [...(byName.get(name) ?? []), directory]);
  }
  return byName;
}

/**
 * Sorts the paths of the files in a directory: those that are desired, those that synth made and that are not desired
 * any more, and those of others.
 */
export async function sortFiles(
  committed: CommittedFiles,
  directory: string,
  desired: readonly string[] = [],
): Promise<Record<'desired' | 'obsolete' | 'foreign', readonly string[]>> {
  const sorted: Record<'desired' | 'obsolete' | 'foreign', string[]> = {
    desired: [],
    obsolete: [],
    foreign: [],
  };
  for (const file of committed.filesIn(directory)) {
    const path = `${directory}/${file}`;
    if (desired.includes(path)) sorted.desired.push(path);
    else if (isYamlFile(file) && (await committed.isOurs(path))) sorted.obsolete.push(path);
    else sorted.foreign.push(path);
  }
  return sorted;
}
