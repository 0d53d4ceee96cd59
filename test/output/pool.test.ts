import { setImmediate as turn } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { atATime, whilst } from '../../src/output/pool.ts';

test('does every item, at most so many at a time, and asks for the next only when there is room', async () => {
  const done: number[] = [];
  let asked = 0;
  let most = 0;
  function* items() {
    for (; asked < 100; asked += 1) yield asked;
  }
  let busy = 0;
  await atATime(7, items(), async (item) => {
    busy += 1;
    most = Math.max(most, busy);
    expect(asked - done.length).toBeLessThan(8);
    await turn();
    busy -= 1;
    done.push(item);
  });
  expect(done.sort((a, b) => a - b)).toEqual(Array.from({ length: 100 }, (_, i) => i));
  expect(most).toBe(7);
});

test('stops after a failure, and throws it when nothing is under way any more', async () => {
  let begun = 0;
  let ended = 0;
  const work = atATime(4, Array.from({ length: 100 }).keys(), async (item) => {
    begun += 1;
    if (item === 5) throw new Error('the sixth');
    for (let i = 0; i < 10; i += 1) await turn();
    ended += 1;
  });
  await expect(work).rejects.toThrow('the sixth');
  expect(ended).toBe(begun - 1);
  expect(begun).toBeLessThan(12);
});

test('throws what the items throw', async () => {
  function* items() {
    yield 1;
    throw new Error('cannot be rendered');
  }
  await expect(atATime(4, items(), async () => {})).rejects.toThrow('cannot be rendered');
});

test('goes on one at a time for as long as it is told to, and gives back the rest', async () => {
  const items = Array.from({ length: 10 }).keys();
  const done: number[] = [];
  const rest = await whilst(
    () => done.length < 4,
    items,
    async (item) => {
      await turn();
      done.push(item);
    },
  );
  expect(done).toEqual([0, 1, 2, 3]);
  const left: number[] = [];
  for await (const item of rest) left.push(item);
  expect(left).toEqual([4, 5, 6, 7, 8, 9]);
});
