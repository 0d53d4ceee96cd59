import { createHash } from 'node:crypto';
import type { Platform } from '../platform/platform-settings.ts';

/**
 * Where an org's files stand in the output directory. Argo CD makes one Application of each directory below `orgs`, or, where the
 * settings ask for shards, of each below `shards`.
 *
 * @param name the catalog's name in Kubernetes.
 * @returns `orgs/<name>`, or `shards/<number>/<name>`; it depends on the name and the number of shards alone, so that an org that
 *   comes or goes moves no other.
 */
export function orgDirectory(name: string, { argocd }: Platform): string {
  if (argocd?.shards === undefined) return `orgs/${name}`;
  return `shards/${String(shardOf(name, argocd.shards)).padStart(3, '0')}/${name}`;
}

/**
 * Which of `shards` an org belongs to, from 0: a jump consistent hash (Lamping and Veach, 2014). With one shard more only the orgs
 * that go into it move; the others stay where they are.
 */
export function shardOf(name: string, shards: number): number {
  let key = createHash('sha256').update(name, 'utf8').digest().readBigUInt64BE();
  let shard = -1;
  for (let next = 0; next < shards; ) {
    shard = next;
    key = BigInt.asUintN(64, key * 2862933555777941757n + 1n);
    next = Math.floor((shard + 1) * (2 ** 31 / (Number(key >> 33n) + 1)));
  }
  return shard;
}
