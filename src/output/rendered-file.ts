import { lstatSync } from 'node:fs';
import { unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { setImmediate as turnOfTheLoop } from 'node:timers/promises';
import { type Change, Changes, type FileChange } from './changes.ts';
import { enter, refuseUnless, removeIfEmpty } from './directory.ts';
import { parseDistPath } from './dist-path.ts';
import { wrapped } from './file-system-error.ts';
import { isOurs } from './header.ts';
import { type Listing, listTree } from './listing.ts';
import type { LockedTree } from './lock.ts';
import { Pace } from './pace.ts';
import { atATime, whilst } from './pool.ts';
import { Comparer, Writer } from './writer.ts';

/** A file as it should be. */
export interface RenderedFile {
  /** Relative to the output directory, forward slashes: see `parseDistPath`. */
  readonly path: string;
  /** The whole text, `header` on the first line. */
  readonly text: string;
}

/** The files of a directory as they should be; or their paths, where it is known already that they are. */
export type RenderedDirectory = readonly RenderedFile[] | { readonly unchanged: readonly string[] };

/** A value, or a promise of it where something has to be waited for first. */
export type Eventually<T> = T | Promise<T>;

/** One directory after the other, as they are asked for. They are numbered in their order. */
export type RenderedFiles = AsyncIterable<RenderedDirectory> | Iterable<Eventually<RenderedDirectory>>;

/**
 * Brings one file up to date, in one step for every reader. A path that is rendered is ours, whatever somebody
 * put there by hand: Git has its history. An unchanged file is not touched.
 * @throws PermanentError when a link or a directory stands in the way; Error when the lock is lost.
 */
export async function writeFile(tree: LockedTree, file: RenderedFile): Promise<Change> {
  await turnOfTheLoop();
  return only(await writeFiles(tree, [[file]]));
}

/**
 * `writeFile` for many: a directory that is not there appears in one step, with all its files. Up to 16 directories at a time where the disk is
 * slow; the next is asked for only when there is room.
 * @param options what is there, when it has been listed already; how fast the disk seems to be.
 * @returns what happened, by directory. @throws the first error, when nothing is under way any more.
 */
export async function writeFiles(
  tree: LockedTree,
  files: RenderedFiles,
  { listing, pace = new Pace() }: { readonly listing?: Listing; readonly pace?: Pace } = {},
): Promise<Changes> {
  const changes = new Changes();
  const writer = new Writer(tree, listing ?? (await listTree(tree.out)), pace);
  let rendered = 0;
  const happened = (directory: RenderedDirectory) =>
    'unchanged' in directory ? asUnchanged(directory) : writer.write(directory);
  const write = (directory: Eventually<RenderedDirectory>): Promise<void> | undefined => {
    const index = rendered++;
    const turn = writer.turn();
    if (turn !== undefined || directory instanceof Promise)
      return Promise.all([directory, turn]).then(async ([coming]) =>
        changes.add(index, await happened(coming)),
      );
    const all = happened(directory);
    if (all instanceof Promise) return all.then((later) => changes.add(index, later));
    changes.add(index, all);
    return undefined;
  };
  try {
    const rest = await whilst(() => pace.isQuick, files, write);
    await atATime(16, rest, write);
  } finally {
    writer.close();
  }
  return changes;
}

/** What `writeFile` would do. Writes nothing, needs no lock, throws as `writeFile` would. */
export async function compareFile(out: string, file: RenderedFile): Promise<Change> {
  return only(await compareFiles(out, [[file]]));
}

/** What `writeFiles` would do. @param listing what is there, when it has been listed already. */
export async function compareFiles(out: string, files: RenderedFiles, listing?: Listing): Promise<Changes> {
  const changes = new Changes();
  const comparer = new Comparer(out, listing);
  let rendered = 0;
  const pace = new Pace();
  for await (const directory of files) {
    await pace.turn();
    changes.add(rendered++, 'unchanged' in directory ? asUnchanged(directory) : comparer.compare(directory));
  }
  return changes;
}

function asUnchanged({ unchanged }: { readonly unchanged: readonly string[] }): FileChange[] {
  return unchanged.map((path) => ({ path, change: 'unchanged' }));
}

function only(changes: Changes): Change {
  const [happened] = changes.of(0, '');
  if (happened === undefined) throw new Error('bug: of one file, nothing is known');
  return happened.change;
}

/**
 * Removes a file if it is ours, then its directory if nothing is left in it.
 * @returns `kept` when the file is somebody else's or not there.
 * @throws PermanentError when a link or a directory stands there; Error when the lock is lost.
 */
export async function removeFile(tree: LockedTree, path: string): Promise<'removed' | 'kept'> {
  const { directory, file } = parseDistPath(path);
  // A timer keeps the lock fresh and notices its loss.
  await turnOfTheLoop();
  tree.assertHeld();
  return wrapped(`removing ${join(tree.out, path)}`, async () => {
    if (!enter(tree.out, directory)) return 'kept';
    const target = join(tree.out, directory, file);
    const seen = lstatSync(target, { throwIfNoEntry: false });
    if (!seen) return 'kept';
    refuseUnless(seen, 'file', target);
    if (!isOurs(target)) return 'kept';
    await unlink(target);
    removeIfEmpty(join(tree.out, directory));
    return 'removed';
  });
}

/** `removeFile` for many, 16 at a time. @returns the paths that were removed, sorted. */
export async function removeFiles(tree: LockedTree, paths: Iterable<string>): Promise<readonly string[]> {
  const removed: string[] = [];
  await atATime(16, new Set(paths), async (path) => {
    if ((await removeFile(tree, path)) === 'removed') removed.push(path);
  });
  return removed.sort();
}
