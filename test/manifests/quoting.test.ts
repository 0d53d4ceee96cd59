import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { toYaml } from '../../src/manifests/render.ts';

// Found by giving 320,000 strings to sigs.k8s.io/yaml, the parser of Kubernetes: it takes these for numbers, or loses their blanks.
test.each([
  '0o17',
  '0O17',
  '0X1F',
  '0B11',
  '0b1',
  '-0x1f',
  '-_3',
  '7E75_',
  '1_000',
  '1__',
  '+.5_',
  '0o',
  ' \n',
  '  a\n b',
  'a \nb\n',
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
])('%j is not', (text) => {
  expect(toYaml({ a: text })).toBe(`a: ${text}\n`);
});

test('text of several lines is a block', () => {
  expect(toYaml({ a: 'one\ntwo\n' })).toBe('a: |\n  one\n  two\n');
});
