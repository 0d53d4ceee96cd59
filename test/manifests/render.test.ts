import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parse, parseDocument, visit } from 'yaml';
import { orgManifests, platformManifests } from '../../src/manifests/org-chart.ts';
import { renderOrg, renderPlatform, toYaml } from '../../src/manifests/render.ts';
import { header } from '../../src/output/header.ts';
import { hostileIds, orgIds } from '../support/arbitrary.ts';
import { catalog, objectsIn, platform } from '../support/fleet.ts';

/** Strings that YAML, or a parser of it, is known to take for something else. */
const hostile = [
  ...hostileIds,
  ...[
    'y',
    'n',
    'Yes',
    'OFF',
    'NULL',
    'Null',
    '',
    ' ',
    '=',
    '<<',
    '1_000',
    '.5',
    '1.',
    '+1',
    '-0',
    '0b1',
    '08',
  ],
  ...[
    '1:2',
    '1:2:3.4',
    '2001-01-01T00:00:00Z',
    '.NaN',
    '-.INF',
    '0x',
    '!tag',
    '? a',
    ': a',
    'a:',
    'a #b',
    '%TAG',
  ],
  ...[
    'a\n',
    '\na',
    'a\n\n',
    ' a\n b',
    'a \nb',
    'a\n---\nb',
    '---\na: b',
    '...\n',
    '#a\n#b',
    '|\n a',
    '\t',
    'a\tb\n',
  ],
  ...[
    '\u0000',
    '\u0085',
    '\u00a0',
    '\u2029',
    '\u200f',
    '\u2066',
    '\ufeff',
    '\u{e0001}',
    '\u{10ffff}',
    '\ue000',
    '\u0600',
  ],
  // Folded by the library, when they are long enough and quoted, wrongly.
  `${'x'.repeat(40)}\n \n\u202e`,
  `${'long '.repeat(60)}\u202e\n ${'lines '.repeat(60)}\n\n`,
  '\n \n',
];
/** Numbers as goyaml v2 knows them, which Kubernetes parses with, beyond those of YAML 1.1. */
const numbersOfGo = ['0o17', '0O17', '0X1F', '0_x1F', '0B11', '1e_3', '+0o7', '-0X1', '0o1_7', '1_e1'];

const text = fc.oneof(
  fc.constantFrom(...hostile, ...numbersOfGo),
  orgIds,
  fc.string({
    unit: fc.constantFrom(' ', '\n', '\t', '"', "'", ':', '#', '-', '\\', 'a', '\u2028', '\u202e', '🦆'),
  }),
  fc.string({ unit: fc.constantFrom(' ', '\n', '\u202e', 'a') }).map((end) => `${'word '.repeat(12)}${end}`),
  fc.string({ unit: 'binary', maxLength: 200 }).filter((s) => s.isWellFormed()),
  fc.stringMatching(/^[-+]?[0-9._]{0,3}[xXoObBeE]?[-+]?[0-9a-fA-F_]{0,3}$/),
);
/** What cannot be seen, or changes what is seen. */
const unseen = /[\p{Cc}\p{Zl}\p{Zp}\p{Cs}\p{Co}\p{Bidi_Control}\u200b-\u200d\u2060\ufeff\u00ad]|(?! )\p{Zs}/u;

/** Whether goyaml v2 takes a plain scalar for a number (resolve.go: base 0 of Go's ParseInt, and its own pattern of floats). */
function isNumberInGo(plain: string): boolean {
  const digits = plain.replaceAll('_', '');
  return (
    /^[-+]?(0[xX][0-9a-fA-F]+|0[oO]?[0-7]+|0[bB][01]+|[1-9][0-9]*|0)$/.test(digits) ||
    /^[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?$/.test(digits)
  );
}

function plainNumbers(written: string): string[] {
  const found: string[] = [];
  visit(parseDocument(written, { version: '1.1' }), {
    Scalar: (_, { type, value }) => {
      if (type === 'PLAIN' && typeof value === 'string' && isNumberInGo(value)) found.push(value);
    },
  });
  return found;
}

/** Lines with something in them that a reviewer does not see. */
function unseenLines(written: string): string[] {
  const lines = written.replace(/\n$/, '').split('\n');
  return lines.filter((line) => unseen.test(line) || /\s$/.test(line));
}

describe('any text', () => {
  const object = (value: string, key = 'key') => ({
    metadata: { annotations: { [key]: value }, labels: { value } },
    list: [value, [value], { value }],
    data: { before: 'a', value, [`${key}2`]: `${value}\nmore\n` },
  });

  test('is read back as it was, by YAML 1.1', () => {
    fc.assert(
      fc.property(text, (value) => {
        expect(parse(toYaml(object(value)), { version: '1.1' })).toEqual(object(value));
      }),
      { numRuns: 300 },
    );
  });

  test('is read back also as a key', () => {
    fc.assert(
      fc.property(text, (key) => {
        expect(parse(toYaml({ [key]: 1, other: 2 }), { version: '1.1' })).toEqual({ [key]: 1, other: 2 });
      }),
      { examples: [['<<']] },
    );
  });

  test.each([...hostile, ...numbersOfGo].map((value) => [JSON.stringify(value), value]))('%s', (_, value) => {
    const written = toYaml(object(value));
    expect(parse(written, { version: '1.1' })).toEqual(object(value));
    expect(unseenLines(written)).toEqual([]);
    expect(plainNumbers(written)).toEqual([]);
  });

  test('is text for Kubernetes too, never a number', () => {
    fc.assert(
      fc.property(text, (value) => {
        expect(plainNumbers(toYaml(object(value)))).toEqual([]);
      }),
    );
  });

  test('has nothing unseen in it, not even a space at the end of a line', () => {
    fc.assert(
      fc.property(text, (value) => {
        expect(unseenLines(toYaml(object(value)))).toEqual([]);
      }),
      { numRuns: 300 },
    );
  });
});

describe('readable', () => {
  test('keys stand in the order of Kubernetes, then of the alphabet, in whatever order they came', () => {
    const yaml = toYaml({
      spec: {},
      b: 1,
      kind: 'K',
      a: 2,
      metadata: { z: 1, name: 'it' },
      apiVersion: 'v1',
    });
    expect(yaml).toBe('apiVersion: v1\nkind: K\nmetadata:\n  name: it\n  z: 1\na: 2\nb: 1\nspec: {}\n');
  });

  test('long lines are not folded, and text of several lines is a block', () => {
    expect(toYaml({ a: 'word '.repeat(60).trim() }).split('\n')).toHaveLength(2);
    expect(toYaml({ a: 'one\ntwo\n' })).toBe('a: |\n  one\n  two\n');
  });

  test('what is said twice is written twice', () => {
    const said = { a: 1 };
    expect(toYaml({ one: said, two: said })).toBe('one:\n  a: 1\ntwo:\n  a: 1\n');
  });

  test('letters of other scripts, and emoji, stay what they are', () => {
    expect(toYaml({ a: 'Zürich 日本語 שלום 🦆' })).toBe('a: Zürich 日本語 שלום 🦆\n');
  });
});

describe('files', () => {
  const settings = platform({ operator: { amendments: true } });

  test('begin with the line that says who made them, and hold the objects that were made', () => {
    const desired = catalog('acme', settings);
    const files = [...renderOrg(desired, settings), ...renderPlatform(settings)];
    const made = [...orgManifests(desired, settings).values(), ...platformManifests(settings).values()];
    expect(files.map(objectsIn)).toEqual(made);
    for (const file of files) expect(file.text.split('\n')[0]).toBe(header);
  });

  test('are the same every time', () => {
    const desired = catalog('acme', settings);
    expect(renderOrg(desired, settings)).toEqual(
      renderOrg(structuredClone(desired), structuredClone(settings)),
    );
    expect(renderPlatform(settings)).toEqual(renderPlatform(structuredClone(settings)));
  });

  test('are not there when nothing would be in them', () => {
    const paths = renderPlatform(platform({ tenancy: 'namespacePerOrg' })).map(({ path }) => path);
    expect(paths).toEqual([]);
  });

  test.each(hostileIds.map((id) => [JSON.stringify(id), id]))(
    'of the org %s stay in its directory, as they were made',
    (_, org) => {
      const desired = catalog(org, settings);
      const files = renderOrg(desired, settings);
      for (const { path, text } of files) {
        expect(path).toMatch(/^orgs\/lakekeeper-[a-z0-9-]+\/[a-z-]+\.yaml$/);
        expect(unseenLines(text)).toEqual([]);
      }
      expect(files.map(objectsIn)).toEqual([...orgManifests(desired, settings).values()]);
    },
  );
});
