import { chmod, mkdir, writeFile as put, readFile, stat, symlink, truncate } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { ExitCode, exitCodeOf, PermanentError } from '../../src/text/errors.ts';
import { apply } from '../../src/tree/apply.ts';
import type { DirectoryChange } from '../../src/tree/diff.ts';
import { header } from '../../src/tree/header.ts';
import { withLock } from '../../src/tree/lock.ts';
import type { RenderedFile } from '../../src/tree/rendered-file.ts';
import { readTree, stamps, withDirectory } from '../support/tree.ts';
import { compare, example, fleetOf, write, writeAll } from './example.ts';

const file = example();
/** Applies the removal of one file, whatever is there. */
const remove = (out: string, path: string) =>
  withLock(out, (tree) => {
    async function* changes(): AsyncGenerator<DirectoryChange> {
      const directory = dirname(path);
      const files = [{ path, change: 'removed', text: undefined }] as const;
      yield { desired: undefined, directory, from: directory, files, foreign: [] };
    }
    return apply(tree, changes());
  });
const ways = {
  write,
  compare: (out: string, wanted: RenderedFile) => compare(out, [[wanted]]),
  remove: (out: string, { path }: RenderedFile) => remove(out, path),
};

describe('a file that is desired', () => {
  test('is created, with its directories', () =>
    withDirectory(async (directory) => {
      const out = join(directory, 'not', 'yet');
      expect(await write(out, file)).toEqual([`created ${file.path}`]);
      expect(await readTree(out)).toEqual({ [file.path]: file.text });
    }));

  test('is not written when it is unchanged, nor is its directory', () =>
    withDirectory(async (out) => {
      await write(out, file);
      const before = [await stamps(out), (await stat(join(out, 'orgs/acme'))).mtimeMs];
      expect(await write(out, file)).toEqual([`unchanged ${file.path}`]);
      expect([await stamps(out), (await stat(join(out, 'orgs/acme'))).mtimeMs]).toEqual(before);
    }));

  test.each([
    ['another text', `${header}\nkind: Else\n`],
    ['another text of the same length', file.text.replace('Lake', 'lAKE')],
    ['a text of somebody else', 'kind: Kustomization\n'],
    ['nothing', ''],
  ])('replaces %s at its path', (_, found) =>
    withDirectory(async (out) => {
      await mkdir(join(out, 'orgs/acme'), { recursive: true });
      await put(join(out, file.path), found);
      expect(await write(out, file)).toEqual([`updated ${file.path}`]);
      expect(await readTree(out)).toEqual({ [file.path]: file.text });
    }),
  );

  test('does not change the old text for a reader that has the old file open', () =>
    withDirectory(async (out) => {
      await write(out, file);
      const { ino } = await stat(join(out, file.path));
      await write(out, example(file.path, 'kind: Else'));
      expect((await stat(join(out, file.path))).ino).not.toBe(ino);
    }));

  test('is written beside the files of others in its directory', () =>
    withDirectory(async (out) => {
      await mkdir(join(out, 'orgs/acme'), { recursive: true });
      await put(join(out, 'orgs/acme/README.md'), 'mine');
      expect(await write(out, file)).toEqual([`created ${file.path}`]);
      expect(await readTree(out)).toEqual({ 'orgs/acme/README.md': 'mine', [file.path]: file.text });
    }));
});

describe('the mode of a written file', () => {
  const umask = process.umask();
  afterEach(() => process.umask(umask));

  test('is that of any new file of this user, also when another was there', () =>
    withDirectory(async (out) => {
      await write(out, file);
      await chmod(join(out, file.path), 0o700);
      process.umask(0o027);
      await write(out, example(file.path, 'kind: Else'));
      expect((await stat(join(out, file.path))).mode & 0o777).toBe(0o640);
    }));
});

describe('something else at a path of the tree', () => {
  test.each(['platform', 'orgs', 'orgs/acme', 'orgs/acme/catalog.yaml', 'platform/catalog.yaml'])(
    'a link at %s is not followed, wherever it points',
    (link) =>
      withDirectory(async (directory) => {
        const out = join(directory, 'dist');
        const wanted = example(link.startsWith('platform') ? 'platform/catalog.yaml' : file.path);
        // Even what it points to is ours by its header: it lies elsewhere.
        await write(join(directory, 'elsewhere'), wanted);
        const before = await readTree(directory);
        for (const target of [join(directory, 'elsewhere', link), join(directory, 'nowhere')]) {
          const here = join(out, String(target.length));
          await mkdir(dirname(join(here, link)), { recursive: true });
          await symlink(target, join(here, link));
          for (const way of Object.values(ways)) {
            const error = await way(here, wanted).catch((e: unknown) => e);
            expect(error).toBeInstanceOf(PermanentError);
            expect(error).toHaveProperty(
              'message',
              expect.stringContaining(`${join(here, link)} is a symbolic link`),
            );
          }
        }
        expect(await readTree(directory)).toEqual(before);
      }),
  );

  test('a directory in place of a file is named in the error', () =>
    withDirectory(async (out) => {
      await mkdir(join(out, file.path), { recursive: true });
      for (const way of Object.values(ways))
        await expect(way(out, file)).rejects.toThrow(
          `${join(out, file.path)} is a directory where a file is expected`,
        );
    }));

  test('a file in place of a directory is named in the error', () =>
    withDirectory(async (out) => {
      await put(join(out, 'orgs'), '');
      for (const way of Object.values(ways))
        await expect(way(out, file)).rejects.toThrow(
          `${join(out, 'orgs')} is a file where a directory is expected`,
        );
    }));

  test('a directory without the right to write is named with what to do, and nothing is left behind', () =>
    withDirectory(async (directory) => {
      const out = join(directory, 'dist');
      await write(out, file);
      await chmod(directory, 0o755);
      await chmod(out, 0o777);
      await chmod(join(out, 'orgs/acme'), 0o555);
      const asRoot = process.getuid?.() === 0;
      // Root may write anywhere.
      if (asRoot) process.seteuid?.('nobody');
      const error = await write(out, example(file.path, 'kind: Else'))
        .catch((e: unknown) => e)
        .finally(() => asRoot && process.seteuid?.(0));
      expect(exitCodeOf(error)).toBe(ExitCode.permanent);
      expect(error).toHaveProperty(
        'message',
        expect.stringContaining(`while writing ${join(out, file.path)}: `),
      );
      expect(error).toHaveProperty('message', expect.stringContaining('choose another directory'));
      expect(error).toHaveProperty('cause.code', 'EACCES');
      await chmod(join(out, 'orgs/acme'), 0o755);
      expect(await readTree(out)).toEqual({ [file.path]: file.text });
    }));
});

describe('an obsolete file', () => {
  test('is removed when synth made it, and its directory after the last one', () =>
    withDirectory(async (out) => {
      await write(out, example('orgs/acme/a.yaml'), example('orgs/acme/b.yaml'));
      await write(out, example('platform/p.yaml'));
      await remove(out, 'orgs/acme/a.yaml');
      expect(Object.keys(await readTree(out))).toEqual(['orgs/acme/b.yaml', 'platform/p.yaml']);
      await remove(out, 'orgs/acme/b.yaml');
      await expect(stat(join(out, 'orgs/acme'))).rejects.toThrow('ENOENT');
      await remove(out, 'platform/p.yaml');
      await expect(stat(join(out, 'platform'))).rejects.toThrow('ENOENT');
      expect((await stat(out)).isDirectory()).toBe(true);
    }));

  test("stays, with the directory of its org, when it is somebody else's now", () =>
    withDirectory(async (out) => {
      await write(out, file);
      await put(join(out, 'orgs/acme/kustomization.yaml'), 'kind: Kustomization\n');
      await remove(out, 'orgs/acme/kustomization.yaml');
      await remove(out, file.path);
      expect(await readTree(out)).toEqual({ 'orgs/acme/kustomization.yaml': 'kind: Kustomization\n' });
    }));

  test('is recognised by its first bytes, whatever its size', () =>
    withDirectory(async (out) => {
      await write(out, file);
      // With holes; Node refuses to read a whole file of this size.
      await truncate(join(out, file.path), 3 * 2 ** 30);
      await remove(out, file.path);
      expect(await readTree(out)).toEqual({});
    }));

  test('is no error when it is not there any more', () =>
    withDirectory(async (out) => {
      await remove(out, file.path);
      await write(out, file);
      await remove(out, 'orgs/acme/other.yaml');
      expect(await readTree(out)).toEqual({ [file.path]: file.text });
    }));
});

test('many are written, compared and removed as one by one', () =>
  withDirectory(async (out) => {
    const fleet = fleetOf('old', 20, 1);
    const paths = fleet.flat().map(({ path }) => path);
    const names = fleet.map((_, org) => `org-${org}`);
    const all = (change: string) => paths.map((path) => `${change} ${path}`);
    const written = (list: typeof fleet) => withLock(out, (tree) => writeAll(tree, list));
    expect(await compare(out, fleet)).toEqual(all('created'));
    expect(await written(fleet)).toEqual(all('created'));
    expect(await written(fleet)).toEqual(all('unchanged'));
    const before = await stamps(out);
    expect(await compare(out, fleetOf('new', 20, 1))).toEqual(all('updated'));
    expect(await stamps(out)).toEqual(before);
    expect(await readFile(join(out, 'orgs/org-7/policy.yaml'), 'utf8')).toBe(fleet[7]?.[1]?.text);
    await put(join(out, 'orgs/org-3/policy.yaml'), 'kind: NetworkPolicy\n');
    const removed = await withLock(out, (tree) => writeAll(tree, [], names));
    expect(removed.sort()).toEqual(
      all('removed')
        .filter((one) => !one.includes('org-3/policy'))
        .sort(),
    );
    expect(await readTree(out)).toEqual({ 'orgs/org-3/policy.yaml': 'kind: NetworkPolicy\n' });
  }));
