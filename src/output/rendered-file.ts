import { lstatSync, readFileSync } from 'node:fs';
import { mkdir, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { setImmediate as turnOfTheLoop } from 'node:timers/promises';
import { enter, refuseUnless, removeIfEmpty } from './directory.ts';
import { type DistPath, parseDistPath } from './dist-path.ts';
import { wrapped } from './file-system-error.ts';
import { header, isOurs } from './header.ts';
import type { LockedTree } from './lock.ts';
import { atATime } from './pool.ts';
import { replace } from './temporary-file.ts';

/** A file as it should be. */
export interface RenderedFile {
  /** Relative to the output directory, forward slashes: see `parseDistPath`. */
  readonly path: string;
  /** The whole text, `header` on the first line. */
  readonly text: string;
}

export type Change = 'created' | 'updated' | 'unchanged';

/**
 * Brings one file up to date, in one step for every reader. A path that is rendered is ours, whatever somebody
 * put there by hand: Git has its history. An unchanged file is not touched.
 * @throws PermanentError when a link or a directory stands in the way; Error when the lock is lost.
 */
export async function writeFile(tree: LockedTree, file: RenderedFile): Promise<Change> {
  const place = placeOf(file);
  await stillHeld(tree);
  return wrapped(`writing ${join(tree.out, file.path)}`, async () => {
    const bytes = Buffer.from(file.text);
    const change = compare(tree.out, place, bytes);
    if (change === 'unchanged') return change;
    const directory = join(tree.out, place.directory);
    if (!enter(tree.out, place.directory)) await mkdir(directory, { recursive: true });
    await replace(directory, place.file, bytes, tree.assertHeld);
    return change;
  });
}

/**
 * `writeFile` for many, 16 at a time; `files` may be a generator, it is asked for the next only when there is room.
 * @returns what happened to each path. @throws the first error, when nothing is under way any more.
 */
export async function writeFiles(
  tree: LockedTree,
  files: AsyncIterable<RenderedFile> | Iterable<RenderedFile>,
): Promise<ReadonlyMap<string, Change>> {
  const changes = new Map<string, Change>();
  await atATime(16, onceEach(files), async (file) => {
    changes.set(file.path, await writeFile(tree, file));
  });
  return changes;
}

/** What `writeFile` would do. Writes nothing, needs no lock, throws as `writeFile` would. */
export async function compareFile(out: string, file: RenderedFile): Promise<Change> {
  const place = placeOf(file);
  return wrapped(`reading ${join(out, file.path)}`, () => compare(out, place, Buffer.from(file.text)));
}

/** What `writeFiles` would do. */
export async function compareFiles(
  out: string,
  files: AsyncIterable<RenderedFile> | Iterable<RenderedFile>,
): Promise<ReadonlyMap<string, Change>> {
  const changes = new Map<string, Change>();
  for await (const file of onceEach(files)) changes.set(file.path, await compareFile(out, file));
  return changes;
}

/**
 * Removes a file if it is ours, then its directory if nothing is left in it.
 * @returns `kept` when the file is somebody else's or not there.
 * @throws PermanentError when a link or a directory stands there; Error when the lock is lost.
 */
export async function removeFile(tree: LockedTree, path: string): Promise<'removed' | 'kept'> {
  const { directory, file } = parseDistPath(path);
  await stillHeld(tree);
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

function placeOf(file: RenderedFile): DistPath {
  if (!file.text.startsWith(`${header}\n`)) {
    throw new Error(
      `${file.path} lacks the header: it would be taken for somebody else's file and never removed`,
    );
  }
  return parseDistPath(file.path);
}

// Two texts for one path: whichever came last would win.
async function* onceEach(
  files: AsyncIterable<RenderedFile> | Iterable<RenderedFile>,
): AsyncGenerator<RenderedFile> {
  const seen = new Set<string>();
  for await (const file of files) {
    if (seen.has(file.path)) throw new Error(`${file.path} was rendered twice`);
    seen.add(file.path);
    yield file;
  }
}

// A timer keeps the lock fresh and notices its loss: the event loop must turn between files.
async function stillHeld(tree: LockedTree): Promise<void> {
  await turnOfTheLoop();
  tree.assertHeld();
}

function compare(out: string, { directory, file }: DistPath, bytes: Buffer): Change {
  if (!enter(out, directory)) return 'created';
  const target = join(out, directory, file);
  const seen = lstatSync(target, { throwIfNoEntry: false });
  if (!seen) return 'created';
  refuseUnless(seen, 'file', target);
  return seen.size === bytes.length && readFileSync(target).equals(bytes) ? 'unchanged' : 'updated';
}
