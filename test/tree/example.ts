import { dirname } from 'node:path';
import { apply } from '../../src/tree/apply.ts';
import type { CommittedFiles } from '../../src/tree/committed-files.ts';
import { type DirectoryChange, diff } from '../../src/tree/diff.ts';
import { header } from '../../src/tree/header.ts';
import { type LockedTree, withLock } from '../../src/tree/lock.ts';
import type { DesiredDirectory, RenderedFile } from '../../src/tree/rendered-file.ts';
import { readWorkTree } from '../../src/tree/work-tree.ts';

/** The files of some directories, those of one directory together. */
export type Files = Iterable<readonly RenderedFile[]>;

/** A rendered file whose text is as good as any. */
export function example(path = 'orgs/acme/catalog.yaml', body = 'kind: Lakekeeper'): RenderedFile {
  return { path, text: `${header}\n${body}\n` };
}

/** How these files differ from what is committed; those of orgs that are not among them go when they are `leaving`. */
export function diffOf(
  committed: CommittedFiles,
  files: Files,
  leaving: readonly string[] = [],
): AsyncGenerator<DirectoryChange> {
  return diff(committed, desired(files), new Set(leaving));
}

function* desired(files: Files): Generator<DesiredDirectory> {
  for (const some of files) yield { directory: dirname(some[0]?.path ?? ''), files: some };
}

/** What writing these files would do. */
export async function compare(out: string, files: Files, leaving?: readonly string[]): Promise<string[]> {
  const changes: DirectoryChange[] = [];
  for await (const change of diffOf(await readWorkTree(out), files, leaving)) changes.push(change);
  return listed(changes);
}

/**
 * Writes these files under a lock that is held already. @returns what was done, as `created orgs/acme/catalog.yaml`.
 */
export async function writeAll(
  tree: LockedTree,
  files: Files,
  leaving?: readonly string[],
): Promise<string[]> {
  const changes: DirectoryChange[] = [];
  await apply(tree, diffOf(await readWorkTree(tree.out), files, leaving), (change) => changes.push(change));
  return listed(changes);
}

/** The same under a lock of its own, for files of one directory. */
export function write(out: string, ...files: RenderedFile[]): Promise<string[]> {
  return withLock(out, (tree) => writeAll(tree, [files]));
}

function listed(changes: readonly DirectoryChange[]): string[] {
  return changes.flatMap(({ files }) => files.map(({ path, change }) => `${change} ${path}`));
}

/**
 * A fleet of directories, of big files by default, that all say the same word, so that a torn or foreign one stands
 * out.
 */
export function fleetOf(word: string, orgs: number, lines = 20_000): (readonly RenderedFile[])[] {
  const body = `${word}\n`.repeat(lines);
  return Array.from({ length: orgs }, (_, org) => [
    example(`orgs/org-${org}/catalog.yaml`, body),
    example(`orgs/org-${org}/policy.yaml`, body),
  ]);
}
