import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parse, parseDocument, visit } from 'yaml';
import { orgManifests, platformManifests } from '../../src/manifests/org-manifests.ts';
import { renderOrg, renderPlatform, toYaml } from '../../src/manifests/render-files.ts';
import { header } from '../../src/tree/header.ts';
import { anyText, hostileIds, hostileTexts } from '../support/arbitrary.ts';
import { catalog, objectsIn, platform } from '../support/fleet.ts';

/** What cannot be seen, or changes what is seen. */
const unseen = /[\p{Cc}\p{Zl}\p{Zp}\p{Cs}\p{Co}\p{Bidi_Control}\u200b-\u200d\u2060\ufeff\u00ad]|(?! )\p{Zs}/u;

/** Whether goyaml v2 takes a plain scalar for a number (resolve.go: base 0 of Go's ParseInt, and its own pattern of floats). */
function isNumberInGo(plain: string): boolean {
  // It looks for a number where the first character says that there may be one.
  if (plain.startsWith('_')) return false;
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

  test('has nothing unseen in it, not even a space at the end of a line', () => {
    fc.assert(
      fc.property(anyText, (value) => {
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
