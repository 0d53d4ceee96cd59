import { execFileSync } from 'node:child_process';
import { chmod, mkdir, mkdtemp, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';
import { forgeToken } from '../support/forge.ts';
import { forShortRuns } from '../support/program.ts';
import { git } from '../support/repository.ts';
import { bash } from '../support/workflow.ts';
import { branch, hostileOrgs, platform, projectRoot, type Scene, warehouses, withScene } from './scene.ts';

const template = await readFile('ci/gitlab/manifests.yml', 'utf8');

interface Job {
  readonly variables: Record<string, string>;
  readonly before_script: readonly string[];
  readonly script: readonly string[];
}

/** A template with its inputs filled in as GitLab does: by text, before it is read. */
function filledIn(text: string, inputs: Record<string, unknown>): Record<string, unknown> {
  const [specification = '', jobs = ''] = text.split(/^---$/m);
  const known: Record<string, { default: unknown }> = parse(specification).spec.inputs;
  for (const name of Object.keys(inputs))
    if (known[name] === undefined) throw new Error(`the template has no input ${name}`);
  return parse(
    jobs.replaceAll(/\$\[\[ inputs\.([\w-]+) \]\]/g, (_, name: string) => {
      if (known[name] === undefined) throw new Error(`the template has no input ${name}`);
      return String(inputs[name] ?? known[name].default);
    }),
  );
}

/** The template's one job, with what it extends. */
async function job(inputs: Record<string, string> = {}): Promise<Job> {
  const { include, ...jobs } = filledIn(template, inputs);
  const [included] = include as { local: string; inputs: Record<string, unknown> }[];
  const base = filledIn(await readFile(included?.local.slice(1) ?? '', 'utf8'), included?.inputs ?? {});
  const [only] = Object.values(jobs) as (Job & { extends: string })[];
  if (only === undefined) throw new Error('the template has no job');
  return { ...(base[only.extends] as object), ...only };
}

/** One run of the job in a fresh check-out, with the program where npm would have put it. */
async function run(
  { directory, forge, repository }: Scene,
  inputs: Record<string, string> = {},
  prepare: (workspace: string) => void = () => undefined,
) {
  const temp = await mkdtemp(join(directory, 'runner-'));
  const workspace = repository.checkOut(`work-${temp.slice(-6)}`);
  prepare(workspace);
  await mkdir(join(temp, 'lib/node_modules'), { recursive: true });
  await symlink(projectRoot, join(temp, 'lib/node_modules/lakekeeper-gitops'));
  await mkdir(join(temp, 'bin'));
  await writeFile(
    join(temp, 'bin/lakekeeper-gitops'),
    `#!/bin/sh\nexec '${process.execPath}' ${forShortRuns.join(' ')} '${projectRoot}lib/cli.js' "$@"\n`,
  );
  await chmod(join(temp, 'bin/lakekeeper-gitops'), 0o755);
  const { variables, script } = await job(inputs);
  return bash(script.join('\n'), workspace, {
    ...Object.fromEntries(Object.entries(variables).map(([name, value]) => [name, String(value)])),
    PATH: `${join(temp, 'bin')}:${process.env.PATH}`,
    npm_config_prefix: temp,
    TMPDIR: temp,
    GITLAB_TOKEN: forgeToken,
    CI_API_V4_URL: forge.url,
    CI_PROJECT_ID: '42',
    CI_PROJECT_URL: repository.url.replace(/\.git$/, ''),
    CI_DEFAULT_BRANCH: 'main',
  });
}

test('opens one merge request, updates it, and closes it when nothing is left to do', async () => {
  await withScene(warehouses('acme', 'globex'), async (scene) => {
    const { forge, repository } = scene;
    const first = await run(scene);
    expect(first).toMatchObject({ code: 0, log: expect.stringMatching(/Opened a merge request\n$/) });
    expect(forge.pullRequests).toMatchObject([
      { number: 1, branch, base: 'main', state: 'open', title: 'Catalogs: 2 new' },
    ]);
    const [request] = forge.pullRequests;
    const labels = [...(request?.labels ?? [])];
    expect(labels).toEqual(['lakekeeper-gitops', expect.stringMatching(/^risk: /)]);
    expect(repository.files(branch, 'dist')).toContain('dist/orgs/lakekeeper-acme/catalog.yaml');
    expect(first.log + forge.requests.join()).not.toContain(forgeToken);

    // Pushed again it would start pipelines and dismiss approvals, although it is as it should be.
    const pushed = repository.head(branch);
    for (const label of ['risk: medium', 'reviewed']) request?.labels.add(label);
    const second = await run(scene);
    expect(second).toMatchObject({ code: 0, log: expect.stringMatching(/Updated merge request !1\n$/) });
    expect(repository.head(branch)).toBe(pushed);
    expect(request?.labels).toEqual(new Set([...labels, 'reviewed']));

    await repository.commit({ 'platform.yaml': await platform(3) });
    expect(await run(scene)).toMatchObject({ code: 0 });
    expect(repository.head(branch)).not.toBe(pushed);
    expect(forge.pullRequests).toHaveLength(1);

    repository.merge(branch);
    const last = await run(scene);
    expect(last).toMatchObject({ code: 0, log: expect.stringMatching(/Closed merge request !1/) });
    expect(forge.open).toEqual([]);
    expect(repository.head(branch)).toBeUndefined();
  });
});

test('a rejected org is a line of the log; a source that shrinks suddenly fails the job', async () => {
  const orgs = ['acme', 'globex', 'initech', 'hooli'];
  await withScene(warehouses(...orgs, { org_id: 'wonka', metadata_store_port: 'x' }), async (scene) => {
    const first = await run(scene);
    expect(first).toMatchObject({
      code: 0,
      log: expect.stringMatching(/^error: Org wonka was rejected: warehouses\[4\]\.metadata_store_port: /m),
    });
    scene.repository.merge(branch);
    for (const request of scene.forge.open) request.state = 'closed';
    await scene.repository.commit({ 'warehouses.yaml': warehouses('acme') });
    const held = await run(scene);
    expect(held).toMatchObject({ code: 4, log: expect.stringMatching(/^error: Held back: /m) });
    expect(scene.forge.open).toEqual([]);
    expect(await run(scene, { 'allow-removal': 'true' })).toMatchObject({ code: 0 });
    expect(scene.forge.open).toHaveLength(1);
  });
});

test('an org id runs no code, and begins no line of the description: a quick action would', async () => {
  await withScene(warehouses(...hostileOrgs), async (scene) => {
    expect(await run(scene)).toMatchObject({ code: 0 });
    expect(scene.forge.open[0]?.title).toBe(`Catalogs: ${hostileOrgs.length} new`);
    expect(scene.forge.open[0]?.body).not.toMatch(/^\s*\/[a-z]/m);
    expect(git(scene.directory, 'init', '--quiet')).toBe('');
    expect(git(scene.directory, 'ls-files', '--others', '--', '*injected*')).toBe('');
  });
});

test('changes that Git does not see fail the job, and leave the merge request open', async () => {
  await withScene(warehouses('acme'), async (scene) => {
    const { forge, repository } = scene;
    await run(scene);
    repository.merge(branch);
    await repository.commit({ 'platform.yaml': await platform(3) });
    expect(await run(scene)).toMatchObject({ code: 0 });
    const head = repository.head(branch);
    const hidden = await run(scene, {}, (workspace) => {
      const files = git(workspace, 'ls-files', 'dist').split('\n');
      git(workspace, 'update-index', '--assume-unchanged', ...files);
    });
    expect(hidden.code).toBe(1);
    expect(hidden.log).toMatch(/^error: \d+ files are to change, and Git sees no change in dist: /m);
    expect(forge.open).toHaveLength(1);
    expect(repository.head(branch)).toBe(head);
  });
});

test('a rule that ignores rendered files fails the job, and leaves the merge request open', async () => {
  await withScene(warehouses('acme'), async (scene) => {
    await run(scene);
    const settings = await platform(2);
    const sharded = settings.replace(/^argocd:\n/m, 'argocd:\n  shards: 2\n');
    for (const [rule, message, text] of [
      ['# Build products\ndist\n', /Git ignores dist, by dist in \.gitignore:2: /, settings],
      ['registration.yaml\n', /Git ignores dist\/orgs\/.*\/registration\.yaml, by .gitignore:1:/, settings],
      ['dist/shards/*/lakekeeper-*\n', /Git ignores dist\/shards\/.*\.yaml, by .gitignore:1:/, sharded],
    ] as const) {
      await scene.repository.commit({ '.gitignore': rule, 'platform.yaml': text });
      const { code, log } = await run(scene);
      expect({ code, log }).toEqual({ code: 2, log: expect.stringMatching(message) });
      expect(scene.forge.open).toHaveLength(1);
      expect(scene.repository.head(branch)).toBeDefined();
    }
  });
});

test('what the forge refuses fails the job, with what it said', async () => {
  await withScene(warehouses('acme'), async (scene) => {
    const wrong: Scene = {
      ...scene,
      forge: Object.create(scene.forge, { url: { value: `${scene.forge.url}/elsewhere` } }),
    };
    const { code, log } = await run(wrong);
    expect(code).not.toBe(0);
    expect(log).toMatch(/^error: GitLab refused.*404 Not Found/m);
    expect(log).not.toContain(forgeToken);
  });
});

test('the template installs its own version, and runs by schedule, by hand and by trigger', async () => {
  expect(parseAllDocuments(template).flatMap(({ errors }) => errors)).toEqual([]);
  const { version } = JSON.parse(await readFile('package.json', 'utf8'));
  expect((await job()).before_script).toEqual([
    `npm install --global --no-audit --no-fund "lakekeeper-gitops@${version}"`,
  ]);
  expect(template).toMatch(/schedule\|web\|trigger\|api\|pipeline/);
});

test('the package has what the template takes from it', () => {
  const packed = execFileSync('npm', ['pack', '--dry-run', '--json', '--ignore-scripts'], {
    encoding: 'utf8',
  });
  const files = (JSON.parse(packed) as { files: { path: string; mode: number }[] }[])[0]?.files ?? [];
  const paths = files.map(({ path }) => path);
  for (const path of ['ci/manifests', 'ci/gitlab/merge-request', 'lib/cli.js']) expect(paths).toContain(path);
  expect(files.find(({ path }) => path === 'ci/manifests')?.mode).toBe(0o755);
});
