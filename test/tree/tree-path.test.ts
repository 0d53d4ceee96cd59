import { join, normalize, relative } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { isTreeDirectory, isYamlFile } from '../../src/tree/tree-path.ts';

/** Whether a file of ours may have this path. */
const allowed = (path: string): boolean => {
  const slash = path.lastIndexOf('/');
  return slash > 0 && isTreeDirectory(path.slice(0, slash)) && isYamlFile(path.slice(slash + 1));
};

/** Everything that has ever made a path go somewhere else, in every place of a path. */
const hostile = fc.constantFrom(
  ...[
    '',
    '.',
    '..',
    '...',
    '/',
    '//',
    '\\',
    '..\\',
    '\0',
    '\n',
    ' ',
    '~',
    '%2e%2e',
    '%2f',
    'C:',
    '-',
    '_',
    'A',
  ],
  ...[
    'platform',
    'orgs',
    'acme',
    'a.yaml',
    '.yaml',
    '.a.yaml',
    '.git',
    'catalog.yaml',
    '‮',
    '．．',
    'é',
    '💥',
  ],
  ...['a'.repeat(63), 'a'.repeat(64), `${'a'.repeat(200)}.yaml`, `${'a'.repeat(201)}.yaml`],
);
const piece = fc.oneof(hostile, fc.string({ unit: 'binary', maxLength: 5 }));
const paths = fc.oneof(
  fc.array(piece, { maxLength: 6 }).map((pieces) => pieces.join('/')),
  fc.array(piece, { maxLength: 6 }).map((pieces) => pieces.join('')),
  fc.tuple(piece, piece).map(([org, file]) => `orgs/${org}/${file}`),
  fc.tuple(piece, piece).map(([org, file]) => `orgs/${org}/${file}.yaml`),
  piece.map((file) => `platform/${file}.yaml`),
  fc.tuple(piece, piece, piece).map(([shard, org, file]) => `shards/${shard}/${org}/${file}.yaml`),
  fc.tuple(piece, piece).map(([org, file]) => `shards/007/${org}/${file}.yaml`),
);

describe('a path of the tree', () => {
  test.each([
    'platform/namespace.yaml',
    'orgs/lakekeeper-acme/catalog.k8s.yaml',
    'shards/007/lakekeeper-acme/catalog.yaml',
  ])('may be %s', (path) => {
    expect(allowed(path)).toBe(true);
  });

  test('is below the output directory, in one of three forms, for any parts', () => {
    fc.assert(
      fc.property(paths, (path) => {
        if (!allowed(path)) return;
        expect(normalize(path)).toBe(path);
        expect(relative('/out', join('/out', path))).toBe(path);
        expect(path).toMatch(/^(platform|(orgs|shards\/[0-9]{3})\/[a-z0-9-]{1,63})\/[^/\\\0]+\.yaml$/);
        expect(path).not.toMatch(/\/[.-]|-\//);
        expect(Buffer.byteLength(path.slice(path.lastIndexOf('/') + 1))).toBeLessThanOrEqual(205);
      }),
      { numRuns: 5000 },
    );
  });

  test('every DNS-1123 label is allowed as the directory of an org', () => {
    const label = fc.stringMatching(/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/);
    fc.assert(fc.property(label, (name) => allowed(`orgs/${name}/catalog.yaml`)));
  });

  test.each([
    ['an absolute path', '/platform/a.yaml'],
    ['the parent directory', 'orgs/../a.yaml'],
    ['the parent directory as a prefix', '../platform/a.yaml'],
    ['the directory itself', 'orgs/./a.yaml'],
    ['an empty segment', 'orgs//a.yaml'],
    ['a backslash', 'orgs/a\\b/a.yaml'],
    ['a NUL', 'platform/a\0.yaml'],
    ['a line break at the end', 'platform/a.yaml\n'],
    ['a file at the top', 'a.yaml'],
    ['a file right in orgs', 'orgs/a.yaml'],
    ['a directory too many', 'orgs/acme/sub/a.yaml'],
    ['something below a file', 'orgs/acme/a.yaml/b.yaml'],
    ['something below a file of the platform', 'platform/a.yaml/b.yaml'],
    ['a directory too many in platform', 'platform/sub/a.yaml'],
    ['a shard that is no number', 'shards/7/acme/a.yaml'],
    ['the parent directory as a shard', 'shards/../acme/a.yaml'],
    ['a file right in a shard', 'shards/007/a.yaml'],
    ['a directory too many in a shard', 'shards/007/acme/sub/a.yaml'],
    ['another directory', 'other/a.yaml'],
    ['an upper-case org', 'orgs/Acme/a.yaml'],
    ['an org of 64 characters', `orgs/${'a'.repeat(64)}/a.yaml`],
    ['an org that starts with a hyphen', 'orgs/-acme/a.yaml'],
    ['an org that ends with a hyphen', 'orgs/acme-/a.yaml'],
    ['a hidden file', 'orgs/acme/.a.yaml'],
    ['a file that is not YAML', 'orgs/acme/a.json'],
    ['a name without room for that of its temporary file', `platform/${'a'.repeat(201)}.yaml`],
    ['nothing', ''],
  ])('is never %s', (_, path) => {
    expect(allowed(path)).toBe(false);
  });
});
