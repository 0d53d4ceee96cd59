import { expect, test } from 'vitest';
import { Owners } from '../../src/catalog/owners.ts';
import { sha256 } from '../../src/text/sha256.ts';

/** Owners whose answers are compared with those of a map. */
function withMap(expected: number) {
  const map = new Map<string, number>();
  let asked = 0;
  const owners = new Owners(1_000_000, expected, (owner, [key = '']) => {
    asked += 1;
    return map.get(key) === owner;
  });
  const set = (key: string, owner: number) => {
    if (!map.has(key)) map.set(key, owner);
    owners.set([key], owner);
  };
  return { map, owners, set, asked: () => asked };
}

test('finds the owner of every key, and none of a key that nobody has, also where hashes are equal', () => {
  const { map, owners, set, asked } = withMap(10);
  // So many that some hashes of 32 bits are equal.
  for (let i = 0; i < 150_000; i++) set(sha256(`${i}`), i);
  expect(asked(), 'keys with hashes that are equal, as far as they are kept').toBeGreaterThan(0);
  expect(asked(), 'keys with others').toBeLessThan(15_000);
  for (const [key, owner] of map) expect(owners.of([key])).toBe(owner);
  for (let i = 0; i < 150_000; i++) expect(owners.of([sha256(`nobody ${i}`)])).toBeUndefined();
});

test('the first who sets a key has it', () => {
  const { owners, set } = withMap(4);
  set('shared', 1);
  set('shared', 2);
  expect(owners.of(['shared'])).toBe(1);
  expect(owners.of(['shared'], 1)).toBe(1);
  expect(owners.of(['shared'], 2)).toBe(1);
});

test('a key that many set is asked of its owner once', () => {
  const { set, asked } = withMap(4);
  for (let i = 0; i < 10_000; i++) set('bucket', i);
  expect(asked()).toBeLessThan(10);
});
