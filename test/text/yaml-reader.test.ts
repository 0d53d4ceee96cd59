import fc from 'fast-check';
import { describe, expect, test, vi } from 'vitest';
import { Alias, stringify } from 'yaml';
import { UsageError } from '../../src/text/errors.ts';
import { parseYaml } from '../../src/text/yaml-reader.ts';
import { anyText } from '../support/arbitrary.ts';

const refusal = (text: string): string => {
  try {
    return `read as ${JSON.stringify(parseYaml('file.yaml', text))}`;
  } catch (error) {
    expect(error).toBeInstanceOf(UsageError);
    return (error as Error).message;
  }
};

describe('a merge key', () => {
  test('merges a mapping, an alias and a list of aliases; the keys of the mapping itself win', () => {
    expect(
      parseYaml(
        'f',
        `
one: &one { a: 1, b: 1 }
two: &two { a: 2, c: 2 }
alias: { <<: *one, b: own }
before: { b: own, <<: *one }
list: { <<: [*one, *two] }
here: { <<: { d: 4 }, a: 0 }
`,
      ),
    ).toMatchObject({
      alias: { a: 1, b: 'own' },
      before: { a: 1, b: 'own' },
      list: { a: 1, b: 1, c: 2 },
      here: { a: 0, d: 4 },
    });
  });

  test('is refused a second time, as other readers do not agree on which one wins', () => {
    expect(refusal('a: &a { b: 1 }\nc: { <<: *a,\n  <<: *a }')).toMatch(
      /^file\.yaml:3:3: has the merge key << twice in one mapping; write one, with a list: <<: \[\*a, \*b\]/,
    );
    expect(parseYaml('f', 'a: { <<: { b: 1 }, "<<": 2 }')).toEqual({ a: { b: 1, '<<': 2 } });
  });

  test('in quotes is a key', () => {
    expect(parseYaml('f', '"<<": 1')).toEqual({ '<<': 1 });
  });

  test.each(['a: { <<: text }', 'a: { <<: [1] }', 'a: { <<: null }', 'x: &x 1\na: { <<: *x }'])(
    'of no mapping is refused with its line: %j',
    (text) => {
      expect(refusal(text)).toMatch(/^file\.yaml:\d:\d+: the merge key << takes a mapping/);
    },
  );
});

test('ten thousand items may refer to one anchor; exponentially growing anchors are refused', () => {
  const many = `base: &base { a: 1 }\nlist:\n${'  - *base\n'.repeat(10_000)}`;
  expect((parseYaml('f', many) as { list: unknown[] }).list).toHaveLength(10_000);
  const level = (i: number) =>
    `b${i}: &b${i} [${Array(10)
      .fill(`*b${i - 1}`)
      .join(',')}]`;
  const bomb = ['b0: &b0 [x]', ...Array.from({ length: 12 }, (_, i) => level(i + 1))].join('\n');
  expect(refusal(bomb)).toMatch(/^file\.yaml: cannot be read: .*alias/);
});

test('a merge key of each of many items is no reason to read the whole text for each', () => {
  // Each resolve of the package visits the whole document: the time would grow with the square of the items.
  const resolve = vi.spyOn(Alias.prototype, 'resolve');
  const text = `base: &base { a: 1 }\nlist:\n${'  - <<: *base\n  - *base\n'.repeat(10)}`;
  expect((parseYaml('f', text) as { list: unknown[] }).list).toEqual(Array(20).fill({ a: 1 }));
  expect(resolve.mock.calls.filter(([, cache]) => cache === undefined)).toEqual([]);
  resolve.mockRestore();
});

test('an alias is of the last anchor of its name before it', () => {
  const text = 'a: &x { b: 1 }\nc: { <<: *x }\nd: &x 2\ne: *x\nf: &x { b: 3 }\ng: { <<: [*x] }';
  expect(parseYaml('f', text)).toMatchObject({ c: { b: 1 }, e: 2, g: { b: 3 } });
  expect(refusal('a: &x { b: 1 }\nd: &x 2\ng: { <<: *x }')).toMatch(/:3:6: the merge key << takes a mapping/);
});

describe('a value that other readers read as another type is refused, with its line', () => {
  test.each<[string, RegExp]>([
    [
      'a: 1\nb: yes',
      /^file\.yaml:2:4: yes is true or false to other readers of YAML; write true or false, or put/,
    ],
    ['a: Off', /:1:4: Off is true or false/],
    ['[n]', /:1:2: n is true or false/],
    ['on: 1', /:1:1: on is true or false/],
    ['a: 1_000', /1_000 is a number to other readers of YAML; put it in quotes/],
    ['a: 12:30:45', /12:30:45 is a number/],
    ['a: 0b11', /0b11 is a number/],
    ['a: 0X1F', /0X1F is a number/],
    ['a: 05432', /05432 is an octal number/],
    ['a: =', /= is a default value/],
    ['a: <<', /<< is a merge key/],
    ['a: !!binary aGVsbG8=', /:1:\d+: cannot be read: the tag .*binary has no place here/],
    ['a: !!set { b, c }', /cannot be read: .*set/],
    ['a: !!timestamp 2001-01-01', /cannot be read: .*timestamp/],
    ['a: !Ref b', /cannot be read: .*!Ref/],
    ['%YAML 1.1\n---\na: 1', /is YAML 1\.1; this file is read as 1\.2/],
    ['a: 1\n---\nb: 2', /:2:1: a second document begins here; expected one/],
    ['a: 1\nb: *c', /:2:4: there is no anchor c before this alias/],
    ['a: *c\nb: &c 1', /:1:4: there is no anchor c before this alias/],
    ['a: 1\nb: { <<: *c }', /:2:6: the merge key << takes a mapping/],
    ['a: 1\na: 2', /:2:1: has the key "a" twice in one mapping; keep one of them/],
    ['"a": 1\na: 2', /has the key "a" twice/],
    ['1: a\n"1": b', /has the key "1" twice/],
    ['{a: b}: 1', /a key has to be a text/],
    ['? [a]\n: 1', /a key has to be a text/],
    ['0x1F: a', /the key 0x1F is read as 31; put it in quotes/],
    ['a: { 007: x }', /the key 007 is read as 7; put it in quotes/],
    ['~: 1', /the key ~ is read as null; put it in quotes/],
    ['a: [1', /^file\.yaml:\d:\d: is not YAML: /],
  ])('%j', (text, message) => {
    expect(refusal(text)).toMatch(message);
  });

  test.each<[string, unknown]>([
    ['a: "yes"', { a: 'yes' }],
    ['a: true', { a: true }],
    ['a: 7', { a: 7 }],
    ['a: 0', { a: 0 }],
    ['a: 007', { a: 7 }],
    ['a: ~', { a: null }],
    ['a:', { a: null }],
    ['a: 1.5', { a: 1.5 }],
    ['a: v0.12.2', { a: 'v0.12.2' }],
    ['a: 10.0.0.1/32', { a: '10.0.0.1/32' }],
    ['a: 1.2.3', { a: '1.2.3' }],
    ['a: 2026-08-21T00:00:00Z', { a: '2026-08-21T00:00:00Z' }],
    ['2024: a', { 2024: 'a' }],
    ['a: !!str 007', { a: '007' }],
    ['a: &x { b: 1 }\nc: *x', { a: { b: 1 }, c: { b: 1 } }],
    ['"__proto__": 1', JSON.parse('{"__proto__": 1}')],
  ])('and %j is read', (text, value) => {
    expect(parseYaml('f', text)).toEqual(value);
  });
});

test('JSON is read as JSON.parse reads it', () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      const json = JSON.stringify(value);
      expect(parseYaml('f', json)).toEqual(JSON.parse(json));
    }),
  );
});

test('any text in quotes is read back', () => {
  fc.assert(
    fc.property(fc.array(anyText), (texts) => {
      const value = { list: texts, map: Object.fromEntries(texts.map((text, i) => [text, i])) };
      const text = stringify(value, {
        defaultStringType: 'QUOTE_DOUBLE',
        defaultKeyType: 'QUOTE_DOUBLE',
        doubleQuotedMinMultiLineLength: Number.MAX_SAFE_INTEGER,
        lineWidth: 0,
      });
      expect(parseYaml('f', text)).toEqual(value);
    }),
  );
});
