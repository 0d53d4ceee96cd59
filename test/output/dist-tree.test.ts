import { mkdir, writeFile as put, rm, symlink, truncate } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { header, Listing, readCommittedOrgs, removeFiles, withLock } from '../../src/output/dist-tree.ts';
import { isOurs } from '../../src/output/header.ts';
import { PermanentError } from '../../src/text/errors.ts';
import { withDirectory } from '../support/tree.ts';
import { example, write } from './example.ts';

async function place(out: string, path: string, text: string): Promise<void> {
  await mkdir(dirname(join(out, path)), { recursive: true });
  await put(join(out, path), text);
}

/** The files of ours of every org that is committed, by the name of its directory. */
async function committed(out: string): Promise<Record<string, readonly string[]>> {
  const orgs = await readCommittedOrgs(out);
  const files: Record<string, readonly string[]> = {};
  for (const name of orgs.names()) files[name] = await orgs.pathsIn(orgs.directoriesOf(name));
  return files;
}

describe('readCommittedOrgs', () => {
  test('a missing output directory is an empty tree, and is not created', () =>
    withDirectory(async (directory) => {
      const out = join(directory, 'dist');
      expect(await committed(out)).toEqual({});
      expect(await committed(out)).toEqual({});
    }));

  test('lists what was written, sorted, by org', () =>
    withDirectory(async (out) => {
      for (const path of [
        'orgs/b/y.yaml',
        'orgs/b/x.yaml',
        'orgs/a/x.yaml',
        'platform/p.yaml',
        'platform/a.yaml',
      ])
        await write(out, example(path));
      expect(await committed(out)).toEqual({
        a: ['orgs/a/x.yaml'],
        b: ['orgs/b/x.yaml', 'orgs/b/y.yaml'],
      });
    }));

  test('lists nothing of somebody else', () =>
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

  test('knows a file by its first line, with what an editor or Git makes of its end', () =>
    withDirectory(async (out) => {
      await place(out, 'orgs/acme/crlf.yaml', `${header}\r\nkind: Lakekeeper\r\n`);
      await place(out, 'orgs/acme/longer.yaml', `${header} (v2)\n`);
      await place(out, 'orgs/acme/only.yaml', header);
      expect((await committed(out)).acme).toHaveLength(3);
    }));

  test('reads the first bytes only', () =>
    withDirectory(async (out) => {
      await write(out, example('orgs/acme/catalog.yaml'));
      // With holes; Node refuses to read a whole file of this size.
      await truncate(join(out, 'orgs/acme/catalog.yaml'), 3 * 2 ** 30);
      expect((await committed(out)).acme).toEqual(['orgs/acme/catalog.yaml']);
    }));

  test.each(['platform', 'orgs', 'orgs/acme'])('does not follow a link in the place of %s', (path) =>
    withDirectory(async (directory) => {
      const out = join(directory, 'dist');
      await place(directory, 'elsewhere/catalog.yaml', `${header}\n`);
      await mkdir(dirname(join(out, path)), { recursive: true });
      await symlink(join(directory, 'elsewhere'), join(out, path));
      const reading = readCommittedOrgs(out);
      await expect(reading).rejects.toThrow(PermanentError);
      await expect(reading).rejects.toThrow(`${join(out, path)} is a symbolic link`);
    }),
  );

  test('lets the loop turn, in which the lock is kept fresh, however few files are read at a time', () =>
    withDirectory(async (out) => {
      const directories = Array.from({ length: 100 }, (_, i) => `orgs/org-${i}`);
      for (const directory of directories) await place(out, `${directory}/a.yaml`, 'kind: Mine\n');
      const listing = new Listing(out, new Set(directories));
      let turned = false;
      setImmediate(() => {
        turned = true;
      });
      expect((await readCommittedOrgs(out, { listing })).size).toBe(0);
      expect(turned).toBe(true);
    }));

  test('says which directory cannot be read', () =>
    withDirectory(async (out) => {
      await place(out, 'orgs/acme', 'no directory any more');
      const listing = new Listing(out, new Set(['orgs/acme']));
      await expect(readCommittedOrgs(out, { listing })).rejects.toThrow(
        `while reading ${join(out, 'orgs/acme')}`,
      );
    }));

  test('the output directory itself may be a link', () =>
    withDirectory(async (directory) => {
      await mkdir(join(directory, 'real'));
      await symlink('real', join(directory, 'dist'));
      await write(join(directory, 'dist'), example());
      expect((await readCommittedOrgs(join(directory, 'dist'))).size).toBe(1);
      expect((await readCommittedOrgs(join(directory, 'real'))).size).toBe(1);
    }));

  test('says so when a file stands where the output directory should be', () =>
    withDirectory(async (directory) => {
      await put(join(directory, 'orgs'), '');
      await expect(readCommittedOrgs(directory)).rejects.toThrow(
        `${join(directory, 'orgs')} is a file where a directory`,
      );
    }));

  test('a file that went since its directory was listed is nobody’s', () =>
    withDirectory(async (out) => {
      expect(isOurs(join(out, 'gone.yaml'))).toBe(false);
    }));

  test('can be read while another run takes it away', () =>
    withDirectory(async (out) => {
      const paths = Array.from({ length: 50 }, (_, org) => `orgs/org-${org}/catalog.yaml`);
      for (const path of paths) {
        await mkdir(dirname(join(out, path)), { recursive: true });
        await put(join(out, path), example().text);
      }
      const state = { removing: true };
      const removing = withLock(out, (tree) => removeFiles(tree, paths)).finally(() => {
        state.removing = false;
      });
      while (state.removing) await readCommittedOrgs(out);
      await removing;
      expect((await readCommittedOrgs(out)).size).toBe(0);
      await rm(join(out, 'orgs'), { recursive: true });
    }));
});
