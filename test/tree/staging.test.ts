import { execFileSync } from 'node:child_process';
import { cpSync, readdirSync, rmSync } from 'node:fs';
import { chmod, mkdir, writeFile as put, readdir, stat, symlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { ExitCode, exitCodeOf, PermanentError } from '../../src/text/errors.ts';
import { codeOf } from '../../src/text/file-system-error.ts';
import { apply } from '../../src/tree/apply.ts';
import type { DirectoryChange } from '../../src/tree/diff.ts';
import { withLock } from '../../src/tree/lock.ts';
import type { RenderedFile } from '../../src/tree/rendered-file.ts';
import { readWorkTree } from '../../src/tree/work-tree.ts';
import { readTree, withDirectory } from '../support/tree.ts';
import { diffOf, example, fleetOf, write, writeAll } from './example.ts';

const place = /^\.lakekeeper-gitops\.[0-9a-f]{12}\.tmp$/;

/** The same changes; `look` is called between them, and before each text of a file is written. */
async function* watched(changes: AsyncIterable<DirectoryChange>, look: () => void) {
  for await (const change of changes) {
    look();
    const files = change.files.map(({ path, change: kind, text }) => ({
      path,
      change: kind,
      get text() {
        look();
        return text;
      },
    }));
    yield { ...change, files };
  }
  look();
}

/** Writes, and looks at every step that can be seen from outside. */
async function writeLooking(out: string, directories: (readonly RenderedFile[])[], look: () => void) {
  await withLock(out, async (tree) =>
    apply(tree, watched(diffOf(await readWorkTree(out), directories), look)),
  );
}

function entries(path: string): string[] {
  try {
    return readdirSync(path);
  } catch (error) {
    if (codeOf(error) === 'ENOENT' || codeOf(error) === 'ENOTDIR') return [];
    throw error;
  }
}

/** How many files each org's directory has. */
const filesByOrg = (out: string) =>
  entries(join(out, 'orgs')).map((org) => readdirSync(join(out, 'orgs', org)).length);
/** How many files each directory has that is made ready. */
const filesByStaged = (out: string) =>
  entries(out)
    .filter((name) => place.test(name))
    .flatMap((name) => entries(join(out, name)).map((staged) => entries(join(out, name, staged)).length));

describe('a new directory', () => {
  const fleet = fleetOf('word', 20, 1);
  const whole = Object.fromEntries(fleet.flat().map(({ path, text }) => [path, text]));

  test('appears with all its files: at no step does a reader see some of them', () =>
    withDirectory(async (out) => {
      const staged = new Set<number>();
      let appeared = 0;
      await writeLooking(out, fleet, () => {
        const seen = filesByOrg(out);
        for (const files of seen) expect(files).toBe(2);
        if (seen.length > 0 && seen.length < 20) appeared += 1;
        for (const files of filesByStaged(out)) staged.add(files);
      });
      expect(appeared, 'it was looked at between').toBeGreaterThan(0);
      expect(staged, 'it was looked at within').toContain(1);
      expect(await readTree(out)).toEqual(whole);
      expect(await readdir(out)).toEqual(['orgs']);
    }));

  test('does not appear when a file of it fails, and nothing is left behind', () =>
    withDirectory(async (out) => {
      let written = 0;
      const writing = writeLooking(out, fleet, () => {
        // In the middle of a directory: one file is there, and the other is not.
        if (filesByStaged(out).includes(1) && ++written === 7) throw new Error('the disk is on fire');
      });
      await expect(writing).rejects.toThrow('the disk is on fire');
      const seen = filesByOrg(out);
      expect(seen.length).toBeGreaterThan(0);
      expect(seen.length).toBeLessThan(20);
      for (const files of seen) expect(files).toBe(2);
      expect(await readdir(out)).toEqual(['orgs']);
    }));

  test('does not appear once the lock is lost', () =>
    withDirectory(async (out) => {
      const lost = () => {
        throw new Error('lock lost');
      };
      const writing = withLock(out, (tree) => writeAll({ ...tree, assertHeld: lost }, fleet.slice(0, 1)));
      await expect(writing).rejects.toThrow('lock lost');
      expect(await readTree(out)).toEqual({});
    }));

  test.each([
    ['a link', (path: string) => symlink('../../elsewhere', path), 'is a symbolic link'],
    ['a link to nowhere', (path: string) => symlink('nowhere', path), 'is a symbolic link'],
    ['a file', (path: string) => put(path, ''), 'is a file where a directory is expected'],
  ])('%s that was put in its place in the meantime is refused, not followed', (_kind, come, message) =>
    withDirectory(async (directory) => {
      const out = join(directory, 'dist');
      await mkdir(join(directory, 'elsewhere'));
      const error = await withLock(out, async (tree) => {
        const changes = diffOf(await readWorkTree(out), fleet);
        await mkdir(join(out, 'orgs'));
        await come(join(out, 'orgs/org-0'));
        await apply(tree, changes);
      }).catch((e: unknown) => e);
      expect(error).toBeInstanceOf(PermanentError);
      expect(error).toHaveProperty(
        'message',
        expect.stringContaining(`${join(out, 'orgs/org-0')} ${message}`),
      );
      expect(await readdir(join(directory, 'elsewhere'))).toEqual([]);
      expect(await readdir(out)).toEqual(['orgs']);
    }),
  );

  test('a directory that was put in its place in the meantime is kept, and its files are written', () =>
    withDirectory(async (out) => {
      await withLock(out, async (tree) => {
        const changes = diffOf(await readWorkTree(out), fleet);
        for (const org of ['org-0', 'org-1', 'org-2'])
          await mkdir(join(out, 'orgs', org), { recursive: true });
        await put(join(out, 'orgs/org-0/kustomization.yaml'), 'kind: Kustomization\n');
        await put(join(out, 'orgs/org-1/catalog.yaml'), 'kind: Else\n');
        await apply(tree, changes);
      });
      expect(await readTree(out)).toEqual({
        ...whole,
        'orgs/org-0/kustomization.yaml': 'kind: Kustomization\n',
      });
      expect(await readdir(out)).toEqual(['orgs']);
    }));

  test('that was removed in the meantime is created again', () =>
    withDirectory(async (out) => {
      await withLock(out, (tree) => writeAll(tree, fleet));
      await withLock(out, async (tree) => {
        const changes = diffOf(await readWorkTree(out), fleet);
        rmSync(join(out, 'orgs'), { recursive: true });
        await apply(tree, changes);
      });
      expect(await readTree(out)).toEqual(whole);
    }));
});

test('a file is not replaced once the lock is lost', () =>
  withDirectory(async (out) => {
    await write(out, example());
    const lost = () => {
      throw new Error('lock lost');
    };
    const writing = withLock(out, (tree) =>
      writeAll({ ...tree, assertHeld: lost }, [[example(example().path, 'kind: Else')]]),
    );
    await expect(writing).rejects.toThrow('lock lost');
    expect(await readTree(out)).toEqual({ [example().path]: example().text });
    expect(await readdir(out)).toEqual(['orgs']);
  }));

test('a crash at any step leaves a whole new directory or none; the next run cleans up', () =>
  withDirectory(async (directory) => {
    const fleet = fleetOf('word', 5, 1);
    const out = join(directory, 'dist');
    let steps = 0;
    await writeLooking(out, fleet.slice(0, 4), () => {
      cpSync(out, join(directory, `crash-${steps}`), { recursive: true });
      steps += 1;
    });
    for (let step = 0; step < steps; step += 1) {
      const crashed = join(directory, `crash-${step}`);
      rmSync(join(crashed, '.lakekeeper-gitops.lock'), { recursive: true });
      for (const files of filesByOrg(crashed)) expect(files).toBe(2);
      await withLock(crashed, async (tree) => {
        for (const name of await readdir(crashed)) expect(name).not.toMatch(place);
        await writeAll(tree, fleet);
      });
      expect(await readTree(crashed)).toEqual(
        Object.fromEntries(fleet.flat().map(({ path, text }) => [path, text])),
      );
    }
    expect(steps).toBeGreaterThan(10);
  }));

describe('the mode of a new directory', () => {
  const umask = process.umask();
  afterEach(() => process.umask(umask));

  test('and of its files is that of any new one of this user', () =>
    withDirectory(async (out) => {
      process.umask(0o027);
      await write(out, example());
      expect((await stat(join(out, 'orgs/acme'))).mode & 0o777).toBe(0o750);
      expect((await stat(join(out, 'orgs/acme/catalog.yaml'))).mode & 0o777).toBe(0o640);
    }));
});

test('a directory that may not be created is named with what to do, and nothing is left behind', () =>
  withDirectory(async (directory) => {
    const out = join(directory, 'dist');
    await write(out, example());
    await chmod(directory, 0o755);
    await chmod(out, 0o777);
    await chmod(join(out, 'orgs'), 0o555);
    const asRoot = process.getuid?.() === 0;
    // Root may write anywhere.
    if (asRoot) process.seteuid?.('nobody');
    const error = await write(out, example('orgs/new/catalog.yaml'))
      .catch((e: unknown) => e)
      .finally(() => asRoot && process.seteuid?.(0));
    expect(exitCodeOf(error)).toBe(ExitCode.permanent);
    expect(error).toHaveProperty(
      'message',
      expect.stringContaining(`while writing ${join(out, 'orgs/new')}: `),
    );
    expect(error).toHaveProperty('message', expect.stringContaining('choose another directory'));
    await chmod(join(out, 'orgs'), 0o755);
    expect(await readdir(out)).toEqual(['orgs']);
    expect(Object.keys(await readTree(out))).toEqual([example().path]);
  }));

describe('the staging directory', () => {
  test('is ignored by Git and by a reader of the tree', () =>
    withDirectory(async (out) => {
      const git = (...args: string[]) => execFileSync('git', args, { cwd: out, encoding: 'utf8' });
      git('init', '--quiet');
      await withLock(out, (tree) => writeAll(tree, fleetOf('old', 1, 1)));
      const looks: Promise<readonly string[]>[] = [];
      let staged = 0;
      // One is there already, and is brought up to date file by file.
      await writeLooking(out, fleetOf('new', 3, 1), () => {
        staged += filesByStaged(out).length;
        expect(git('status', '--porcelain', '--untracked-files=all')).not.toContain('.lakekeeper-gitops');
        looks.push(readWorkTree(out).then(({ directories }) => [...directories]));
      });
      expect(staged).toBeGreaterThan(0);
      for (const orgs of await Promise.all(looks))
        for (const org of orgs) expect(org).toMatch(/^orgs\/org-\d$/);
    }));

  test('is not there at all when nothing is written', () =>
    withDirectory(async (out) => {
      await withLock(out, (tree) => writeAll(tree, fleetOf('word', 3, 1)));
      await writeLooking(out, fleetOf('word', 3, 1), () => {
        expect(readdirSync(out)).toEqual(['.lakekeeper-gitops.lock', 'orgs']);
      });
    }));

  test('that a crash left over is removed by the next run, also when it writes nothing', () =>
    withDirectory(async (out) => {
      const left = '.lakekeeper-gitops.0123456789ab.tmp';
      await mkdir(join(out, left, '7'), { recursive: true });
      await put(join(out, left, '.gitignore'), '*\n');
      await put(join(out, left, '7/catalog.yaml'), 'half');
      await symlink('../..', join(out, left, 'link'));
      await withLock(out, async () => {});
      expect(await readdir(out)).toEqual([]);
    }));

  test('is not confused with directories of others', () =>
    withDirectory(async (directory) => {
      const out = join(directory, 'dist');
      const left = '.lakekeeper-gitops.0123456789ab.tmp';
      const foreign = [
        ...['.lakekeeper-gitops.tmp/x', '.lakekeeper-gitops.0123456789AB.tmp/x', '.lakekeeper-gitops.yaml'],
        ...[
          `x${left}/x`,
          `${left}.swp`,
          `orgs/${left}/x`,
          `orgs/acme/${left}`,
          '.lakekeeper-gitops.ffffffffffff.tmp',
        ],
      ];
      for (const path of foreign) {
        await mkdir(dirname(join(out, path)), { recursive: true });
        await put(join(out, path), '');
      }
      await mkdir(join(directory, 'elsewhere'));
      await put(join(directory, 'elsewhere/x'), '');
      await symlink('../elsewhere', join(out, left));
      await withLock(out, async () => {});
      expect(Object.keys(await readTree(out)).sort()).toEqual(foreign.sort());
      expect(await readTree(join(directory, 'elsewhere'))).toEqual({ x: '' });
    }));

  test('of a run that lost its lock is removed by the other run; the first one fails and changes nothing', () =>
    withDirectory(async (out) => {
      await write(out, example());
      const clearedUp = () => {
        for (const name of readdirSync(out))
          if (place.test(name)) rmSync(join(out, name), { recursive: true });
      };
      const writing = writeLooking(out, fleetOf('word', 3, 1), clearedUp);
      await expect(writing).rejects.toThrow('while writing');
      expect(await readdir(out)).toEqual(['orgs']);
      expect(await readTree(out)).toEqual({ [example().path]: example().text });
    }));

  test('is used for a single file too', () =>
    withDirectory(async (out) => {
      await withLock(out, async (tree) => {
        expect(await writeAll(tree, [[example()]])).toEqual([`created ${example().path}`]);
        expect(await readdir(out)).toEqual(['.lakekeeper-gitops.lock', 'orgs']);
      });
    }));
});
