import { spawnSync } from 'node:child_process';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parse, parseDocument, visit } from 'yaml';
import { scalar } from '../../src/manifests/shapes/scalar.ts';
import { toYaml } from '../../src/text/yaml-writer.ts';
import { anyText, hostileTexts, misreadByKubernetes } from '../support/arbitrary.ts';
import { unseenLines } from '../support/unseen-lines.ts';

/**
 * Whether goyaml v2 takes a plain scalar for a number (resolve.go: base 0 of Go's ParseInt, and its own pattern of
 * floats).
 */
function isNumberInGo(plain: string): boolean {
  // It looks for a number where the first character says that there may be one.
  if (plain.startsWith('_')) return false;
  const digits = plain.replaceAll('_', '');
  return (
    /^[-+]?(0[xX][0-9a-fA-F]+|0[oO]?[0-7]+|0[bB][01]+|[1-9][0-9]*|0)$/.test(digits) ||
    /^(0b[-+][01]+|0o[-+][0-7]+)$/.test(digits) ||
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

describe('any text', () => {
  const object = (value: string, key = 'key') => ({
    metadata: { annotations: { [key]: value }, labels: { value } },
    list: [value, [value], { value }],
    data: { before: 'a', value, [`${key}2`]: `${value}\nmore\n` },
  });

  test('is read back as it was, by YAML 1.1', () => {
    fc.assert(
      fc.property(anyText, (value) => {
        expect(parse(toYaml(object(value)), { version: '1.1' })).toEqual(object(value));
      }),
      { numRuns: 300 },
    );
  });

  test('is read back also as a key', () => {
    fc.assert(
      fc.property(anyText, (key) => {
        expect(parse(toYaml({ [key]: 1, other: 2 }), { version: '1.1' })).toEqual({ [key]: 1, other: 2 });
      }),
      { examples: [['<<']] },
    );
  });

  test.each(hostileTexts.map((value) => [JSON.stringify(value), value]))('%s', (_, value) => {
    const written = toYaml(object(value));
    expect(parse(written, { version: '1.1' })).toEqual(object(value));
    expect(unseenLines(written)).toEqual([]);
    expect(plainNumbers(written)).toEqual([]);
  });

  test('is text for Kubernetes too, never a number', () => {
    fc.assert(
      fc.property(anyText, (value) => {
        expect(plainNumbers(toYaml(object(value)))).toEqual([]);
      }),
    );
  });

  test('has no invisible character, not even a space at the end of a line', () => {
    fc.assert(
      fc.property(anyText, (value) => {
        expect(unseenLines(toYaml(object(value)))).toEqual([]);
      }),
      { numRuns: 300 },
    );
  });
});

describe('readable', () => {
  test('keys are in the order of Kubernetes and then of the alphabet, whatever their order was', () => {
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

  test('a value that occurs twice is written twice, without an anchor', () => {
    const said = { a: 1 };
    expect(toYaml({ one: said, two: said })).toBe('one:\n  a: 1\ntwo:\n  a: 1\n');
  });

  test('letters of other scripts and emoji are not escaped', () => {
    expect(toYaml({ a: 'Zürich 日本語 שלום 🦆' })).toBe('a: Zürich 日本語 שלום 🦆\n');
  });
});

test.each([
  ...misreadByKubernetes,
  '=',
  '<<',
  'y',
  'No',
  'ON',
  '~',
  'NULL',
  '12:30',
  '.5',
  '2001-12-14',
  '2001-1-1 1:2:3,5',
])('%j is in quotes', (text) => {
  expect(toYaml({ a: text })).toMatch(/^a: "[^\n]*"\n$/);
  expect(parse(toYaml({ a: text }))).toEqual({ a: text });
});

test.each([
  'acme',
  '0a',
  '018d351a-9ff7-0000-eaff-4628875ad045',
  '500m',
  '512Mi',
  '10.0.0.1/32',
  'v0.12.2',
  'a_1',
  '1.2.3',
  '_0',
])('%j is not', (text) => {
  expect(toYaml({ a: text })).toBe(`a: ${text}\n`);
});

test('text of several lines is a block', () => {
  expect(toYaml({ a: 'one\ntwo\n' })).toBe('a: |\n  one\n  two\n');
});

/**
 * Types of the YAML 1.1 type repository (https://yaml.org/type/), by the productions there; but of floats, where those
 * of the repository take 1.2.3 for one, what PyYAML and SnakeYAML make of them. Binary, omap, pairs and set need a tag.
 */
const typeRepository: Readonly<Record<string, RegExp>> = {
  bool: /^(y|Y|yes|Yes|YES|n|N|no|No|NO|true|True|TRUE|false|False|FALSE|on|On|ON|off|Off|OFF)$/,
  float:
    /^([-+]?([0-9][0-9_]*)?\.[0-9_]*([eE][-+]?[0-9]+)?|[-+]?[0-9][0-9_]*[eE][-+]?[0-9]+|[-+]?[0-9][0-9_]*(:[0-5]?[0-9])+\.[0-9_]*|[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN))$/,
  int: /^([-+]?0b[0-1_]+|[-+]?0[0-7_]+|[-+]?(0|[1-9][0-9_]*)|[-+]?0x[0-9a-fA-F_]+|[-+]?[1-9][0-9_]*(:[0-5]?[0-9])+)$/,
  merge: /^<<$/,
  null: /^(~|null|Null|NULL|)$/,
  timestamp:
    /^([0-9]{4}-[0-9]{2}-[0-9]{2}|[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}([Tt]|[ \t]+)[0-9]{1,2}:[0-9]{2}:[0-9]{2}(\.[0-9]*)?([ \t]*(Z|[-+][0-9]{1,2}(:[0-9]{2})?))?)$/,
  value: /^=$/,
};

/** Strings that are, or are nearly, of one of those types. */
const typed = fc.oneof(
  fc
    .constantFrom(
      'y',
      'n',
      'yes',
      'no',
      'true',
      'false',
      'on',
      'off',
      'null',
      '.inf',
      '+.Inf',
      '-.inf',
      '.nan',
    )
    .chain((word) => fc.mixedCase(fc.constant(word))),
  fc.constantFrom('=', '<<', '~', '', '==', '<', '.', '-', '+', '_', '-.', '+_', '---', '...'),
  fc.stringMatching(/^[-+]?[0-9_]{0,4}(\.[0-9_]{0,3})?([eE][-+]?[0-9]{0,2})?$/),
  fc.stringMatching(/^[-+]?0[bBoOxX][-+]?[0-9a-fA-F_]{0,4}$/),
  fc.stringMatching(/^[-+]?[0-9_]{1,3}(:[0-9]{1,2}){1,3}(\.[0-9_]{0,2})?$/),
  fc.stringMatching(
    /^[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}([Tt ][0-9]{1,2}:[0-9]{2}:[0-9]{2}(\.[0-9]{0,2})?(Z| ?[-+][0-9]{1,2}(:[0-9]{2})?)?)?$/,
  ),
  fc.constantFrom(...hostileTexts),
);

/** Whether a line writes its value without quotes. */
const plainly = (yaml: string) =>
  /^[^"'|>\n]*$/.test(yaml.slice('a: '.length, -1)) && !yaml.startsWith('a: "');

describe('a string that YAML 1.1 reads as another type', () => {
  test('is always in quotes, as a value, a key, or an item of a list', () => {
    fc.assert(
      fc.property(typed, (text) => {
        const types = Object.keys(typeRepository).filter((type) => typeRepository[type]?.test(text));
        const yaml = toYaml({ a: text });
        expect({ text, types: plainly(yaml) ? types : [] }).toEqual({ text, types: [] });
        if (types.length > 0) {
          expect(scalar(text)).toMatch(/^"/);
          expect(toYaml({ [text]: [text] })).toMatch(/^"[^\n]*":\n {2}- "[^\n]*"\n$/);
        }
      }),
      { numRuns: 5000 },
    );
  });

  test('is read back as text, by either version of YAML', () => {
    fc.assert(
      fc.property(typed, (text) => {
        const object = { [text]: [text], a: text };
        const yaml = toYaml(object);
        for (const version of ['1.1', '1.2'] as const)
          expect(parse(yaml, { version, merge: true })).toEqual(object);
      }),
      { numRuns: 5000 },
    );
  });

  test('is read back as text by PyYAML, where it is installed', () => {
    const texts = fc.sample(typed, 5000);
    const read =
      'import json, sys, yaml; print(json.dumps(yaml.safe_load(sys.stdin.buffer.read().decode())))';
    const python = spawnSync('python3', ['-c', 'import yaml']);
    if (python.status !== 0) return;
    const input = toYaml({ texts, keys: texts.map((text) => ({ [text]: text })) });
    const { stdout, stderr } = spawnSync('python3', ['-c', read], {
      input,
      encoding: 'utf8',
      maxBuffer: 1 << 28,
    });
    expect(stderr).toBe('');
    expect(JSON.parse(stdout)).toEqual({ texts, keys: texts.map((text) => ({ [text]: text })) });
  });
});
