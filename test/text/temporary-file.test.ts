import { mkdir, writeFile as put, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { replace } from '../../src/text/temporary-file.ts';
import { readTree, withDirectory } from '../support/tree.ts';

test('a file is replaced by a new one, not overwritten', () =>
  withDirectory(async (directory) => {
    const path = join(directory, 'catalog.yaml');
    await put(path, 'old');
    const { ino } = await stat(path);
    replace(directory, 'catalog.yaml', 'new');
    expect(await readTree(directory)).toEqual({ 'catalog.yaml': 'new' });
    expect((await stat(path)).ino).not.toBe(ino);
  }));

test('a failed replacement leaves no temporary file', () =>
  withDirectory(async (directory) => {
    await mkdir(join(directory, 'directory.yaml'));
    expect(() => replace(directory, 'directory.yaml', 'new')).toThrow();
    expect(await readdir(directory)).toEqual(['directory.yaml']);
  }));
