import { createHash } from 'node:crypto';
import type { Platform } from '../platform/platform-settings.ts';

/**
 * The directory of an org's files in the output directory. Argo CD has one Application for each directory below `orgs`,
 * or, with `argocd.shards`, for each below `shards`.
 *
 * @param name the catalog's name in Kubernetes.
 * @returns `orgs/<name>`, or `shards/<number>/<name>`. It depends only on the name and the number of shards, so that a
 *   new or a removed org does not move others.
 */
export function orgDirectory(name: string, { argocd }: Platform): string {
  if (argocd?.shards === undefined) return `orgs/${name}`;
  return `shards/${String(shardOf(name, argocd.shards)).padStart(3, '0')}/${name}`;
}

/**
 * The shard of an org, from 0: a jump consistent hash (Lamping and Veach, 2014). When a shard is added, orgs only move
 * into the new one.
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
