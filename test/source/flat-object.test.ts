import fc from 'fast-check';
import { expect, test } from 'vitest';
import { FlatObjectReader } from '../../src/source/flat-object.ts';
import { orgIds } from '../support/arbitrary.ts';

const flat = fc.dictionary(
  fc.oneof(fc.constantFrom('org_id', 'state'), orgIds),
  fc.oneof(orgIds, fc.nat(), fc.boolean(), fc.constant(null)),
  { minKeys: 1 },
);
const indents = fc.constantFrom(undefined, 1, '\t');

test('says what JSON.parse says of a flat object, and where it ends, unless it leaves it to it', () => {
  let read = 0;
  fc.assert(
    fc.property(
      flat,
      indents,
      fc.constantFrom('', ' ', 'x'),
      fc.constantFrom('', ',', ']', '}'),
      (object, indent, before, after) => {
        const text = JSON.stringify(object, undefined, indent);
        const found = new FlatObjectReader().at(before + text + after, before.length);
        if (found === undefined) return;
        read += 1;
        expect(found).toEqual({ value: JSON.parse(text), end: before.length + text.length });
      },
    ),
    { numRuns: 1000 },
  );
  expect(read).toBeGreaterThan(300);
});

test('reads an ordinary row, in one line and in several', () => {
  const row = {
    org_id: 'acme',
    iceberg_enabled: true,
    metadata_store_port: 5432,
    data_store_region: null,
    big: 0,
  };
  for (const indent of [undefined, 2]) {
    const text = JSON.stringify(row, undefined, indent);
    expect(new FlatObjectReader().at(text, 0)).toEqual({ value: row, end: text.length });
  }
});

test('what is in the middle of a text is not taken for whole, wherever the text ends', () => {
  const text = JSON.stringify({ a: 'x', b: 12, c: true, d: null });
  for (let end = 0; end < text.length; end++)
    expect(new FlatObjectReader().at(text.slice(0, end), 0)).toBeUndefined();
});

test.each([
  ['an escape', '{"a":"\\n"}'],
  ['an escape in a name', '{"a\\n":1}'],
  ['a line break in a text, which is none of JSON', '{"a":"\n"}'],
  ['a list', '{"a":[]}'],
  ['an object', '{"a":{}}'],
  ['a fraction', '{"a":1.5}'],
  ['an exponent', '{"a":1e5}'],
  ['a number below zero', '{"a":-1}'],
  ['a zero too many, which is none of JSON', '{"a":01}'],
  ['more digits than a number has', '{"a":12345678901234567890}'],
  ['a word that is none of JSON', '{"a":truefalse}'],
  ['a comma too many', '{"a":1,}'],
  ['none at all', '{"a":1 "b":2}'],
  ['an empty object', '{}'],
  ['a prototype', '{"__proto__":1}'],
  ['no object', '["a"]'],
])('%s is left to JSON.parse', (_, text) => {
  expect(new FlatObjectReader().at(text, 0)).toBeUndefined();
});
