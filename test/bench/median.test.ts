import { expect, test } from 'vitest';
import { median } from '../../bench/median.ts';

test.each([
  ['of an odd number, the one in the middle', [9, 1, 100], 9],
  ['of an even number, the mean of the two in the middle', [4, 100, 1, 2], 3],
  ['of one, itself', [7], 7],
  ['numbers are no texts', [10, 9, 100], 10],
  ['of nothing, nothing', [], Number.NaN],
])('%s', (_, values, expected) => {
  expect(median(values)).toBe(expected);
});

test('the numbers stay as they were', () => {
  const values = [3, 1, 2];
  median(values);
  expect(values).toEqual([3, 1, 2]);
});
