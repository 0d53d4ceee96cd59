import { execFile } from 'node:child_process';
import { mkdir, writeFile as put, rm, symlink, truncate } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';
import { PermanentError } from '../../src/text/errors.ts';
import { sortFiles } from '../../src/tree/committed-files.ts';
import { header } from '../../src/tree/header.ts';
import { withLock } from '../../src/tree/lock.ts';
import { readWorkTree } from '../../src/tree/work-tree.ts';
import { withDirectory } from '../support/tree.ts';
import { example, write, writeAll } from './example.ts';

async function place(out: string, path: string, content: string | Buffer): Promise<void> {
  await mkdir(dirname(join(out, path)), { recursive: true });
  await put(join(out, path), content);
}

/** The files of ours in every directory that has any. */
async function committed(out: string): Promise<Record<string, readonly string[]>> {
  const tree = await readWorkTree(out);
  const files: Record<string, readonly string[]> = {};
  for (const directory of tree.directories) {
    const { obsolete } = await sortFiles(tree, directory);
    if (obsolete.length > 0) files[directory] = obsolete;
  }
  return files;
}

describe('the work tree', () => {
  test('a missing output directory is an empty tree, and is not created', () =>
    withDirectory(async (directory) => {
      const out = join(directory, 'dist');
      expect(await committed(out)).toEqual({});
      expect(await committed(out)).toEqual({});
    }));

  test('lists what was written, sorted', () =>
    withDirectory(async (out) => {
      await write(out, example('orgs/b/y.yaml'), example('orgs/b/x.yaml'));
      await write(out, example('orgs/a/x.yaml'));
      await write(out, example('platform/p.yaml'), example('platform/a.yaml'));
      expect(await committed(out)).toEqual({
        'orgs/a': ['orgs/a/x.yaml'],
        'orgs/b': ['orgs/b/x.yaml', 'orgs/b/y.yaml'],
        platform: ['platform/a.yaml', 'platform/p.yaml'],
      });
    }));

  test('lists no directories of others', () =>
    withDirectory(async (out) => {
      const ours = `${header}\nkind: Lakekeeper\n`;
      await place(out, 'README.md', ours);
      await place(out, 'other/a.yaml', ours);
      await place(out, 'orgs/README.md', ours);
      await place(out, 'orgs/loose.yaml', ours);
      await place(out, 'orgs/Not_A_Label/a.yaml', ours);
      await place(out, 'orgs/foreign/kustomization.yaml', 'kind: Kustomization\n');
      await place(out, 'orgs/foreign/README.md', ours);
      await place(out, 'orgs/foreign/sub/a.yaml', ours);
      await place(out, 'orgs/foreign/directory.yaml/a.yaml', ours);
      await place(out, 'orgs/foreign/.hidden.yaml', ours);
      await place(out, 'orgs/foreign/empty.yaml', '');
      await place(out, 'orgs/foreign/half.yaml', header.slice(0, -1));
      await place(out, 'orgs/foreign/second-line.yaml', `---\n${ours}`);
      await place(out, 'elsewhere.yaml', ours);
      await symlink('../../elsewhere.yaml', join(out, 'orgs/foreign/link.yaml'));
      await place(out, 'platform/kustomization.yaml', 'kind: Kustomization\n');
      expect(await committed(out)).toEqual({});
    }));

  test('recognises a file by its first line, whatever its line end', () =>
    withDirectory(async (out) => {
      await place(out, 'orgs/acme/crlf.yaml', `${header}\r\nkind: Lakekeeper\r\n`);
      await place(out, 'orgs/acme/longer.yaml', `${header} (v2)\n`);
      await place(out, 'orgs/acme/only.yaml', header);
      expect((await committed(out))['orgs/acme']).toHaveLength(3);
    }));

  test('reads the first bytes only', () =>
    withDirectory(async (out) => {
      await write(out, example('orgs/acme/catalog.yaml'));
      // With holes; Node refuses to read a whole file of this size.
      await truncate(join(out, 'orgs/acme/catalog.yaml'), 3 * 2 ** 30);
      expect((await committed(out))['orgs/acme']).toEqual(['orgs/acme/catalog.yaml']);
    }));

  test.each(['platform', 'orgs', 'orgs/acme'])('does not follow a symbolic link in place of %s', (path) =>
    withDirectory(async (directory) => {
      const out = join(directory, 'dist');
      await place(directory, 'elsewhere/catalog.yaml', `${header}\n`);
      await mkdir(dirname(join(out, path)), { recursive: true });
      await symlink(join(directory, 'elsewhere'), join(out, path));
      const reading = readWorkTree(out);
      await expect(reading).rejects.toThrow(PermanentError);
      await expect(reading).rejects.toThrow(`${join(out, path)} is a symbolic link`);
    }),
  );

  test('reads no file through a link, and does not wait for the writer of a pipe', () =>
    withDirectory(async (directory) => {
      const out = join(directory, 'dist');
      await place(out, 'orgs/acme/file.yaml', 'a: 1\n');
      await symlink('file.yaml', join(out, 'orgs/acme/link.yaml'));
      await promisify(execFile)('mkfifo', [join(out, 'orgs/acme/pipe.yaml')]);
      const tree = await readWorkTree(out);
      expect(await tree.read('orgs/acme/file.yaml')).toBe('a: 1\n');
      for (const [file, kind] of [
        ['link.yaml', 'a symbolic link'],
        ['pipe.yaml', 'neither file nor directory'],
      ]) {
        const path = `orgs/acme/${file}`;
        expect(() => tree.isSame(path, '')).toThrow(`${join(out, path)} is ${kind}`);
        await expect(tree.read(path)).rejects.toThrow(`${join(out, path)} is ${kind}`);
        expect(await tree.isOurs(path)).toBe(false);
      }
      await expect(tree.read('orgs/acme/gone.yaml')).rejects.toThrow(
        `while reading ${join(out, 'orgs/acme/gone.yaml')}`,
      );
    }));

  test('the output directory itself may be a symbolic link', () =>
    withDirectory(async (directory) => {
      await mkdir(join(directory, 'real'));
      await symlink('real', join(directory, 'dist'));
      await write(join(directory, 'dist'), example());
      expect((await readWorkTree(join(directory, 'dist'))).directories.size).toBe(1);
      expect((await readWorkTree(join(directory, 'real'))).directories.size).toBe(1);
    }));

  test('a file in place of the output directory is an error', () =>
    withDirectory(async (directory) => {
      await put(join(directory, 'orgs'), '');
      await expect(readWorkTree(directory)).rejects.toThrow(
        `${join(directory, 'orgs')} is a file where a directory`,
      );
    }));

  test('a file that was removed since its directory was listed is no error', () =>
    withDirectory(async (out) => {
      const tree = await readWorkTree(out);
      expect(await tree.isOurs('orgs/acme/gone.yaml')).toBe(false);
      expect(tree.isSame('orgs/acme/gone.yaml', '')).toBe(false);
      expect(tree.filesIn('orgs/acme')).toEqual([]);
    }));

  test('a file is equal only when all of its bytes are', () =>
    withDirectory(async (out) => {
      await place(out, 'orgs/acme/catalog.yaml', 'a: 1\n');
      const tree = await readWorkTree(out);
      expect(tree.isSame('orgs/acme/catalog.yaml', 'a: 1\n')).toBe(true);
      const others = ['', 'a: 1', 'a: 1\n\n', 'b: 1\n', '\ufeffa: 1\n', 'a: 1\n'.repeat(100)];
      for (const other of others) expect(tree.isSame('orgs/acme/catalog.yaml', other)).toBe(false);
      expect(tree.isSame('orgs/acme/catalog.yaml', 'a: 1\n')).toBe(true);
      // Not UTF-8; a decoder makes U+FFFD of it.
      await place(out, 'orgs/acme/catalog.yaml', Buffer.from([0xff]));
      expect(tree.isSame('orgs/acme/catalog.yaml', '\ufffd')).toBe(false);
    }));

  test('names the directory that cannot be read', () =>
    withDirectory(async (out) => {
      await place(out, 'orgs/acme', 'no directory');
      const tree = await readWorkTree(out);
      expect(() => tree.filesIn('orgs/acme')).toThrow(`while reading ${join(out, 'orgs/acme')}`);
    }));

  test('can be read while another run removes it', () =>
    withDirectory(async (out) => {
      const orgs = Array.from({ length: 50 }, (_, org) => `org-${org}`);
      for (const org of orgs) await place(out, `orgs/${org}/catalog.yaml`, example().text);
      const state = { removing: true };
      const removing = withLock(out, (tree) => writeAll(tree, [], orgs)).finally(() => {
        state.removing = false;
      });
      for (; state.removing; await turn()) await committed(out);
      await removing;
      expect(await committed(out)).toEqual({});
      await rm(join(out, 'orgs'), { recursive: true });
    }));
});
