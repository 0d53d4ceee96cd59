import { execFileSync } from 'node:child_process';
import { mkdir, rm, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { UsageError } from '../../src/text/errors.ts';
import type { CommittedFiles } from '../../src/tree/committed-files.ts';
import { filePairs } from '../../src/tree/diff.ts';
import { withGitTree } from '../../src/tree/git-tree.ts';
import { readWorkTree } from '../../src/tree/work-tree.ts';
import { withDirectory } from '../support/tree.ts';
import { diffOf, example } from './example.ts';

function gitIn(directory: string, ...args: string[]): string {
  const identity = [
    '-c',
    'user.name=test',
    '-c',
    'user.email=test@example.com',
    '-c',
    'commit.gpgsign=false',
  ];
  return execFileSync('git', ['-C', directory, ...identity, ...args], {
    encoding: 'utf8',
    stdio: 'pipe',
  }).trim();
}

async function place(root: string, path: string, text: string): Promise<void> {
  await mkdir(dirname(join(root, path)), { recursive: true });
  await writeFile(join(root, path), text);
}

const catalog = example('orgs/lakekeeper-acme/catalog.yaml', 'kind: Lakekeeper');
const shared = example('platform/namespace.yaml', 'kind: Namespace');

/** Lends a repository with a commit of two files of ours, in `deploy/dist`. */
async function withRepository(
  work: (repository: string, out: string) => Promise<void>,
  init: readonly string[] = [],
): Promise<void> {
  await withDirectory(async (repository) => {
    gitIn(repository, 'init', '-q', '-b', 'main', ...init);
    const out = join(repository, 'deploy/dist');
    for (const { path, text } of [catalog, shared]) await place(out, path, text);
    gitIn(repository, 'add', '.');
    gitIn(repository, 'commit', '-q', '-m', 'first');
    await work(repository, out);
  });
}

const listed = (out: string, ref = 'HEAD') => withGitTree(out, ref, async (committed) => pathsOf(committed));
const pathsOf = ({ directories, filesIn }: CommittedFiles) =>
  [...directories].flatMap((directory) => filesIn(directory).map((file) => `${directory}/${file}`));

describe('the output directory at a commit', () => {
  test('is what was committed, whatever lies in the work tree', () =>
    withRepository(async (repository, out) => {
      await place(out, catalog.path, 'changed since');
      await place(out, 'orgs/lakekeeper-new/catalog.yaml', 'new since');
      await withGitTree(out, 'main', async (tree) => {
        expect(tree.against).toEqual({
          directory: out,
          ref: 'main',
          commit: gitIn(repository, 'rev-parse', 'HEAD'),
        });
        expect([...tree.directories]).toEqual(['orgs/lakekeeper-acme', 'platform']);
        expect(pathsOf(tree)).toEqual([catalog.path, shared.path]);
        expect(tree.isSame(catalog.path, catalog.text)).toBe(true);
        expect(tree.isSame(catalog.path, `${catalog.text} `)).toBe(false);
        expect(tree.isSame('orgs/lakekeeper-new/catalog.yaml', 'new since')).toBe(false);
        expect(await Promise.all([tree.read(catalog.path), tree.read(shared.path)])).toEqual([
          catalog.text,
          shared.text,
        ]);
      });
    }));

  test('is read also when the work tree no longer has it, and when it is the repository itself', () =>
    withRepository(async (repository, out) => {
      await rm(join(repository, 'deploy'), { recursive: true });
      expect(await listed(out)).toEqual([catalog.path, shared.path]);
      await place(repository, 'platform/own.yaml', 'x');
      gitIn(repository, 'add', '.');
      gitIn(repository, 'commit', '-q', '-m', 'second');
      expect(await listed(repository)).toEqual(['platform/own.yaml']);
    }));

  test('is read in a repository of SHA-256 hashes', () =>
    withRepository(
      async (_, out) => {
        await withGitTree(out, 'HEAD', async (tree) => {
          expect(tree.isSame(catalog.path, catalog.text)).toBe(true);
          expect(await tree.read(catalog.path)).toBe(catalog.text);
        });
      },
      ['--object-format=sha256'],
    ));

  test('is empty where it was not committed', () =>
    withRepository(async (repository) => {
      expect(await listed(join(repository, 'elsewhere'))).toEqual([]);
    }));

  test('texts are read whole, of any size and characters', () =>
    withRepository(async (repository, out) => {
      const text = `${'🦆é\n'.repeat(100_000)}`;
      await place(out, 'platform/large.yaml', text);
      gitIn(repository, 'add', '.');
      gitIn(repository, 'commit', '-q', '-m', 'large');
      await withGitTree(out, 'HEAD', async (tree) => {
        expect((await tree.read('platform/large.yaml')) === text).toBe(true);
        expect(await tree.read(catalog.path)).toBe(catalog.text);
      });
    }));

  test('a tree that Git cannot list is an error, not an empty directory', () =>
    withRepository(async (repository, out) => {
      const tree = gitIn(repository, 'rev-parse', 'HEAD:deploy');
      await rm(join(repository, '.git/objects', tree.slice(0, 2), tree.slice(2)));
      await expect(listed(out)).rejects.toThrow(/while looking for deploy\/dist at .* Git says: /);
    }));

  test('a file in its place is refused', () =>
    withRepository(async (repository) => {
      await place(repository, 'file', 'text');
      gitIn(repository, 'add', '.');
      gitIn(repository, 'commit', '-q', '-m', 'file');
      await rm(join(repository, 'file'));
      await expect(listed(join(repository, 'file'))).rejects.toThrow(
        /file is no directory at .*, but a blob/,
      );
    }));

  test('a path is no pattern', () =>
    withRepository(async (repository) => {
      await place(repository, ':(glob)*/platform/own.yaml', 'x');
      gitIn(repository, '--literal-pathspecs', 'add', '.');
      gitIn(repository, 'commit', '-q', '-m', 'odd');
      expect(await listed(join(repository, ':(glob)*'))).toEqual(['platform/own.yaml']);
      expect(await listed(join(repository, '*'))).toEqual([]);
    }));

  test('a link is a file of others, wherever it leads to', () =>
    withRepository(async (repository, out) => {
      await symlink('catalog.yaml', join(out, 'orgs/lakekeeper-acme/link.yaml'));
      gitIn(repository, 'add', '.');
      gitIn(repository, 'commit', '-q', '-m', 'link');
      await withGitTree(out, 'HEAD', async (tree) => {
        expect(tree.filesIn('orgs/lakekeeper-acme')).toContain('link.yaml');
        expect(await tree.isOurs('orgs/lakekeeper-acme/link.yaml')).toBe(false);
      });
    }));

  test('a link where a file is desired is refused, as synth would', () =>
    withRepository(async (repository, out) => {
      await rm(join(out, catalog.path));
      await symlink('../../../other.yaml', join(out, catalog.path));
      gitIn(repository, 'add', '.');
      gitIn(repository, 'commit', '-q', '-m', 'link');
      await withGitTree(out, 'HEAD', async (tree) => {
        expect(() => tree.isSame(catalog.path, catalog.text)).toThrow(
          /is no file at HEAD, and links are not followed/,
        );
      });
    }));
});

describe('is refused with what to do', () => {
  const refusal = async (work: Promise<unknown>) => {
    const error = await work.catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(UsageError);
    return (error as Error).message;
  };

  test.each(['nowhere', 'HEAD~5', '--upload-pack=touch x', 'main; touch x', '$(touch x)', 'HEAD:deploy', ''])(
    'what is no commit: %j',
    (ref) =>
      withRepository(async (_, out) => {
        expect(await refusal(listed(out, ref))).toMatch(
          /^--against: there is no commit .* in the repository\. Fetch it first.*(Git says: fatal|shows$)/,
        );
      }),
  );

  test('a commit that a shallow clone does not have', () =>
    withRepository(async (repository, out) => {
      await place(out, 'platform/own.yaml', 'x');
      gitIn(repository, 'add', '.');
      gitIn(repository, 'commit', '-q', '-m', 'second');
      await withDirectory(async (elsewhere) => {
        gitIn(elsewhere, 'clone', '-q', '--depth', '1', `file://${repository}`, 'clone');
        const clone = join(elsewhere, 'clone/deploy/dist');
        expect(await listed(clone)).toHaveLength(3);
        expect(await refusal(listed(clone, 'HEAD~1'))).toMatch(/This clone is shallow: .*fetch-depth: 0/);
      });
    }));

  test('no repository', () =>
    withDirectory(async (directory) => {
      expect(await refusal(listed(join(directory, 'dist')))).toMatch(
        /needs a Git repository around .*not a git repository/i,
      );
    }));

  test('no Git', () =>
    withRepository(async (_, out) => {
      const { PATH } = process.env;
      process.env.PATH = '/nowhere';
      try {
        expect(await refusal(listed(out))).toMatch(/needs git, and there is none on the PATH/);
      } finally {
        process.env.PATH = PATH;
      }
    }));
});

describe.each(['work tree', 'commit'] as const)('comparing with the %s', (kind) => {
  const withTree = (work: Parameters<typeof withGitTree>[2]) =>
    withRepository(async (repository, out) => {
      await place(out, 'orgs/lakekeeper-acme/by-hand.yaml', 'kind: Secret\n');
      await place(out, 'orgs/lakekeeper-acme/notes.txt', 'not a manifest');
      await place(out, 'orgs/lakekeeper-gone/catalog.yaml', catalog.text);
      await place(out, 'orgs/lakekeeper-gone/more.json', '{}');
      await place(out, 'orgs/Not_Ours/catalog.yaml', catalog.text);
      gitIn(repository, 'add', '.');
      gitIn(repository, 'commit', '-q', '-m', 'second');
      if (kind === 'commit') await withGitTree(out, 'HEAD', work);
      else await work(await readWorkTree(out));
    });

  const changesOf = async (tree: CommittedFiles, files: Parameters<typeof diffOf>[1], leaving?: string[]) => {
    const changes = [];
    for await (const change of diffOf(tree, files, leaving))
      changes.push({ ...change, pairs: await filePairs(tree, change) });
    return changes;
  };
  const kindsOf = ({ files }: Awaited<ReturnType<typeof changesOf>>[number]) =>
    files.map(({ path, change }) => `${change} ${path}`);

  test('finds files that are equal, files that differ, and files of others', () =>
    withTree(async (tree) => {
      const added = example('orgs/lakekeeper-acme/registration.yaml', 'kind: Job');
      const changed = example(catalog.path, 'kind: Changed');
      const [change] = await changesOf(tree, [[changed, added]]);
      expect(change).toMatchObject({
        directory: 'orgs/lakekeeper-acme',
        from: 'orgs/lakekeeper-acme',
        files: [
          { path: changed.path, change: 'updated', text: changed.text },
          { path: added.path, change: 'created', text: added.text },
        ],
        pairs: [
          { path: changed.path, before: catalog.text, after: changed.text },
          { path: added.path, before: undefined, after: added.text },
        ],
        foreign: ['orgs/lakekeeper-acme/by-hand.yaml'],
      });
      const [same] = await changesOf(tree, [[catalog]]);
      expect(same).toMatchObject({ files: [{ change: 'unchanged' }], pairs: [] });
      const [obsolete] = await changesOf(tree, [[added]]);
      expect(obsolete).toMatchObject({
        from: 'orgs/lakekeeper-acme',
        pairs: [
          { path: added.path, before: undefined, after: added.text },
          { path: catalog.path, before: catalog.text, after: undefined },
        ],
      });
      const [fresh] = await changesOf(tree, [[example('orgs/lakekeeper-new/catalog.yaml')]]);
      expect(fresh).toMatchObject({ from: undefined });
    }));

  test('pairs the files of an org that moves, and passes over a second place that it was committed in', () =>
    withTree(async (tree) => {
      const moved = { ...catalog, path: 'shards/001/lakekeeper-acme/catalog.yaml' };
      const [change] = await changesOf(tree, [[moved]]);
      expect(change).toMatchObject({
        directory: 'shards/001/lakekeeper-acme',
        from: 'orgs/lakekeeper-acme',
        files: [
          { path: moved.path, change: 'created' },
          { path: catalog.path, change: 'removed' },
        ],
        pairs: [{ path: moved.path, before: catalog.text, after: moved.text }],
      });
    }));

  test('finds the directories that are not desired: those of removed orgs are removed, the others stay', () =>
    withTree(async (tree) => {
      const gone = 'orgs/lakekeeper-gone';
      const stays = await changesOf(tree, [[catalog]]);
      expect(stays.slice(1)).toEqual([
        {
          desired: undefined,
          directory: gone,
          from: gone,
          files: [],
          foreign: [`${gone}/more.json`],
          pairs: [],
        },
      ]);
      const [, leaves] = await changesOf(tree, [[catalog]], ['lakekeeper-gone']);
      expect(leaves && kindsOf(leaves)).toEqual([`removed ${gone}/catalog.yaml`]);
      expect(leaves?.foreign).toEqual([`${gone}/more.json`]);
    }));
});
