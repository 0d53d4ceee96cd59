import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { parsePlatform } from '../../src/platform/parse.ts';
import { runCommand } from '../support/command.ts';
import { lakekeeperGitops } from '../support/program.ts';
import { git } from '../support/repository.ts';
import { readTree, withDirectory } from '../support/tree.ts';

const init = (directory: string, ...flags: string[]) =>
  runCommand(['init', 'catalogs', ...flags], { cwd: directory });

describe('a repository that init has started', () => {
  test('is rendered as it is, and every guess about the platform is marked', async () => {
    await withDirectory(async (directory) => {
      const { code, stdout, stderr } = await init(directory);
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
      expect(stdout).toMatch(/^platform\.yaml +written$/m);
      const files = await readTree(join(directory, 'catalogs'));
      expect(Object.keys(files).sort()).toEqual([
        '.gitattributes',
        '.github/workflows/catalogs.yml',
        'README.md',
        'platform.yaml',
        'warehouses.yaml',
      ]);
      expect(files['platform.yaml']?.match(/# CHANGE/g)?.length).toBeGreaterThan(7);
      const synth = await runCommand(['synth'], { cwd: join(directory, 'catalogs') });
      expect(synth).toMatchObject({ code: 0, stderr: '' });
      expect(synth.stdout).toMatch(/^acme +rendered +dist\/orgs\/lakekeeper-acme$/m);
    });
  });

  test('reads the orgs from the control plane, has what Argo CD needs, and the CI of another forge', async () => {
    await withDirectory(async (directory) => {
      const repository = 'git@git.example.com:acme/catalogs.git';
      const flags = ['--source', 'postgres', '--ci', 'gitlab', '--repository', repository];
      expect(await init(directory, ...flags)).toMatchObject({ code: 0 });
      const files = await readTree(join(directory, 'catalogs'));
      expect(Object.keys(files)).not.toContain('warehouses.yaml');
      expect(parse(files['.gitlab-ci.yml'] ?? '').include[0].file).toBe('ci/gitlab/manifests.yml');
      expect(parse(files['platform.yaml'] ?? '')).toMatchObject({
        argocd: { repoURL: repository },
        registration: { record: { warehouseDatabase: { url: { name: 'warehouse-database' } } } },
      });
      await writeFile(join(directory, 'w.json'), JSON.stringify({ warehouses: [] }));
      const synth = await runCommand(['synth', '--warehouses', '../w.json', '--allow-removal'], {
        cwd: join(directory, 'catalogs'),
      });
      expect(synth).toMatchObject({ code: 0, stderr: '' });
      const rendered = Object.keys(await readTree(join(directory, 'catalogs/dist')));
      expect(rendered).toContain('platform/argocd.yaml');
    });
  });
});

test('existing files are not changed, and listed as kept', async () => {
  await withDirectory(async (directory) => {
    await init(directory);
    await writeFile(join(directory, 'catalogs/platform.yaml'), 'mine');
    const { code, stdout } = await init(directory, '--ci', 'none');
    expect(code).toBe(0);
    expect(stdout).toMatch(/^platform\.yaml +kept: the file exists$/m);
    expect(await readFile(join(directory, 'catalogs/platform.yaml'), 'utf8')).toBe('mine');
  });
});

test('2 where the control plane cannot be read, and its password is not repeated', async () => {
  await withDirectory(async (directory) => {
    for (const url of ['postgres://app:hunter2@127.0.0.1:1/ctl', 'app:hunter2@db/ctl']) {
      const { code, stderr } = await init(directory, '--from', url);
      expect(code, stderr).toBeGreaterThan(0);
      expect(stderr).not.toContain('hunter2');
      expect(await readTree(directory)).toEqual({});
    }
  });
});

test.each([
  [
    'an address with a password',
    ['--repository', 'https://user:hunter2@github.com/acme/catalogs.git'],
    /argocd\.repoURL/,
  ],
  ['a forge that it does not know', ['--ci', 'gitea'], /Allowed choices are github, gitlab, none/],
])('2 for %s, and nothing is written', async (_, flags, message) => {
  await withDirectory(async (directory) => {
    const { code, stderr } = await init(directory, ...flags);
    expect(code).toBe(2);
    expect(stderr).toMatch(message);
    expect(stderr).not.toContain('hunter2');
    expect(await readTree(directory)).toEqual({});
  });
});

test.each([
  ['dist', 'dist\n', 2],
  ['all YAML', '*.yaml\n', 2],
  ['the directories of shards', 'shards\n', 2],
  ['something else', 'node_modules\n/catalogs/distance\n', 0],
  ['all but it', 'dist\n!dist\n', 0],
])('in a repository that ignores %s', async (_, rules, expected) => {
  await withDirectory(async (directory) => {
    git(directory, 'init', '--quiet');
    await writeFile(join(directory, '.gitignore'), rules);
    const { code, stderr } = await init(directory);
    expect(code).toBe(expected);
    if (expected === 0) return;
    expect(stderr).toMatch(
      /Git ignores catalogs\/dist, by \S+ in \S*\.gitignore:1: .* Take the rule out, or name/,
    );
    expect(Object.keys(await readTree(directory)).filter((file) => file.startsWith('catalogs'))).toEqual([]);
  });
});

test('starts a repository where there is no Git', async () => {
  await withDirectory(async (directory) => {
    const { code } = await lakekeeperGitops(['init', 'catalogs'], {
      cwd: directory,
      env: { PATH: '/nowhere' },
    });
    expect(code).toBe(0);
  });
});

test('2 when the directory is a file', async () => {
  await withDirectory(async (directory) => {
    await writeFile(join(directory, 'catalogs'), '');
    const { code, stderr } = await init(directory);
    expect(code).toBe(2);
    expect(stderr).toMatch(
      /while writing catalogs\/platform\.yaml: a file stands where a directory is needed/,
    );
  });
});

test('the settings leave the image of the registration Job to the version that renders', async () => {
  const content = parse(await readFile('examples/init/platform.yaml', 'utf8'));
  const settings = parsePlatform('platform.yaml', content);
  const { version } = JSON.parse(await readFile('package.json', 'utf8'));
  expect(settings.registration.image).toContain(`:v${version}`);
});
