import { mkdir, writeFile as put, readdir, stat, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { withLock } from '../../src/output/dist-tree.ts';
import { replace } from '../../src/output/temporary-file.ts';
import { readTree, withDirectory } from '../support/tree.ts';
import { example, write } from './example.ts';

const left = '.catalog.yaml.4711-0123456789ab.tmp';

describe('a temporary file', () => {
  test('is hidden, names its file and process, and never ends in .yaml', () =>
    withDirectory(async (directory) => {
      const seen: string[] = [];
      const look = async () => void seen.push(...(await readdir(directory)));
      const looking: Promise<void>[] = [];
      await replace(directory, 'catalog.yaml', 'text', () => looking.push(look()));
      await Promise.all(looking);
      const pattern = new RegExp(`^\\.catalog\\.yaml\\.${process.pid}-[0-9a-f]{12}\\.tmp$|^catalog\\.yaml$`);
      for (const name of seen) expect(name).toMatch(pattern);
      expect(await readTree(directory)).toEqual({ 'catalog.yaml': 'text' });
    }));

  test('goes when its file may not be replaced any more, or cannot be', () =>
    withDirectory(async (directory) => {
      await put(join(directory, 'catalog.yaml'), 'old');
      const refusal = () => {
        throw new Error('lock lost');
      };
      await expect(replace(directory, 'catalog.yaml', 'new', refusal)).rejects.toThrow('lock lost');
      expect(await readTree(directory)).toEqual({ 'catalog.yaml': 'old' });
      await mkdir(join(directory, 'directory.yaml'));
      await expect(replace(directory, 'directory.yaml', 'new', () => {})).rejects.toThrow();
      expect(await readTree(directory)).toEqual({ 'catalog.yaml': 'old' });
    }));

  test('that a crash left over is removed by the next run, with a directory that holds nothing else', () =>
    withDirectory(async (out) => {
      await write(out, example());
      for (const directory of ['orgs/acme', 'orgs/gone', 'platform']) {
        await mkdir(join(out, directory), { recursive: true });
        await put(join(out, directory, left), 'half');
      }
      await withLock(out, async () => {});
      expect(Object.keys(await readTree(out))).toEqual([example().path]);
      expect(await readdir(out)).toEqual(['orgs']);
      expect(await readdir(join(out, 'orgs'))).toEqual(['acme']);
    }));

  test('is told from what is somebody else’s', () =>
    withDirectory(async (directory) => {
      const out = join(directory, 'dist');
      const foreign = [
        ...[
          left,
          'README.tmp',
          'orgs/.DS_Store',
          `orgs/${left}`,
          `orgs/Not_A_Label/${left}`,
          'orgs/acme/x.tmp',
        ],
        ...['orgs/acme/.catalog.yaml.tmp', 'orgs/acme/.x.json.1-0123456789ab.tmp', `orgs/acme/sub/${left}`],
        ...['orgs/acme/.x.yaml.1-0123456789ab.tmp.swp', 'orgs/acme/catalog.yaml.1-0123456789ab.tmp'],
      ];
      for (const path of foreign) {
        await mkdir(join(out, path, '..'), { recursive: true });
        await put(join(out, path), '');
      }
      await mkdir(join(out, 'orgs/empty'));
      await withLock(out, async () => {});
      expect(Object.keys(await readTree(out)).sort()).toEqual(foreign.sort());
      expect((await stat(join(out, 'orgs/empty'))).isDirectory()).toBe(true);
    }));

  test('is not looked for behind a link', () =>
    withDirectory(async (directory) => {
      const out = join(directory, 'dist');
      await mkdir(join(directory, 'elsewhere'));
      await put(join(directory, 'elsewhere', left), '');
      await mkdir(join(out, 'orgs'), { recursive: true });
      await symlink('../../elsewhere', join(out, 'orgs/link'));
      await expect(withLock(out, async () => {})).rejects.toThrow('is a symbolic link');
      expect(await readTree(join(directory, 'elsewhere'))).toEqual({ [left]: '' });
      expect(await readdir(out)).toEqual(['orgs']);
    }));
});
