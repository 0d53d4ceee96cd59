import { execFileSync } from 'node:child_process';
import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { git, reasonOf, withBlobs } from '../../src/tree/git.ts';
import { git as asUser } from '../support/repository.ts';
import { withDirectory } from '../support/tree.ts';

const localVariables = execFileSync('git', ['rev-parse', '--local-env-vars'], { encoding: 'utf8' })
  .trim()
  .split('\n');

afterEach(() => {
  vi.unstubAllEnvs();
});

describe('the environment of a Git that is started', () => {
  test('has none of the variables that belong to one repository, and all others', () =>
    withDirectory(async (directory) => {
      for (const name of localVariables) vi.stubEnv(name, '/nowhere');
      vi.stubEnv('GIT_SSL_CAINFO', '/etc/ca.pem');
      const { stdout } = await git(directory, ['-c', 'alias.environment=!env', 'environment']);
      const names = stdout.split('\n').map((line) => line.split('=')[0]);
      expect(localVariables).toContain('GIT_DIR');
      // What Git itself says to an alias: where it is, and what -c was.
      const own = ['GIT_PREFIX', 'GIT_CONFIG_PARAMETERS'];
      expect(
        names.filter((name) => localVariables.includes(name ?? '') && !own.includes(name ?? '')),
      ).toEqual([]);
      expect(names).toContain('GIT_SSL_CAINFO');
    }));

  test('makes it read the directory that is asked about, also from a hook of another repository', () =>
    withDirectory(async (directory) => {
      for (const name of ['one', 'two']) {
        asUser(directory, 'init', '-q', name);
        await writeFile(join(directory, name, 'file'), name);
        asUser(join(directory, name), 'add', '.');
        asUser(join(directory, name), 'commit', '-q', '-m', name);
      }
      vi.stubEnv('GIT_DIR', join(directory, 'one/.git'));
      vi.stubEnv('GIT_WORK_TREE', join(directory, 'one'));
      vi.stubEnv('GIT_INDEX_FILE', join(directory, 'one/.git/index'));
      const two = join(directory, 'two');
      expect((await git(two, ['log', '--format=%s'])).stdout).toBe('two\n');
      const { stdout: id } = await git(two, ['rev-parse', 'HEAD:file']);
      expect(String(await withBlobs(two, (read) => read(id.trim())))).toBe('two');
    }));
});

describe('the reason of a failure of Git is in the message', () => {
  test('an object that it cannot read', () =>
    withDirectory(async (directory) => {
      asUser(directory, 'init', '-q', '.');
      await writeFile(join(directory, 'file'), 'text');
      asUser(directory, 'add', '.');
      asUser(directory, 'commit', '-q', '-m', 'first');
      const { stdout } = await git(directory, ['rev-parse', 'HEAD:file']);
      const id = stdout.trim();
      const object = join(directory, '.git/objects', id.slice(0, 2), id.slice(2));
      await chmod(object, 0o644);
      await writeFile(object, 'garbage');
      await expect(withBlobs(directory, (read) => read(id))).rejects.toThrow(
        new RegExp(`while reading ${id} from Git: .*(Git says: .*(inflate|corrupt|header)|missing)`),
      );
    }));

  test('no repository, and an object that is not there', () =>
    withDirectory(async (directory) => {
      await mkdir(join(directory, 'sub'));
      await expect(withBlobs(join(directory, 'sub'), (read) => read('0'.repeat(40)))).rejects.toThrow(
        /while reading 0+ from Git: git cat-file ended\. Git says: .*not a git repository/,
      );
      asUser(directory, 'init', '-q', '.');
      await expect(withBlobs(directory, (read) => read('0'.repeat(40)))).rejects.toThrow(
        /expected a blob, saw "0+ missing"/,
      );
    }));

  test('the reason is one line, also when Git prints none', () => {
    expect(reasonOf({ stderr: 'fatal: one\nhint: two\n' })).toBe('Git says: fatal: one / hint: two');
    expect(reasonOf({ stderr: '\n' })).toBe('Git gives no reason');
  });
});
