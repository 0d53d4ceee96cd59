import { expect, test } from 'vitest';
import { inRandomOrder } from '../../src/repair/random-order.ts';

/** The numbers that `Math.random` would return. */
const sequence = (seed: number) => () => {
  seed = (seed * 48_271) % 2_147_483_647;
  return seed / 2_147_483_647;
};

test('each is first at times, so that a run which is ended early leaves out others than the one before', () => {
  const all = ['a', 'b', 'c', 'd', 'e'];
  const firsts = new Set<string | undefined>();
  const random = sequence(1);
  for (let run = 0; run < 100; run += 1) {
    const [first, ...rest] = inRandomOrder(all, random);
    firsts.add(first);
    expect([first, ...rest].sort()).toEqual(all);
  }
  expect([...firsts].sort()).toEqual(all);
});
