import { execFileSync } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { lastCommitTime } from '../../src/status/last-commit.ts';
import { withDirectory } from '../support/tree.ts';

/** The n-th day. */
const day = (n: number) => `2026-01-0${n}T10:00:00.000Z`;

function git(cwd: string, at: string, ...args: string[]): string {
  const identity = ['-c', 'user.name=Somebody', '-c', 'user.email=somebody@example.com'];
  const env = { PATH: process.env.PATH, HOME: cwd, GIT_CONFIG_NOSYSTEM: '1', GIT_COMMITTER_DATE: at };
  return execFileSync('git', [...identity, ...args], { cwd, env, encoding: 'utf8', stdio: 'pipe' }).trim();
}

test('it is the time of the last commit that changed the directory; of a branch, that of its merge', () =>
  withDirectory(async (repository) => {
    const dist = join(repository, 'deploy', 'dist');
    const found = async (commit: string | null = null) =>
      (await lastCommitTime({ directory: dist, ref: commit, commit }))?.toISOString();
    const commit = async (path: string, at: string) => {
      await writeFile(join(repository, path), at);
      git(repository, at, 'add', '.');
      git(repository, at, 'commit', '--quiet', '--message', path);
      return git(repository, at, 'rev-parse', 'HEAD');
    };

    expect(await found()).toBeUndefined();
    git(repository, day(1), 'init', '--quiet', '--initial-branch=main');
    expect(await found()).toBeUndefined();
    await commit('README.md', day(1));
    expect(await found()).toBeUndefined();
    await mkdir(dist, { recursive: true });
    const first = await commit('deploy/dist/a.yaml', day(2));
    await commit('README.md', day(3));
    expect(await found()).toBe(day(2));

    git(repository, day(4), 'checkout', '--quiet', '-b', 'branch');
    await commit('deploy/dist/b.yaml', day(4));
    git(repository, day(5), 'checkout', '--quiet', 'main');
    await commit('LICENSE', day(5));
    git(repository, day(6), 'merge', '--quiet', '--no-ff', '--message', 'merge', 'branch');
    expect(await found()).toBe(day(6));
    expect(await found(first)).toBe(day(2));
    vi.stubEnv('PATH', '');
    expect(await found()).toBeUndefined();
    vi.unstubAllEnvs();
  }));

test('where Git refuses to read the repository, it says why: an old status must not count', () =>
  withDirectory(async (repository) => {
    const against = { directory: join(repository, 'dist'), ref: null, commit: null };
    // As in a container whose user does not own the checkout.
    vi.stubEnv('GIT_TEST_ASSUME_DIFFERENT_OWNER', '1');
    expect(await lastCommitTime(against)).toBeUndefined();
    git(repository, day(1), 'init', '--quiet');
    await expect(lastCommitTime(against)).rejects.toThrow(
      /^cannot find out when .*dist was last changed.*safe\.directory/s,
    );
    vi.unstubAllEnvs();
  }));
