import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { toYaml } from '../../src/manifests/render-files.ts';
import { misreadByKubernetes } from '../support/arbitrary.ts';

test.each(misreadByKubernetes)('%j is in quotes', (text) => {
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
