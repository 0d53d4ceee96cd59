import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseDocument } from 'yaml';
import { repeatedKey } from '../../src/text/repeated-key.ts';

test.each([
  ['{"a": 1, "b": {"a": 2}, "c": [{"a": 3}, {"a": 4}]}', undefined],
  ['{"a": "\\"a\\": {", "b": "}", "{": 1}', undefined],
  ['["a", "a", {"a": "a"}]', undefined],
  ['{"a": 1,\n "b": 2,\n "a": 3}', { key: '"a"', line: 3 }],
  ['{"x": [{"a": {"a": 1}, "b": 0, "b": 1}]}', { key: '"b"', line: 1 }],
  ['{"warehous\\u0065s": 1, "warehouses" : 2}', { key: '"warehouses"', line: 1 }],
  ['{"__proto__": 1, "__proto__": 2}', { key: '"__proto__"', line: 1 }],
])('of %s', (json, expected) => {
  expect(repeatedKey(json)).toEqual(expected);
});

test('a long text is read in reasonable time', () => {
  expect(
    repeatedKey(JSON.stringify({ a: '\\"x'.repeat(1_000_000), b: 'y'.repeat(5_000_000) })),
  ).toBeUndefined();
});

test('is what the YAML parser finds, for any JSON', () => {
  const keys = fc.constantFrom('a', 'b', '"', '\\', '{', ':', 'é', '\\u0061');
  const { value } = fc.letrec<{ value: string }>((tie) => ({
    value: fc.oneof(
      { maxDepth: 3 },
      fc.oneof(fc.string(), keys).map((text) => JSON.stringify(text)),
      fc.array(tie('value'), { maxLength: 3 }).map((values) => `[${values.join(', ')}]`),
      fc
        .array(fc.tuple(keys, tie('value')), { maxLength: 3 })
        .map((pairs) => `{${pairs.map(([key, inner]) => `${JSON.stringify(key)}: ${inner}`).join(',')}}`),
    ),
  }));
  fc.assert(
    fc.property(value, (json) => {
      JSON.parse(json);
      const isTwice = parseDocument(json, { uniqueKeys: true }).errors.length > 0;
      expect(repeatedKey(json) !== undefined).toBe(isTwice);
    }),
    { numRuns: 300 },
  );
});
