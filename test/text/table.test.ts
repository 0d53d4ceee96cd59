import fc from 'fast-check';
import stringWidth from 'string-width';
import { describe, expect, test } from 'vitest';
import { table } from '../../src/text/table.ts';

test('a column is as wide as its widest visible text', async () => {
  expect(
    await table(
      ['ORG', 'RESULT'],
      [
        ['日本', 'ok'],
        ['abc', 'x'],
      ],
    ),
  ).toBe('ORG   RESULT\n日本  ok\nabc   x\n');
  expect(await table(['A'], [['\u001b[2J']])).toBe('A\n\\x1b[2J\n');
});

test('a cell that is too wide is cut, but not the last of a row', async () => {
  const long = 'x'.repeat(255);
  expect(await table(['A', 'B'], [[long, long]])).toBe(`A${' '.repeat(49)}B\n${'x'.repeat(47)}…  ${long}\n`);
  expect(await table(['A', 'B'], [['日'.repeat(40), '']])).toContain(`${'日'.repeat(23)}…`);
});

test('a table has as many rows as there are orgs', async () => {
  const shown = await table(
    ['A'],
    Array.from({ length: 200_000 }, () => ['a']),
  );
  expect(shown.split('\n')).toHaveLength(200_002);
});

describe('on a terminal', () => {
  const header = ['ORG', 'RESULT', 'WHERE OR WHY'];
  const rows = [
    ['acme', 'rendered', 'dist/orgs/lakekeeper-acme'],
    ['x'.repeat(60), 'rejected', 'warehouses[7].state: has a port in it; the port goes elsewhere'],
  ];

  test('a long last cell is wrapped below itself, without losing a word', async () => {
    const shown = await table(
      header,
      [['acme', 'rejected', 'has a port in it; the port goes into metadata_store_port']],
      50,
    );
    expect(shown).toBe(
      [
        'ORG   RESULT    WHERE OR WHY',
        'acme  rejected  has a port in it; the port goes',
        '                into metadata_store_port',
        '',
      ].join('\n'),
    );
  });

  test.each([60, 80, 120, 200])(
    'lines fit into %i columns, and the others are cut for that',
    async (width) => {
      const shown = await table(header, rows, width);
      for (const line of shown.split('\n')) expect(stringWidth(line)).toBeLessThanOrEqual(width);
      expect(shown.replaceAll(/\n +/g, ' ')).toContain('has a port in it; the port goes elsewhere');
    },
  );

  test('an org id that is a UUID is not cut on 80 columns', async () => {
    const uuid = '018d351a-9ff7-0000-eaff-4628875ad045';
    expect(await table(header, [[uuid, 'rejected', 'has a port in it'.repeat(9)]], 80)).toContain(
      `${uuid}  rejected  `,
    );
  });

  test('a path is never wrapped, so that it can be copied', async () => {
    const path = `dist/orgs/${'x'.repeat(80)}`;
    expect(await table(header, [['acme', 'rendered', path]], 40)).toContain(path);
  });

  test('a table of any text is printed for any width of the terminal', () =>
    fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.string(), fc.string(), fc.string()), { maxLength: 5 }),
        fc.integer({ min: 1, max: 300 }),
        async (some, width) => {
          expect(await table(header, some, width)).toMatch(/^ORG/);
        },
      ),
    ));

  test('lines are not wrapped where stdout is no terminal', async () => {
    expect((await table(header, rows, undefined)).split('\n')).toHaveLength(4);
  });
});
