import fc from 'fast-check';
import { expect, test } from 'vitest';
import { isPrintable, printable, printableLines } from '../../src/report/printable.ts';
import { table } from '../../src/report/table.ts';

test.each([
  ['acme', 'acme'],
  ['Zürich 日本語 🦆', 'Zürich 日本語 🦆'],
  ['\u001b[31mred', '\\x1b[31mred'],
  ['a\nb', 'a\\x0ab'],
  ['\u202egnp', '\\u202egnp'],
  ['no\u00a0break', 'no\\xa0break'],
  ['\u2028', '\\u2028'],
  ['\ufeff', '\\ufeff'],
  ['\u{e0041}', '\\U000e0041'],
  ['\ud800', '\\ud800'],
])('%j is shown as %s', (text, shown) => {
  expect(printable(text)).toBe(shown);
});

test('lines stay lines where they may', () => {
  expect(printableLines('a\nb\u0085c')).toBe('a\nb\\x85c');
  expect(isPrintable('a\nb')).toBe(true);
  expect(isPrintable('a\u0085b')).toBe(false);
});

test('nothing that cannot be seen is left in any text', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      expect(printable(text)).not.toMatch(/[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Zl}\p{Zp}]/u);
      expect(isPrintable(printable(text))).toBe(true);
    }),
    { numRuns: 2000 },
  );
});

test('a table has columns as wide as what is seen in them', () => {
  expect(
    table(
      ['ORG', 'RESULT'],
      [
        ['日本', 'ok'],
        ['abc', 'x'],
      ],
    ),
  ).toBe('ORG   RESULT\n日本  ok\nabc   x\n');
  expect(table(['A'], [['\u001b[2J']])).toBe('A\n\\x1b[2J\n');
});

test('a cell that is too wide is cut, but not the last of a row', () => {
  const long = 'x'.repeat(255);
  expect(table(['A', 'B'], [[long, long]])).toBe(`A${' '.repeat(49)}B\n${'x'.repeat(47)}…  ${long}\n`);
  expect(table(['A', 'B'], [['日'.repeat(40), '']])).toContain(`${'日'.repeat(23)}…`);
});

test('a table has as many rows as there are orgs', () => {
  expect(
    table(
      ['A'],
      Array.from({ length: 200_000 }, () => ['a']),
    ).split('\n'),
  ).toHaveLength(200_002);
});
