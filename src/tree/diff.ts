import { basename, dirname } from 'node:path';
import { type CommittedFiles, directoriesByOrg, sortFiles } from './committed-files.ts';
import { timedYield } from './event-loop.ts';
import { assertWellRendered, type DesiredDirectory } from './rendered-file.ts';

export interface FileChange {
  /** Relative to the output directory. */
  readonly path: string;
  readonly change: 'created' | 'updated' | 'unchanged' | 'removed';
  /** What it is to hold; undefined where it is removed. */
  readonly text: string | undefined;
}

/** How a directory differs from what is committed of it. */
export interface DirectoryChange<D extends DesiredDirectory = DesiredDirectory> {
  /** Undefined for a directory of an org that is not rendered. */
  readonly desired: D | undefined;
  /** Its desired or committed path, relative to the output directory. */
  readonly directory: string;
  /** Where it is committed: elsewhere, when the settings have moved it; undefined when it is new. */
  readonly from: string | undefined;
  /** The desired ones first, in their order; then those that go. */
  readonly files: readonly FileChange[];
  /** Paths of files that synth did not make and does not write. */
  readonly foreign: readonly string[];
}

/**
 * Compares desired and committed files, one directory at a time and lazily: first the desired directories, then those
 * that are not desired.
 *
 * @param leaving names of orgs whose files go. Those of other orgs that are not desired stay as they are.
 */
export async function* diff<D extends DesiredDirectory>(
  committed: CommittedFiles,
  desired: Iterable<D>,
  leaving: ReadonlySet<string>,
): AsyncGenerator<DirectoryChange<D>> {
  const yieldToEventLoop = timedYield();
  const others = directoriesByOrg(committed);
  for (const one of desired) {
    assertWellRendered(one);
    const name = basename(one.directory);
    const elsewhere = one.directory === 'platform' ? [] : (others.get(name) ?? []);
    yield await changeOf(
      committed,
      one,
      elsewhere.filter((directory) => directory !== one.directory),
    );
    if (one.directory !== 'platform') others.delete(name);
    await yieldToEventLoop();
  }
  for (const [name, directories] of others) {
    for (const directory of directories) {
      const { obsolete, foreign } = await sortFiles(committed, directory);
      const files = leaving.has(name) ? obsolete.map(removed) : [];
      yield { desired: undefined, directory, from: directory, files, foreign };
      await yieldToEventLoop();
    }
  }
}

async function changeOf<D extends DesiredDirectory>(
  committed: CommittedFiles,
  desired: D,
  elsewhere: readonly string[],
): Promise<DirectoryChange<D>> {
  const { directory } = desired;
  const files: FileChange[] = [];
  const foreign: string[] = [];
  let from: string | undefined;
  if (!committed.directories.has(directory))
    for (const { path, text } of desired.files) files.push({ path, change: 'created', text });
  else {
    const here = await sortFiles(
      committed,
      directory,
      desired.files.map(({ path }) => path),
    );
    for (const { path, text } of desired.files) {
      const isSame = committed.isSame(path, text);
      const change = isSame ? 'unchanged' : here.desired.includes(path) ? 'updated' : 'created';
      files.push({ path, change, text });
    }
    files.push(...here.obsolete.map(removed));
    foreign.push(...here.foreign);
    if (files.some(({ change }) => change !== 'created')) from = directory;
  }
  for (const other of elsewhere) {
    const there = await sortFiles(committed, other);
    files.push(...there.obsolete.map(removed));
    foreign.push(...there.foreign);
    if (there.obsolete.length > 0) from ??= other;
  }
  return { desired, directory, from, files, foreign };
}

function removed(path: string): FileChange {
  return { path, change: 'removed', text: undefined };
}

/** A file as it is committed and as it is desired; undefined where it is missing. */
export interface FilePair {
  readonly path: string;
  readonly before: string | undefined;
  readonly after: string | undefined;
}

/** The texts of a directory's files on both sides, also of those that do not differ; none where nothing differs. */
export async function filePairs(
  committed: CommittedFiles,
  { directory, from, files }: DirectoryChange,
): Promise<FilePair[]> {
  if (files.every(({ change }) => change === 'unchanged')) return [];
  const pairs = new Map<string, FilePair>();
  for (const { path, change, text } of files) {
    // Not those of a second place that the org is committed in.
    if (![directory, from].includes(dirname(path))) continue;
    const before =
      change === 'unchanged' ? text : change === 'created' ? undefined : await committed.read(path);
    const known = pairs.get(basename(path));
    pairs.set(basename(path), {
      path: known?.path ?? path,
      before: known?.before ?? before,
      after: known?.after ?? text,
    });
  }
  return [...pairs.values()];
}
