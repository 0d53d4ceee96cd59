import { expect, test } from 'vitest';
import { type Progress, withProgress } from '../../src/text/progress.ts';

/** Shows a progress at each of some times, on a screen. @returns what was written. */
async function shown(isTTY: boolean, steps: readonly (readonly [at: number, progress: Progress])[]) {
  const written: string[] = [];
  let time = 0;
  const screen = {
    isTTY,
    write: (text: string) => {
      written.push(text);
      return true;
    },
  };
  await withProgress(
    screen,
    async (show) => {
      for (const [at, progress] of steps) {
        time = at;
        show(progress);
      }
    },
    () => time,
  );
  return written;
}
const reading = (done: number): Progress => ({ doing: 'reading', done, rejected: 0 });
const rendering = (done: number): Progress => ({ doing: 'rendering', done, total: 10_000, rejected: 12 });

test('a long run shows progress, speed and rejected orgs on a terminal, and clears the line', async () => {
  expect(
    await shown(true, [
      [0, reading(1)],
      [1000, reading(2500)],
      [2000, rendering(0)],
      [4000, rendering(3000)],
    ]),
  ).toEqual([
    '\r\u001b[2Kreading 2,500 orgs, 2,500 orgs/s, 0 rejected',
    '\r\u001b[2Krendering 0 of 10,000 orgs, 12 rejected',
    '\r\u001b[2Krendering 3,000 of 10,000 orgs, 1,500 orgs/s, 12 rejected',
    '\r\u001b[2K',
  ]);
});

test('a short run shows nothing', async () => {
  expect(
    await shown(true, [
      [0, reading(1)],
      [999, rendering(9000)],
    ]),
  ).toEqual([]);
});

test('updates are not too frequent', async () => {
  const steps = Array.from({ length: 1000 }, (_, i) => [1000 + i, rendering(i)] as const);
  expect(await shown(true, steps)).toHaveLength(6);
});

test('nothing is shown where stderr is no terminal', async () => {
  expect(
    await shown(false, [
      [0, reading(1)],
      [60_000, rendering(1)],
    ]),
  ).toEqual([]);
});
