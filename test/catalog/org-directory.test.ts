import fc from 'fast-check';
import { expect, test } from 'vitest';
import { orgDirectory, shardOf } from '../../src/catalog/org-directory.ts';
import { platform } from '../support/fleet.ts';

const repoURL = 'https://github.com/acme/catalogs.git';
const names = Array.from({ length: 5000 }, (_, i) => `lakekeeper-org-${i}`);

test('an org has a directory of its own below orgs, or below its shard', () => {
  expect(orgDirectory('lakekeeper-acme', platform())).toBe('orgs/lakekeeper-acme');
  expect(orgDirectory('lakekeeper-acme', platform({ argocd: { repoURL } }))).toBe('orgs/lakekeeper-acme');
  expect(orgDirectory('lakekeeper-acme', platform({ argocd: { repoURL, shards: 16 } }))).toMatch(
    /^shards\/0\d\d\/lakekeeper-acme$/,
  );
});

test('an org never changes its shard: with another, it would move to another Application', () => {
  // As they were when shards came; a change here moves orgs of whoever has them.
  expect(names.slice(0, 8).map((name) => shardOf(name, 64))).toEqual([59, 20, 49, 11, 2, 7, 49, 53]);
});

test('every org is in exactly one of the shards', () => {
  fc.assert(
    fc.property(fc.string({ minLength: 1 }), fc.integer({ min: 1, max: 999 }), (name, shards) => {
      const of = shardOf(name, shards);
      // The repair of each index takes the orgs whose shard it is.
      expect(
        Array.from({ length: shards }, (_, index) => index).filter((index) => index === of),
      ).toHaveLength(1);
    }),
  );
});

test('one more shard takes orgs from the others, and moves none between those', () => {
  fc.assert(
    fc.property(fc.string({ minLength: 1 }), fc.integer({ min: 1, max: 998 }), (name, shards) => {
      const before = shardOf(name, shards);
      const after = shardOf(name, shards + 1);
      expect([before, shards]).toContain(after);
      expect(before).toBeLessThan(shards);
    }),
  );
});

test('orgs are spread evenly', () => {
  const counts = new Map<number, number>();
  for (const name of names) {
    const shard = shardOf(name, 50);
    counts.set(shard, (counts.get(shard) ?? 0) + 1);
  }
  expect(counts.size).toBe(50);
  // 100 each; five standard deviations.
  for (const count of counts.values()) expect(Math.abs(count - 100)).toBeLessThan(50);
});
