import { describe, expect, test } from 'vitest';
import { type Row, ratio } from '../../bench/part.ts';
import { asDocument, asTable, isMissed } from '../../bench/results.ts';
import { byTurns } from '../../bench/scene.ts';

const cost = (wall: number, cpu = Number.NaN) => ({ wall, cpu, memory: Number.NaN });
const row: Row = { what: 'synth', goal: 1.5, seen: 1.25, unit: '×', details: 'synth 5.00 s, floor 4.00 s' };

describe('a row', () => {
  test('has the median of the ratios of each round, not the ratio of the medians', () => {
    const costs = [
      { synth: cost(2, 30), floor: cost(1, 10) },
      { synth: cost(30, 8), floor: cost(10, 4) },
      { synth: cost(4, 5), floor: cost(4, 5) },
    ];
    expect(ratio('synth', 1.5, costs, ['synth', 'floor'])).toEqual({
      ...{ what: 'synth', goal: 1.5, seen: 2, cpu: 2, unit: '×' },
      details: 'synth 4.00 s, floor 4.00 s',
    });
  });

  test('says nothing of processor time where it is not known', () => {
    const costs = [{ synth: cost(2, 1), helm: cost(10) }];
    expect(ratio('synth', 0.15, costs, ['synth', 'helm'])).not.toHaveProperty('cpu');
  });

  test('misses its goal beyond it, and when nothing was seen', () => {
    expect([1.5, 1.51, Number.NaN].map((seen) => isMissed({ ...row, seen }))).toEqual([false, true, true]);
  });
});

test('the table has ratios, processor time and seconds', () => {
  const lines = asTable([
    { ...row, cpu: 1.126 },
    { what: 'memory', goal: 300, seen: 300.6, unit: 'MB', details: '' },
  ]).split('\n');
  expect(lines.slice(2)).toEqual([
    '| synth | 1.50 × | 1.25 × | 1.13 × | met | synth 5.00 s, floor 4.00 s |',
    '| memory | 300 MB | 301 MB |  | missed |  |',
  ]);
});

test.each([
  [4, true],
  [5, false],
])('the document of %d rounds says whether they are too few: %s', (rounds, isTooFew) => {
  const document = asDocument([row], { command: 'npm run bench', commit: 'abc', machine: 'it', rounds });
  expect(document.includes('fewer rounds than the goals ask for')).toBe(isTooFew);
  expect(document).toContain(asTable([row]));
});

test('the round that warms up does not count', async () => {
  const costs = await byTurns({ rounds: 2 }, async (round) => ({ synth: cost(round) }));
  expect(costs.map(({ synth }) => synth.wall)).toEqual([1, 2]);
});
