import fc from 'fast-check';
import { expect, test } from 'vitest';
import { stringify } from 'yaml';
import { anyEntriesIn, parseStream, warehousesIn } from '../../src/mapping/entries.ts';
import { UsageError } from '../../src/text/errors.ts';

const read = (text: string) => anyEntriesIn(parseStream(text))?.list;

test('standard input is JSON, JSON lines or YAML: the entries are the same', () => {
  const entries = fc.array(
    fc.dictionary(fc.stringMatching(/^[a-z]{1,8}$/), fc.stringMatching(/^[a-z]{0,8}$/)),
    {
      minLength: 1,
      maxLength: 5,
    },
  );
  fc.assert(
    fc.property(entries, (list) => {
      for (const text of [
        JSON.stringify(list),
        JSON.stringify({ warehouses: list }, null, 2),
        JSON.stringify({ kind: 'List', items: list }),
        list.map((entry) => JSON.stringify(entry)).join('\n'),
        `\n${list.map((entry) => `  ${JSON.stringify(entry)}\r\n`).join('\n')}`,
        stringify(list, { compat: 'yaml-1.1' }),
        stringify({ warehouses: list }, { compat: 'yaml-1.1' }),
      ])
        expect(read(text), text).toEqual(list);
    }),
    { numRuns: 40 },
  );
});

test.each([
  ['{"id": "a"}\n{"id": "b"', /standard input: begins like JSON, and is neither JSON nor JSON lines/],
  ['{"id": "a"}\n{"id": "b", "id": "c"}', /standard input, line 2.*: has the key "id" twice/],
  ['- id: "a', /standard input:\d+:\d+: is not YAML/],
])('refuses %j', (text, message) => {
  expect(() => read(text)).toThrow(UsageError);
  expect(() => read(text)).toThrow(message);
});

test('what has no list has no entries', () => {
  for (const content of [undefined, null, 'x', 7, {}, { warehouses: {} }])
    expect(anyEntriesIn(content)).toBeUndefined();
  expect(warehousesIn([{}])).toBeUndefined();
});
