import { readdirSync, readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { expect, test } from 'vitest';

const [incidents = '', weakSpots = ''] = readFileSync('test/incidents.md', 'utf8').split('\n## Weak spots');

/** Cells of each row of a table, without its head. */
function rows(text: string): string[][] {
  return [...text.matchAll(/^\| (.*) \|$/gm)].slice(1).map(([, row = '']) => row.split(' | '));
}

/** The numbers of the list of incidents, and the weak spots that follow it. */
const [, list = ''] = readFileSync('docs/facts/duckgres-warehouse-row.md', 'utf8').split('\n## 9. Incidents');
const numbers = rows(list)
  .map(([number = '']) => number)
  .filter((number) => /^\d/.test(number));
const spots = [
  'UUID org → Job name of 64',
  '400 overlap on re-create',
  'bootstrap 400 vs 409',
  'slow catalog → terminal `failed`',
  'failed migration invisible',
  'Secret never follows a changed password',
  'no drift correction; endpoint = done',
  'teardown gaps',
  'fork-only fields pruned silently',
  'NetworkPolicy gaps',
  'OAuth URI never cleared',
];

test('every incident and every weak spot is there, once and in order', () => {
  expect(numbers.length).toBeGreaterThan(47);
  expect(rows(incidents).map(([number]) => number)).toEqual(numbers);
  expect(rows(weakSpots).map(([spot]) => spot)).toEqual(spots);
});

const sources = readdirSync('test', { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.ts'))
  .map((file) => `test/${file}`);

test.each([...rows(incidents), ...rows(weakSpots)])(
  '%s names a test that exists, or says why none is needed',
  (...cells) => {
    const answer = cells.at(-1) ?? '';
    const named = [...answer.matchAll(/`(test\/[^`]*?) › ([^`]*)`/g)];
    if (named.length === 0) expect(answer).toMatch(/^Not here: .{15,}\.$/);
    for (const [, file = '', titles = ''] of named) {
      const text = readFileSync(file, 'utf8').replaceAll("\\'", "'");
      for (const title of titles.split(' › '))
        expect(
          ["'", '"', '`'].some((quote) => text.includes(quote + title + quote)),
          `${file}: ${title}`,
        ).toBe(true);
      expect(isRun(file), `${file} is run`).toBe(true);
    }
  },
);

/** A test file, or a suite that one calls, or that such a suite calls. */
function isRun(file: string, seen: readonly string[] = []): boolean {
  if (file.endsWith('.test.ts')) return true;
  const callers = sources.filter((other) => readFileSync(other, 'utf8').includes(`/${basename(file)}'`));
  return callers.some((caller) => !seen.includes(caller) && isRun(caller, [...seen, file]));
}
