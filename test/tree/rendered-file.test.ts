import { dirname } from 'node:path';
import { expect, test } from 'vitest';
import { assertWellRendered, type RenderedFile } from '../../src/tree/rendered-file.ts';
import { example } from './example.ts';

const catalog = example('orgs/acme/catalog.yaml');
const check = (files: readonly RenderedFile[], directory = dirname(files[0]?.path ?? '')) =>
  assertWellRendered({ directory, files });

test('takes files of one directory, and a directory without any', () => {
  check([catalog, example('orgs/acme/policy.yaml')]);
  check([example('shards/007/acme/catalog.yaml')]);
  check([], 'platform');
});

test.each([
  [
    'a file of another directory',
    [catalog, example('orgs/acme-2/catalog.yaml')],
    'must not be rendered into orgs/acme',
  ],
  [
    'a path that leads out of it',
    [catalog, example('orgs/acme/../x.yaml')],
    'must not be rendered into orgs/acme',
  ],
  ['a path below it', [catalog, example('orgs/acme/sub/x.yaml')], 'must not be rendered into orgs/acme'],
  ['another first path', [example('../x.yaml')], 'is no directory of the tree'],
  ['a directory that leads out', [example('orgs/acme/../../x.yaml')], 'is no directory of the tree'],
  ['a text without header', [catalog, { path: 'orgs/acme/x.yaml', text: '' }], 'orgs/acme/x.yaml lacks'],
  ['a path that is there twice', [catalog, catalog], 'orgs/acme/catalog.yaml was rendered twice'],
])('refuses %s', (_, files, message) => {
  expect(() => check(files)).toThrow(message);
});
