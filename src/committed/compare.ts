import { basename } from 'node:path';
import type { FilePair } from '../explain/parsed-directory.ts';
import { hasHeader } from '../output/header.ts';
import type { RenderedFile } from '../output/rendered-file.ts';
import type { CommittedTree } from './committed-tree.ts';

/** How the files of one directory differ. */
export interface DirectoryDifference {
  /** All files of ours on either side, where any of them differs; none where nothing does. */
  readonly pairs: readonly FilePair[];
  /** Whether nothing of ours was there. */
  readonly isNew: boolean;
  readonly counts: FileCounts;
  /** Files that synth did not make and does not write. */
  readonly foreign: readonly string[];
}

export interface FileCounts {
  readonly created: number;
  readonly updated: number;
  readonly removed: number;
  readonly unchanged: number;
}

/**
 * Compares a directory that is desired with what is committed of it. Texts are read only of a directory that differs.
 *
 * @param from where it is committed, when that is elsewhere: then every file is created here and removed there, and the pairs are of
 *   the files that have the same name.
 */
export async function compareDirectory(
  committed: CommittedTree,
  directory: string,
  desired: readonly RenderedFile[],
  from: string = directory,
): Promise<DirectoryDifference> {
  if (from !== directory) return compareMoved(committed, from, desired);
  const present = new Set(committed.directories.get(directory));
  const wanted = new Set(desired.map(({ path }) => path));
  const others = await readFiles(
    committed,
    [...present].filter((path) => !wanted.has(path)),
  );
  const obsolete = others.filter(({ text }) => hasHeader(text));
  const same = new Set(
    desired
      .filter(({ path, text }) => present.has(path) && committed.isSame(path, text))
      .map(({ path }) => path),
  );
  const pairs: FilePair[] = [];
  if (same.size < desired.length || obsolete.length > 0) {
    for (const { path, text } of desired)
      pairs.push({ path, before: await before(committed, path, text, present, same), after: text });
    for (const { path, text } of obsolete) pairs.push({ path, before: text, after: undefined });
  }
  const created = desired.filter(({ path }) => !present.has(path)).length;
  return {
    pairs,
    isNew: created === desired.length && obsolete.length === 0,
    counts: {
      created,
      updated: desired.length - created - same.size,
      removed: obsolete.length,
      unchanged: same.size,
    },
    foreign: others.filter(({ text }) => !hasHeader(text)).map(({ path }) => path),
  };
}

async function compareMoved(
  committed: CommittedTree,
  from: string,
  desired: readonly RenderedFile[],
): Promise<DirectoryDifference> {
  const files = await readFiles(committed, committed.directories.get(from) ?? []);
  const ours = new Map(
    files.filter(({ text }) => hasHeader(text)).map(({ path, text }) => [basename(path), text]),
  );
  const wanted = new Map(desired.map(({ path, text }) => [basename(path), text]));
  const names = [...new Set([...wanted.keys(), ...ours.keys()])];
  const pairs = names.map((name) => ({
    path: `${from}/${name}`,
    before: ours.get(name),
    after: wanted.get(name),
  }));
  return {
    pairs: pairs.every(({ before, after }) => before === after) ? [] : pairs,
    isNew: false,
    counts: { created: desired.length, updated: 0, removed: ours.size, unchanged: 0 },
    foreign: files.filter(({ text }) => !hasHeader(text)).map(({ path }) => path),
  };
}

async function before(
  committed: CommittedTree,
  path: string,
  text: string,
  present: ReadonlySet<string>,
  same: ReadonlySet<string>,
): Promise<string | undefined> {
  if (same.has(path)) return text;
  return present.has(path) ? committed.read(path) : undefined;
}

/** A committed directory that is not desired. */
export interface OtherDirectory {
  readonly directory: string;
  readonly ours: readonly { readonly path: string; readonly text: string }[];
  readonly foreign: readonly string[];
}

/** The directories of orgs that are not among `desired`, one after the other. */
export async function* otherDirectories(
  committed: CommittedTree,
  desired: ReadonlySet<string>,
): AsyncGenerator<OtherDirectory> {
  for (const [directory, paths] of committed.directories) {
    if (directory === 'platform' || desired.has(directory)) continue;
    const files = await readFiles(committed, paths);
    yield {
      directory,
      ours: files.filter(({ text }) => hasHeader(text)),
      foreign: files.filter(({ text }) => !hasHeader(text)).map(({ path }) => path),
    };
  }
}

async function readFiles(
  committed: CommittedTree,
  paths: readonly string[],
): Promise<{ path: string; text: string }[]> {
  const files: { path: string; text: string }[] = [];
  for (const path of paths) files.push({ path, text: await committed.read(path) });
  return files;
}
