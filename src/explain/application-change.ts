import type { Change } from './change.ts';

/**
 * What it means that an org's directory moves: Argo CD makes one Application of each directory below `orgs`, or of each
 * below `shards`.
 *
 * @param from where it is committed, relative to the output directory. @param to where it is to stand.
 */
export function applicationChange(from: string, to: string): Change[] {
  if (from === to) return [];
  return [{ kind: 'applicationChanged', from: applicationOf(from), to: applicationOf(to) }];
}

function applicationOf(directory: string): string {
  const [, shard] = /^shards\/([0-9]+)\//.exec(directory) ?? [];
  return shard === undefined ? 'an Application of its own' : `that of shard ${shard}`;
}
