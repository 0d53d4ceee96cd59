import { chmod, mkdir, writeFile as put, readFile, rm, stat, symlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import {
  type Changes,
  compareFile,
  compareFiles,
  header,
  type RenderedFile,
  removeFile,
  removeFiles,
  withLock,
  writeFiles,
} from '../../src/output/dist-tree.ts';
import { listTree } from '../../src/output/listing.ts';
import { ExitCode, exitCodeOf, PermanentError } from '../../src/text/errors.ts';
import { readTree, stamps, withDirectory } from '../support/tree.ts';
import { example, fleetOf, write } from './example.ts';

const file = example();
const remove = (out: string, path: string) => withLock(out, (tree) => removeFile(tree, path));
const ways = {
  writeFile: write,
  compareFile,
  removeFile: (out: string, { path }: RenderedFile) => remove(out, path),
};

describe('writeFile', () => {
  test('creates a file and its directories', () =>
    withDirectory(async (directory) => {
      const out = join(directory, 'not', 'yet');
      expect(await write(out, file)).toBe('created');
      expect(await readTree(out)).toEqual({ [file.path]: file.text });
    }));

  test('does not touch an unchanged file, nor its directory', () =>
    withDirectory(async (out) => {
      await write(out, file);
      const before = [await stamps(out), (await stat(join(out, 'orgs/acme'))).mtimeMs];
      expect(await write(out, file)).toBe('unchanged');
      expect([await stamps(out), (await stat(join(out, 'orgs/acme'))).mtimeMs]).toEqual(before);
    }));

  test.each([
    ['another text', `${header}\nkind: Else\n`],
    ['another text of the same length', file.text.replace('Lake', 'lAKE')],
    ['a text of somebody else', 'kind: Kustomization\n'],
    ['nothing', ''],
  ])('a path that is rendered is ours: %s is replaced', (_, found) =>
    withDirectory(async (out) => {
      await mkdir(join(out, 'orgs/acme'), { recursive: true });
      await put(join(out, file.path), found);
      expect(await write(out, file)).toBe('updated');
      expect(await readTree(out)).toEqual({ [file.path]: file.text });
    }),
  );

  test('a reader that has the old file open keeps the old text', () =>
    withDirectory(async (out) => {
      await write(out, file);
      const { ino } = await stat(join(out, file.path));
      await write(out, example(file.path, 'kind: Else'));
      expect((await stat(join(out, file.path))).ino).not.toBe(ino);
    }));

  test('refuses a text without the header, which would never be removed again', () =>
    withDirectory(async (out) => {
      const unmarked: RenderedFile = { path: file.path, text: 'kind: Lakekeeper\n' };
      await expect(write(out, unmarked)).rejects.toThrow(`${file.path} lacks the header`);
      await expect(compareFile(out, unmarked)).rejects.toThrow('lacks the header');
      expect(await readTree(out)).toEqual({});
    }));

  test('refuses a path that leads out of the tree', () =>
    withDirectory(async (directory) => {
      const out = join(directory, 'dist');
      for (const path of ['../evil.yaml', 'orgs/../../evil.yaml', 'orgs/acme/../../../evil.yaml']) {
        await expect(write(out, example(path))).rejects.toThrow(path);
        await expect(compareFile(out, example(path))).rejects.toThrow(path);
        await expect(remove(out, path)).rejects.toThrow(path);
      }
      expect(await readTree(directory)).toEqual({});
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

describe('what stands in the way', () => {
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

  test('a directory where a file should be is named', () =>
    withDirectory(async (out) => {
      await mkdir(join(out, file.path), { recursive: true });
      for (const way of Object.values(ways))
        await expect(way(out, file)).rejects.toThrow(
          `${join(out, file.path)} is a directory where a file is expected`,
        );
    }));

  test('a file where a directory should be is named', () =>
    withDirectory(async (out) => {
      await put(join(out, 'orgs'), '');
      for (const way of Object.values(ways))
        await expect(way(out, file)).rejects.toThrow(
          `${join(out, 'orgs')} is a file where a directory is expected`,
        );
    }));

  test('a directory without the right to write is named, with what to do, and nothing is left behind', () =>
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
      expect(error).toHaveProperty('message', expect.stringContaining('--out'));
      expect(error).toHaveProperty('cause.code', 'EACCES');
      await chmod(join(out, 'orgs/acme'), 0o755);
      expect(await readTree(out)).toEqual({ [file.path]: file.text });
    }));
});

describe('compareFile', () => {
  test('says what writeFile would do, and writes nothing', () =>
    withDirectory(async (directory) => {
      const out = join(directory, 'dist');
      expect(await compareFile(out, file)).toBe('created');
      await expect(stat(out)).rejects.toThrow('ENOENT');
      await write(out, file);
      const before = await stamps(out);
      expect(await compareFile(out, file)).toBe('unchanged');
      expect(await compareFile(out, example(file.path, 'kind: Else'))).toBe('updated');
      expect(await compareFile(out, example('orgs/acme/new.yaml'))).toBe('created');
      expect(await stamps(out)).toEqual(before);
    }));
});

describe('removeFile', () => {
  test('removes a file of ours, and its directory after the last one', () =>
    withDirectory(async (out) => {
      for (const path of ['orgs/acme/a.yaml', 'orgs/acme/b.yaml', 'platform/p.yaml'])
        await write(out, example(path));
      expect(await remove(out, 'orgs/acme/a.yaml')).toBe('removed');
      expect(Object.keys(await readTree(out))).toEqual(['orgs/acme/b.yaml', 'platform/p.yaml']);
      expect(await remove(out, 'orgs/acme/b.yaml')).toBe('removed');
      await expect(stat(join(out, 'orgs/acme'))).rejects.toThrow('ENOENT');
      expect(await remove(out, 'platform/p.yaml')).toBe('removed');
      await expect(stat(join(out, 'platform'))).rejects.toThrow('ENOENT');
      expect((await stat(out)).isDirectory()).toBe(true);
    }));

  test("never removes a file of somebody else, which keeps the org's directory too", () =>
    withDirectory(async (out) => {
      await write(out, file);
      await put(join(out, 'orgs/acme/kustomization.yaml'), 'kind: Kustomization\n');
      expect(await remove(out, 'orgs/acme/kustomization.yaml')).toBe('kept');
      expect(await remove(out, file.path)).toBe('removed');
      expect(await readTree(out)).toEqual({ 'orgs/acme/kustomization.yaml': 'kind: Kustomization\n' });
    }));

  test('a file that is not there is no error', () =>
    withDirectory(async (out) => {
      expect(await remove(out, file.path)).toBe('kept');
      await write(out, file);
      expect(await remove(out, 'orgs/acme/other.yaml')).toBe('kept');
    }));
});

describe('many files', () => {
  test('are written, compared and removed as one by one', () =>
    withDirectory(async (out) => {
      const fleet = fleetOf('old', 20, 1);
      const paths = fleet.flat().map(({ path }) => path);
      const all = (change: string) => paths.map((path) => ({ path, change }));
      const listed = (changes: Changes) => fleet.flatMap((_, org) => changes.of(org, `orgs/org-${org}`));
      const compared = async (list: typeof fleet) => listed(await compareFiles(out, list));
      const written = (list: typeof fleet) =>
        withLock(out, async (tree) => listed(await writeFiles(tree, list)));
      expect(await compared(fleet)).toEqual(all('created'));
      expect(await written(fleet)).toEqual(all('created'));
      expect(await written(fleet)).toEqual(all('unchanged'));
      expect(await compared(fleetOf('new', 20, 1))).toEqual(all('updated'));
      expect(await readFile(join(out, 'orgs/org-7/policy.yaml'), 'utf8')).toBe(fleet[7]?.[1]?.text);
      await put(join(out, 'orgs/org-3/policy.yaml'), 'kind: NetworkPolicy\n');
      const removed = await withLock(out, (tree) => removeFiles(tree, paths));
      expect(removed).toEqual(paths.filter((path) => path !== 'orgs/org-3/policy.yaml').sort());
      expect(await readTree(out)).toEqual({ 'orgs/org-3/policy.yaml': 'kind: NetworkPolicy\n' });
    }));

  test('are compared with what was listed as with what is there', () =>
    withDirectory(async (out) => {
      const fleet = fleetOf('old', 3, 1);
      await withLock(out, (tree) => writeFiles(tree, fleet.slice(0, 2)));
      const listing = await listTree(out);
      // Whoever compares needs no lock.
      await rm(join(out, 'orgs/org-1'), { recursive: true });
      const changes = await compareFiles(out, fleet, listing);
      expect(['unchanged', 'created', 'created'].map((change) => [change, change])).toEqual(
        fleet.map((_, org) => changes.of(org, '').map(({ change }) => change)),
      );
    }));

  test('a path that is rendered twice is a bug, not a race', () =>
    withDirectory(async (out) => {
      const twice = [example(), example(file.path, 'kind: Else')];
      await expect(withLock(out, (tree) => writeFiles(tree, [twice]))).rejects.toThrow(
        `${file.path} was rendered twice`,
      );
      await expect(compareFiles(out, [twice])).rejects.toThrow('was rendered twice');
      await write(out, file);
      await expect(withLock(out, (tree) => writeFiles(tree, [twice]))).rejects.toThrow('was rendered twice');
    }));
});
