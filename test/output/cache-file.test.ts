import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, expect, test, vi } from 'vitest';
import { CacheFile, cacheDirectory } from '../../src/output/cache-file.ts';
import { withDirectory } from '../support/tree.ts';

afterEach(() => {
  vi.unstubAllEnvs();
});

/** Lends the place of a file in a cache of its own. */
const withPlace = (work: (path: string) => Promise<void>) =>
  withDirectory(async (home) => {
    vi.stubEnv('XDG_CACHE_HOME', home);
    await work(join(cacheDirectory(), 'a.notes'));
  });

test('is in its place when it is kept, with all its lines, and nothing is beside it', () =>
  withPlace(async (path) => {
    const lines = Array.from({ length: 20_000 }, (_, i) => `line ${i}`);
    const file = new CacheFile(path);
    for (const line of lines) file.add(line);
    expect(await readdir(cacheDirectory())).toEqual(['a.notes.tmp']);
    file.keep();
    expect(await readFile(path, 'latin1')).toBe(lines.map((line) => `${line}\n`).join(''));
    expect(await readdir(cacheDirectory())).toEqual(['a.notes']);
  }));

test('that is not kept leaves what was there; one that was interrupted is written over', () =>
  withPlace(async (path) => {
    const first = new CacheFile(path);
    first.add('first');
    first.keep();
    await writeFile(`${path}.tmp`, 'interrupted, and longer than what comes');
    const second = new CacheFile(path);
    second.add('second');
    second.discard();
    expect(await readFile(path, 'latin1')).toBe('first\n');
    expect(await readdir(cacheDirectory())).toEqual(['a.notes']);
    await writeFile(`${path}.tmp`, 'interrupted, and longer than what comes');
    const third = new CacheFile(path);
    third.add('third');
    third.keep();
    expect(await readFile(path, 'latin1')).toBe('third\n');
  }));

test('without a place for it, nothing is kept and nothing fails', () =>
  withDirectory(async (home) => {
    await writeFile(join(home, 'file'), '');
    vi.stubEnv('XDG_CACHE_HOME', join(home, 'file'));
    const file = new CacheFile(join(cacheDirectory(), 'a.notes'));
    for (let i = 0; i < 20_000; i++) file.add(`line ${i}`);
    file.keep();
    file.discard();
    expect(await readdir(home)).toEqual(['file']);
  }));
