import type { Change } from './change.ts';

/**
 * The change of an org whose directory moves. Argo CD has one Application for each directory below `orgs`, or for each
 * below `shards`.
 *
 * @param from committed directory, relative to the output directory. @param to desired directory.
 */
export function applicationChange(from: string, to: string): Change[] {
  if (from === to) return [];
  return [{ kind: 'applicationChanged', from: applicationOf(from), to: applicationOf(to) }];
}

function applicationOf(directory: string): string {
  const [, shard] = /^shards\/([0-9]+)\//.exec(directory) ?? [];
  return shard === undefined ? 'Application of the org' : `Application of shard ${shard}`;
}
