import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cp, mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { withDirectory } from '../support/tree.ts';
import { type Action, runAction } from '../support/workflow.ts';

/**
 * The steps of the release workflow, on a copy of the work tree: `docker` and `gh` write down what they are asked, and
 * npm does a dry run.
 */
const run = promisify(execFile);
const digest = `sha256:${'ab'.repeat(32)}`;

async function copyOfWorkTree(directory: string): Promise<void> {
  const { stdout } = await run('git', ['ls-files', '--cached', '--others', '--exclude-standard', '-z']);
  for (const file of stdout.split('\0').filter((name) => name !== '')) {
    await mkdir(dirname(join(directory, file)), { recursive: true });
    await cp(file, join(directory, file)).catch((error) => {
      // Deleted, and not committed yet.
      if (error.code !== 'ENOENT') throw error;
    });
  }
  await symlink(join(process.cwd(), 'node_modules'), join(directory, 'node_modules'));
  const git = (...args: string[]) =>
    run('git', ['-c', 'user.name=release', '-c', 'user.email=release@example.com', ...args], {
      cwd: directory,
    });
  await git('init', '--quiet');
  await git('add', '--all');
  await git('commit', '--quiet', '--message', 'Release');
}

/** Programs that write down how they were called, beside the files of a release. */
async function standIns(bin: string, calls: string): Promise<void> {
  await mkdir(bin);
  const docker = `
    if [ "$3" = inspect ]; then echo "sha256:$(printf '%s' "$6" | sha256sum | cut -c 1-64)"; fi
    for arg; do
      if [ "$previous" = --metadata-file ]; then echo '{"containerimage.digest": "${digest}"}' > "$arg"; fi
      previous=$arg
    done`;
  const gh = 'for arg; do if [ -f "$arg" ]; then cp "$arg" "$CALLS/"; fi; done';
  for (const [name, script] of Object.entries({ docker, gh }))
    await writeFile(join(bin, name), `#!/bin/sh\necho "${name} $*" >> "$CALLS/log"\n${script}\n`, {
      mode: 0o755,
    });
  await mkdir(calls);
}

test('a tag becomes an image, a package that renders it by digest, an SBOM, checksums and notes', () =>
  withDirectory(async (directory) => {
    const [workspace, bin, calls] = ['work', 'bin', 'calls'].map((name) => join(directory, name)) as [
      string,
      string,
      string,
    ];
    await copyOfWorkTree(workspace);
    await standIns(bin, calls);
    const script = join('scripts', 'release.ts');
    await writeFile(
      join(workspace, 'CHANGELOG.md'),
      (await readFile('CHANGELOG.md', 'utf8')).replace(
        '## Unreleased\n',
        '## Unreleased\n\n- All that is new.\n',
      ),
    );
    const env = { ...process.env, CI: 'true' };
    await run('npx', ['tsx', script, 'prepare', '7.8.9'], { cwd: workspace, env });
    const workflow = parse(await readFile('.github/workflows/release.yml', 'utf8'));
    const steps = (workflow.jobs.release.steps as Action['runs']['steps']).filter(
      ({ name }) => name !== 'Install',
    );
    const release = async (tag: string) =>
      runAction(
        { inputs: {}, outputs: {}, runs: { steps } },
        {
          inputs: {},
          env: {
            ...(env as Record<string, string>),
            PATH: `${bin}:${process.env.PATH}`,
            CALLS: calls,
            DRY_RUN: 'true',
            GITHUB_REF_NAME: tag,
          },
          workspace,
          temp: directory,
          actionPath: workspace,
          uses: { 'actions/checkout': async () => ({}), 'actions/setup-node': async () => ({}) },
        },
      );
    const other = await release('v7.8.8');
    expect(other).toMatchObject({
      failed: 'Release',
      log: expect.stringContaining('package.json has the version 7.8.9'),
    });

    const { failed, log } = await release('v7.8.9');
    expect({ failed, log }).toMatchObject({ failed: undefined });
    expect(log).toMatch(/version: 7\.8\.9\n.*Publishing to .*\(dry-run\)/s);
    const called = (await readFile(join(calls, 'log'), 'utf8')).split('\n');
    const build = called.find((line) => line.startsWith('docker buildx build')) ?? '';
    for (const part of [
      '--platform linux/amd64,linux/arm64 --push',
      '--provenance mode=max --sbom true',
      ':v7.8.9 .',
    ])
      expect(build).toContain(part);
    expect(build).toMatch(/ BUILD_IMAGE=node --build-arg BUILD_DIGEST=sha256:[0-9a-f]{64} /);
    expect(build).toMatch(/ BASE_IMAGE=\S+\/nodejs22-debian12 --build-arg BASE_DIGEST=sha256:[0-9a-f]{64} /);
    expect(called.find((line) => line.startsWith('gh'))).toMatch(/^gh release create v7\.8\.9 --verify-tag /);

    const notes = await readFile(join(calls, 'notes.md'), 'utf8');
    expect(notes).toMatch(/^- All that is new\./);
    expect(notes).toContain(`v7.8.9@${digest}`);
    const sums = (await readFile(join(calls, 'SHA256SUMS'), 'utf8')).trimEnd().split('\n');
    expect(sums).toHaveLength(2);
    for (const line of sums) {
      const [sum, file = ''] = line.split('  ');
      expect(
        createHash('sha256')
          .update(await readFile(join(calls, basename(file))))
          .digest('hex'),
      ).toBe(sum);
    }

    const installed = join(directory, 'installed');
    await mkdir(installed);
    await run(
      'tar',
      ['--extract', '--strip-components', '1', '--file', join(calls, 'lakekeeper-gitops-7.8.9.tgz')],
      { cwd: installed },
    );
    await symlink(join(process.cwd(), 'node_modules'), join(installed, 'node_modules'));
    const cli = join(installed, 'lib/cli.js');
    await run('node', [cli, 'init', 'new'], { cwd: directory });
    await run('node', [cli, 'synth'], { cwd: join(directory, 'new') });
    const job = await readFile(join(directory, 'new/dist/orgs/lakekeeper-acme/registration.yaml'), 'utf8');
    expect(job).toContain(`image: ghcr.io/lakekeeper-gitops/lakekeeper-gitops:v7.8.9@${digest}`);
    for (const file of [
      'dist/orgs/lakekeeper-acme/registration.yaml',
      'examples/ci/github.yml',
      'ci/gitlab/install.yml',
    ])
      expect(await readFile(join(workspace, file), 'utf8')).toContain('7.8.9');
    expect(
      await readFile(
        join(workspace, 'test/upgrade/previous/dist/orgs/lakekeeper-acme/registration.yaml'),
        'utf8',
      ),
    ).not.toContain('7.8.9');
  }));
