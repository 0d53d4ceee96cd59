import { expect, test } from 'vitest';
import { kinds } from '../../src/explain/change.ts';
import { compareRisk, highestRisk, risks } from '../../src/explain/risk.ts';

test('kinds of change are listed from the highest risk down', () => {
  const all = Object.values(kinds).map(({ risk }) => risk);
  expect(all).toEqual([...all].sort((a, b) => compareRisk(b, a)));
});

test('every kind has its own title and an effect, without Markdown syntax', () => {
  const all = Object.values(kinds);
  expect(new Set(all.map(({ title }) => title)).size).toBe(all.length);
  for (const { title, effect } of all) {
    expect(title).toMatch(/^[a-zA-Z][a-zA-Z:, ]+$/);
    expect(effect).toMatch(/^[A-Z][^<>@#|`\\*_[\]]+\.$/);
  }
});

test('risks are in order', () => {
  expect(highestRisk([])).toBe('none');
  expect(highestRisk(['low', 'critical', 'medium'])).toBe('critical');
  for (const [i, risk] of risks.entries())
    for (const [k, other] of risks.entries())
      expect(Math.sign(compareRisk(risk, other))).toBe(Math.sign(i - k));
});
