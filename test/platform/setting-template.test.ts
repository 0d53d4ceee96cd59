import { expect, test } from 'vitest';
import { expand, isPerOrg, templateProblem } from '../../src/platform/setting-template.ts';

test.each([
  ['plain', undefined],
  ['{org}-{name}-{namespace}-{duckling}', undefined],
  ['{Org}', 'has the unknown placeholder {Org}; known are {org}, {name}, {namespace}, {duckling}'],
  ['{}', 'has the unknown placeholder {}; known are {org}, {name}, {namespace}, {duckling}'],
  ['{org', 'has a brace without its partner'],
  ['org}', 'has a brace without its partner'],
  ['{{org}}', 'has a brace without its partner'],
])('%j', (template, problem) => {
  expect(templateProblem(template)).toBe(problem);
});

test('a template is per org when it has the id or a name in it', () => {
  expect(['{org}', 'x-{name}', '{duckling}'].every(isPerOrg)).toBe(true);
  expect(['x', '{namespace}'].some(isPerOrg)).toBe(false);
});

test('a value is put in as it is, also one that looks like a template or a replacement pattern', () => {
  expect(expand('a-{org}-{org}', { org: '{name}$&$1' })).toBe('a-{name}$&$1-{name}$&$1');
});

test('a placeholder without a value is a bug', () => {
  expect(() => expand('{duckling}', { org: 'a' })).toThrow('no value for {duckling}');
});
