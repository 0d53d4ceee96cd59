import { execFileSync } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

const identity = ['-c', 'user.name=Somebody', '-c', 'user.email=somebody@example.com'];

/** Runs git and returns what it prints, trimmed. */
export function git(cwd: string, ...args: string[]): string {
  return execFileSync('git', [...identity, ...args], {
    cwd,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { PATH: process.env.PATH, HOME: cwd, GIT_CONFIG_NOSYSTEM: '1' },
  }).trim();
}

/** A bare repository, and work trees of it: what a forge and its CI have. */
export class Repository {
  readonly url: string;

  constructor(readonly directory: string) {
    this.url = `file://${directory}.git`;
  }

  static async create(directory: string, files: Record<string, string>): Promise<Repository> {
    const repository = new Repository(directory);
    await mkdir(directory, { recursive: true });
    git(directory, 'init', '--quiet', '--bare', '--initial-branch=main', `${directory}.git`);
    await repository.commit(files);
    return repository;
  }

  /** Commits files to main, as a person would. */
  async commit(files: Record<string, string>): Promise<void> {
    const work = this.checkOut(`commit-${Date.now()}-${Math.random()}`);
    for (const [path, text] of Object.entries(files)) {
      await mkdir(dirname(join(work, path)), { recursive: true });
      await writeFile(join(work, path), text);
    }
    git(work, 'add', '--all');
    git(work, 'commit', '--quiet', '--message', 'Change something');
    git(work, 'push', '--quiet', 'origin', 'HEAD:main');
  }

  /** A fresh work tree of main, of one commit, as CI checks out. */
  checkOut(name: string): string {
    const work = join(this.directory, name);
    git(this.directory, 'clone', '--quiet', '--depth', '1', this.url, work);
    return work;
  }

  /** Merges a branch into main, as the forge does. */
  merge(branch: string): void {
    git(`${this.directory}.git`, 'update-ref', 'refs/heads/main', `refs/heads/${branch}`);
  }

  /** The files of a branch below a path; undefined when there is no such branch. */
  files(branch: string, path: string): string[] | undefined {
    if (this.head(branch) === undefined) return undefined;
    const listed = git(`${this.directory}.git`, 'ls-tree', '-r', '--name-only', `refs/heads/${branch}`, path);
    return listed.split('\n').filter((line) => line !== '');
  }

  head(branch: string): string | undefined {
    const [line] = git(this.directory, 'ls-remote', this.url, `refs/heads/${branch}`).split('\n');
    return line === '' ? undefined : line?.split('\t')[0];
  }

  message(branch: string): string {
    return git(`${this.directory}.git`, 'log', '-1', '--format=%B', `refs/heads/${branch}`);
  }
}
