import { expect, test } from 'vitest';
import { directoryOf } from '../../src/output/rendered-directory.ts';
import { example } from './example.ts';

const catalog = example('orgs/acme/catalog.yaml');

test('files of one directory are of that directory', () => {
  expect(directoryOf([catalog, example('orgs/acme/policy.yaml')])).toBe('orgs/acme');
  expect(directoryOf([example('shards/007/acme/catalog.yaml')])).toBe('shards/007/acme');
});

test.each([
  [
    'a file of another directory',
    [catalog, example('orgs/acme-2/catalog.yaml')],
    'among the files of orgs/acme',
  ],
  ['a path that leads out of it', [catalog, example('orgs/acme/../x.yaml')], 'is not a path that is ever'],
  ['a path below it', [catalog, example('orgs/acme/sub/x.yaml')], 'is not a path that is ever'],
  ['another first path', [example('../x.yaml')], 'is not a path that is ever'],
  ['a text without header', [catalog, { path: 'orgs/acme/x.yaml', text: '' }], 'orgs/acme/x.yaml lacks'],
  ['nothing', [], 'without files'],
])('refuses %s', (_, files, message) => {
  expect(() => directoryOf(files)).toThrow(message);
});
