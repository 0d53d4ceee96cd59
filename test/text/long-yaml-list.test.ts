import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { stringify } from 'yaml';
import { cutLongList } from '../../src/text/long-yaml-list.ts';
import { parseYaml } from '../../src/text/yaml-reader.ts';
import { anyText } from '../support/arbitrary.ts';

const columns = fc.dictionary(fc.constantFrom('org_id', 'state', 'deep', 'a b'), fc.oneof(anyText, fc.nat()));
const items = fc.array(fc.oneof(columns, anyText, fc.array(anyText, { maxLength: 3 })), { minLength: 1 });
const layouts = fc.record({
  indentSeq: fc.boolean(),
  indent: fc.constantFrom(2, 4),
  defaultStringType: fc.constantFrom('PLAIN' as const, 'BLOCK_LITERAL' as const, 'QUOTE_DOUBLE' as const),
  lineWidth: fc.constantFrom(0, 20),
});
const lists = fc.tuple(items, layouts, fc.boolean()).map(([warehouses, layout, isOfWindows]) => {
  const text = stringify({ warehouses }, layout);
  return isOfWindows ? text.replaceAll('\n', '\r\n') : text;
});

/** What is read, or why nothing is. */
function read(text: string, maxLength: number): unknown {
  try {
    return parseYaml('w.yaml', text, maxLength);
  } catch (error) {
    return String(error);
  }
}

describe('a long list that is read in parts', () => {
  test('is the same as read at once, of any items in any layout', () => {
    fc.assert(
      fc.property(lists, (text) => {
        expect(read(text, 1)).toEqual(read(text, Number.POSITIVE_INFINITY));
      }),
      { numRuns: 300 },
    );
  });

  test('is the same, also with any line put in, or any piece cut out', () => {
    const lines = fc.oneof(
      anyText,
      fc.stringMatching(/^ {0,5}(- |-|# |[|>]|["'{}[\]?:*!%]|---|\.\.\.){0,3}[a-z]{0,2}(: [a-z"'|>]?)?$/),
    );
    fc.assert(
      fc.property(lists, fc.nat(), fc.nat(20), lines, (text, at, cut, line) => {
        const place = at % text.length;
        const start = text.lastIndexOf('\n', place) + 1;
        for (const edited of [
          `${text.slice(0, start)}${line}\n${text.slice(start)}`,
          text.slice(0, place) + text.slice(place + cut),
        ])
          expect(read(edited, 1), edited).toEqual(read(edited, Number.POSITIVE_INFINITY));
      }),
      { numRuns: 500 },
    );
  });
});

const list = 'warehouses:\n  - org_id: a\n  # comment\n\n  - org_id: b\n    state: ready\n';

test('is cut between items, and each part has the key', () => {
  expect(cutLongList(list, 1)).toEqual([
    'warehouses:\n  - org_id: a\n  # comment\n\n',
    'warehouses:\n  - org_id: b\n    state: ready\n',
  ]);
  expect(cutLongList(list, 1000)).toEqual([list]);
});

test.each([
  ['another key after the list', `${list}other: 1\n`],
  ['another key before it', `other: 1\n${list}`],
  ['an anchor', list.replace('- org_id: a', '- &a\n    org_id: a')],
  ['a second document', `${list}---\na: 1\n`],
  ['a line separator', list.replace('org_id: a', 'org_id: a\u2028  - x')],
  ['no list', 'warehouses: 1\n'],
])('YAML with %s is not cut', (_, text) => {
  expect(cutLongList(text, 1)).toBeUndefined();
});

test('a problem is named with its line in the whole file', () => {
  expect(read(`${list}  - org_id: a\n    org_id: b\n`, 1)).toMatch(/w\.yaml:8:5: has the key "org_id" twice/);
});
