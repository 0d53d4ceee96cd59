import { dirname } from 'node:path';
import type { Change } from './change.ts';

/**
 * The changes of an org whose directory moves, or that is committed in another one too. Argo CD has one Application for
 * each directory below `orgs`, or for each below `shards`.
 *
 * @param files all that change, with paths relative to the output directory.
 * @param to the desired directory.
 */
export function applicationChanges(
  files: readonly { readonly path: string; readonly change: string }[],
  to: string,
): Change[] {
  const removed = files.flatMap(({ path, change }) => (change === 'removed' ? dirname(path) : []));
  return [...new Set(removed)]
    .filter((from) => from !== to)
    .map((from) => ({ kind: 'applicationChanged', from: applicationOf(from), to: applicationOf(to) }));
}

function applicationOf(directory: string): string {
  const [, shard] = /^shards\/([0-9]+)\//.exec(directory) ?? [];
  return shard === undefined ? 'Application of the org' : `Application of shard ${shard}`;
}
