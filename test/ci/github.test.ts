import { mkdir, mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { micromark } from 'micromark';
import { gfm, gfmHtml } from 'micromark-extension-gfm';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { createPullRequest, forgeToken } from '../support/forge.ts';
import { forShortRuns } from '../support/program.ts';
import { git } from '../support/repository.ts';
import { type Run, readAction, runAction } from '../support/workflow.ts';
import { branch, hostileOrgs, platform, projectRoot, type Scene, warehouses, withScene } from './scene.ts';

const action = await readAction('action.yml');

/** What npm does with a directory to install, in a hundredth of its time. */
const linkingNpm = `#!/bin/sh
prefix=$4 directory=$7
mkdir -p "$prefix/lib/node_modules" "$prefix/bin"
ln -s "$directory" "$prefix/lib/node_modules/lakekeeper-gitops"
echo '#!/bin/sh
exec node ${forShortRuns.join(' ')} '$directory/lib/cli.js' "$@"' > "$prefix/bin/lakekeeper-gitops"
chmod +x "$prefix/bin/lakekeeper-gitops"
`;

/**
 * One run of the workflow: a fresh check-out, then the steps of action.yml.
 *
 * @param npm `real` installs as a runner does: that is the same in each run.
 */
async function run(
  { directory, forge, repository }: Scene,
  inputs: Record<string, string> = {},
  npm: 'real' | 'linking' = 'linking',
): Promise<Run> {
  const temp = await mkdtemp(join(directory, 'runner-'));
  const bin = join(temp, 'bin');
  await mkdir(bin);
  if (npm === 'linking') await writeFile(join(bin, 'npm'), linkingNpm, { mode: 0o755 });
  const workspace = repository.checkOut(`work-${temp.slice(-6)}`);
  return runAction(action, {
    inputs: { token: forgeToken, package: projectRoot, ...inputs },
    env: {
      PATH: `${bin}:${process.env.PATH}`,
      GITHUB_API_URL: forge.url,
      GITHUB_REPOSITORY: 'acme/catalogs',
      npm_config_cache: join(temp, 'npm'),
    },
    workspace,
    temp,
    actionPath: projectRoot.replace(/\/$/, ''),
    uses: {
      'actions/setup-node': async () => ({}),
      'peter-evans/create-pull-request': createPullRequest(forge, repository, workspace),
    },
  });
}

/** The lines of a log that the runner would take for commands; between stop-commands and its token it takes none. */
function commandsIn(log: string): string[] {
  let token: string | undefined;
  return log.split(/[\n\r]/).filter((line) => {
    if (token !== undefined) {
      if (line === `::${token}::`) token = undefined;
      return false;
    }
    [, token] = /^::stop-commands::(.+)$/.exec(line) ?? [];
    return token === undefined && (line.trimStart().startsWith('::') || line.includes('##['));
  });
}

/**
 * What a forge would read in a Markdown text: what is left of its HTML without code, where nothing means anything,
 * and without our own markup.
 */
function saidBy(markdown: string): string {
  const html = micromark(markdown, {
    allowDangerousHtml: true,
    extensions: [gfm()],
    htmlExtensions: [gfmHtml()],
  });
  const ours = /<\/?(h[1-6]|p|ul|li|table|thead|tbody|tr|th|td|strong|details|summary|blockquote|hr ?\/?)>/g;
  const said = html.replaceAll(/<code>[^<]*<\/code>/g, '').replaceAll(ours, '');
  expect(said).not.toContain('<');
  return said;
}

test('opens one pull request, updates it, and closes it when nothing is left to do', async () => {
  await withScene(warehouses('acme', 'globex'), async (scene) => {
    const { forge, repository } = scene;
    const first = await run(scene, {}, 'real');
    expect(first).toMatchObject({ failed: undefined, outputs: { 'pull-request-operation': 'created' } });
    expect(forge.pullRequests).toMatchObject([{ number: 1, branch, base: 'main', state: 'open' }]);
    const [request] = forge.pullRequests;
    expect(request?.title).toBe('Catalogs: 2 new');
    expect(request?.labels).toEqual(new Set(['lakekeeper-gitops', `risk: ${first.outputs.risk}`]));
    expect(first.summary).toBe(request?.body);
    expect(repository.files(branch, 'dist')).toEqual(
      expect.arrayContaining(['dist/orgs/lakekeeper-acme/catalog.yaml', 'dist/platform/namespace.yaml']),
    );
    expect(repository.message(branch)).toMatch(
      /^Catalogs: 2 new\n\nFiles: \d+ created, 0 updated, 0 removed\nRisk: /,
    );

    await repository.commit({ 'platform.yaml': await platform(3) });
    for (const label of ['risk: medium', 'reviewed']) request?.labels.add(label);
    const again = await run(scene);
    expect(again.outputs).toMatchObject({ 'pull-request-operation': 'updated', 'pull-request-number': '1' });
    expect(forge.pullRequests).toHaveLength(1);
    // A label of an earlier plan goes, one that somebody put there stays.
    expect(request?.labels).toEqual(
      new Set(['lakekeeper-gitops', 'reviewed', `risk: ${again.outputs.risk}`]),
    );

    repository.merge(branch);
    const merged = await run(scene);
    expect(merged.outputs).toMatchObject({
      'pull-request-operation': 'closed',
      'pull-request-number': '',
      risk: 'none',
    });
    expect(forge.open).toEqual([]);
    expect(repository.head(branch)).toBeUndefined();
  });
});

test('a rejected org is an annotation, and keeps nobody else from getting on', async () => {
  await withScene(
    warehouses('acme', { org_id: 'wonka, inc: 100%', metadata_store_port: 'x' }),
    async (scene) => {
      const { failed, log } = await run(scene);
      expect(failed).toBeUndefined();
      expect(commandsIn(log)).toEqual([
        expect.stringMatching(
          /^::error title=Org "wonka%2C inc%3A 100%25" was rejected::warehouses\[1\]\.metadata_store_port: /,
        ),
      ]);
      expect(scene.repository.files(branch, 'dist/orgs')).toContain('dist/orgs/lakekeeper-acme/catalog.yaml');
    },
  );
});

test('a source that shrinks at once fails the run, says why, and leaves the pull request alone', async () => {
  await withScene(warehouses('acme', 'globex', 'initech', 'hooli'), async (scene) => {
    await run(scene);
    scene.repository.merge(branch);
    for (const request of scene.forge.open) request.state = 'closed';
    await scene.repository.commit({ 'warehouses.yaml': warehouses('acme') });
    const held = await run(scene);
    expect(held).toMatchObject({
      failed: 'Render the manifests, and plan',
      done: expect.not.arrayContaining(['pull-request']),
    });
    expect(commandsIn(held.log)).toEqual([
      expect.stringMatching(/^::error title=Held back::3 of 4 committed orgs would leave at once; /),
    ]);
    expect(scene.forge.open).toEqual([]);
    const allowed = await run(scene, { 'allow-removal': 'true' });
    expect(allowed).toMatchObject({ failed: undefined, outputs: { 'pull-request-operation': 'created' } });
    expect(scene.forge.open[0]?.title).toBe('Catalogs: 3 leaving');
  });
});

test('an org id runs no code, and is no command to the runner', async () => {
  const rejected = hostileOrgs.map((org) => ({ org_id: org, metadata_store_port: 'x' }));
  await withScene(warehouses(...hostileOrgs), async (scene) => {
    const rendered = await run(scene);
    expect(rendered.failed).toBeUndefined();
    expect(commandsIn(rendered.log)).toEqual([]);
    expect(scene.forge.open[0]?.title).toBe(`Catalogs: ${hostileOrgs.length} new`);
    const body = scene.forge.open[0]?.body ?? '';
    expect(body).toContain('@everyone');
    expect(saidBy(body)).not.toMatch(/[@#!](?!\[CAUTION\])|https?:|www\.|evil|injected|GH-1|script/);

    await scene.repository.commit({ 'warehouses.yaml': warehouses(...rejected) });
    const refused = await run(scene);
    const commands = commandsIn(refused.log);
    expect(commands).toHaveLength(10);
    for (const command of commands) expect(command).toMatch(/^::error title=[^:,\n\r]*::[^\n\r]*$/);
    git(scene.directory, 'init', '--quiet');
    expect(git(scene.directory, 'ls-files', '--others', '--', '*injected*')).toBe('');
  });
});

test('the database is named to the program alone: no argument, no log and no file has its password', async () => {
  await withScene(warehouses('acme'), async (scene) => {
    const url = 'postgres://reader:hunter2-of-the-rows@127.0.0.1:1/rows?sslmode=disable';
    const { failed, log, summary } = await run(scene, { warehouses: url });
    expect(failed).toBe('Render the manifests, and plan');
    expect(log).toContain('while connecting to 127.0.0.1:1/rows as reader');
    expect(log + summary).not.toContain('hunter2');
    expect(scene.forge.requests).toEqual([]);
  });
});

test('the action installs the package of its own version, and builds nothing', async () => {
  await withScene(warehouses('acme'), async ({ directory }) => {
    const bin = join(directory, 'bin');
    await mkdir(bin);
    await writeFile(join(bin, 'npm'), '#!/bin/sh\necho "npm $*"\nexit 1\n', { mode: 0o755 });
    const { failed, log } = await runAction(action, {
      inputs: { token: forgeToken },
      env: { PATH: `${bin}:${process.env.PATH}` },
      workspace: directory,
      temp: directory,
      actionPath: projectRoot,
      uses: { 'actions/setup-node': async () => ({}) },
    });
    expect(failed).toBe('Install the program');
    const { version } = JSON.parse(await readFile('package.json', 'utf8'));
    expect(log).toMatch(
      new RegExp(`^npm install --global .* lakekeeper-gitops@${version.replaceAll('.', '\\.')}$`, 'm'),
    );
  });
});

test('no expression is pasted into a shell: values reach it by the environment', async () => {
  for (const { run: script = '' } of action.runs.steps as readonly { run?: string }[])
    expect(script).not.toContain('${{');
});

test('every action is pinned by its commit, and says which version that is', async () => {
  for (const file of [
    'action.yml',
    '.github/workflows/ci.yml',
    '.github/workflows/manifests.yml',
    '.github/workflows/release.yml',
  ]) {
    const uses = [...(await readFile(file, 'utf8')).matchAll(/uses: ([^\s$]\S*)(.*)$/gm)];
    expect(uses.length).toBeGreaterThan(0);
    for (const [, reference = '', comment = ''] of uses) {
      if (/^(lakekeeper-gitops\/|\.\/)/.test(reference)) continue;
      expect(reference).toMatch(/@[0-9a-f]{40}$/);
      expect(comment).toMatch(/^ # v\d+\.\d+\.\d+$/);
    }
  }
});

test('a job has the rights that it needs, and no other', async () => {
  const rights = { contents: 'write', 'pull-requests': 'write' };
  const expected = {
    '.github/workflows/manifests.yml': [rights],
    'examples/ci/github.yml': [rights],
    '.github/workflows/ci.yml': [{ contents: 'read' }],
    '.github/workflows/release.yml': [
      { contents: 'read' },
      { contents: 'write', packages: 'write', 'id-token': 'write' },
    ],
  };
  for (const [file, permissions] of Object.entries(expected)) {
    const workflow = parse(await readFile(file, 'utf8'));
    expect({ file, permissions: workflow.permissions }).toEqual({ file, permissions: {} });
    const jobs = Object.values<{ permissions: object }>(workflow.jobs);
    expect({ file, permissions: jobs.map((job) => job.permissions) }).toEqual({ file, permissions });
  }
});

test('it runs on a schedule, by hand, and when the control plane says that a row changed', async () => {
  const { on } = parse(await readFile('examples/ci/github.yml', 'utf8'));
  expect(on).toMatchObject({
    schedule: [{ cron: expect.any(String) }],
    workflow_dispatch: { inputs: { 'allow-removal': { type: 'boolean' } } },
    repository_dispatch: { types: ['warehouses-changed'] },
  });
});

test('what refers to this project refers to this version', async () => {
  const { version } = JSON.parse(await readFile('package.json', 'utf8'));
  const texts = await Promise.all(
    [
      '.github/workflows/manifests.yml',
      'ci/gitlab/install.yml',
      'ci/gitlab/manifests.yml',
      'examples/ci/github.yml',
      'examples/ci/gitlab.yml',
    ].map((file) => readFile(file, 'utf8')),
  );
  const references =
    texts.join('\n').match(/lakekeeper-gitops\S*@v[0-9.]+|ref: v[0-9.]+|default: 0\.[0-9.]+/g) ?? [];
  expect(references.length).toBeGreaterThan(4);
  for (const reference of references)
    expect(reference).toMatch(new RegExp(`${version.replaceAll('.', '\\.')}$`));
});
