import fc from 'fast-check';
import { expect, test } from 'vitest';
import { isPrintable, printable, printableLines } from '../../src/text/printable.ts';

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

test('newlines stay where they are allowed', () => {
  expect(printableLines('a\nb\u0085c')).toBe('a\nb\\x85c');
  expect(isPrintable('a\nb')).toBe(true);
  expect(isPrintable('a\u0085b')).toBe(false);
});

test('no invisible character is left in any text', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      expect(printable(text)).not.toMatch(/[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Zl}\p{Zp}]/u);
      expect(isPrintable(printable(text))).toBe(true);
    }),
    { numRuns: 2000 },
  );
});
