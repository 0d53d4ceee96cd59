import { execFile } from 'node:child_process';
import { mkdir, readdir, readFile, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, test } from 'vitest';
import manifest from '../../package.json' with { type: 'json' };
import { fetchPinnedPackages } from '../support/pinned-packages.ts';
import { withDirectory } from '../support/tree.ts';
import { packedOnce } from './support/packed-once.ts';

/** The package as it is published: what is in it, and that it works where it is installed. */
const run = promisify(execFile);
let tarball: string;
let tools: string;
beforeAll(async () => {
  tools = fetchPinnedPackages('test/e2e/npm', 'package-tools');
  tarball = await packedOnce();
});

/** Runs one of the tools. @returns what it prints. @throws Error with it. */
async function tool(name: string, args: readonly string[], cwd = process.cwd()): Promise<string> {
  const { stdout } = await run(join(tools, 'node_modules', '.bin', name), args, { cwd }).catch((error) => {
    throw new Error(`${name}: ${error.stdout}${error.stderr}`);
  });
  return stdout;
}

test('holds what is needed, and nothing else', async () => {
  const { stdout } = await run('tar', ['--list', '--file', tarball]);
  const files = stdout
    .trim()
    .split('\n')
    .map((path) => path.replace(/^package\//, ''));
  const others = files.filter((path) => !path.startsWith('lib/'));
  expect(others.sort()).toEqual([
    'CHANGELOG.md',
    'LICENSE',
    'README.md',
    'ci/gitlab/install.yml',
    'ci/gitlab/manifests.yml',
    'ci/gitlab/merge-request',
    'ci/manifests',
    'package.json',
    'schemas/plan.schema.json',
    'schemas/platform.schema.json',
    'schemas/status.schema.json',
  ]);
  const kinds = new Set(
    files
      .filter((path) => path.startsWith('lib/'))
      .map((path) =>
        path.replace(/^lib\/(chunks\/|([a-z-]+\/)*(?=[^/]+\.d\.ts$))?[^/]*?(?=\.(js|js\.map|d\.ts)$)/, ''),
      ),
  );
  expect([...kinds].sort()).toEqual(['.d.ts', '.js', '.js.map', 'lib/LICENCES.txt', 'lib/sbom.cdx.json']);
  expect((await stat(tarball)).size).toBeLessThan(2e6);
});

test('has no mistake that publint or arethetypeswrong know', async () => {
  await tool('publint', ['run', tarball, '--strict', '--pack', 'false']);
  await tool('attw', [tarball, '--profile', 'esm-only']);
});

test('has the SBOM of what is in it, with a version and a licence each', async () => {
  const { stdout } = await run('tar', [
    '--extract',
    '--to-stdout',
    '--file',
    tarball,
    'package/lib/sbom.cdx.json',
  ]);
  const sbom = JSON.parse(stdout);
  expect(sbom).toMatchObject({
    bomFormat: 'CycloneDX',
    metadata: { component: { name: manifest.name, version: manifest.version } },
  });
  const names = sbom.components.map(({ name }: { name: string }) => name);
  expect(names).toEqual(
    expect.arrayContaining(['zod', 'cdk8s', 'pg', ...Object.keys(manifest.dependencies)]),
  );
  for (const name of ['vitest', 'typescript', 'esbuild', '@biomejs/biome']) expect(names).not.toContain(name);
  for (const component of sbom.components)
    expect(component, component.name).toMatchObject({
      version: expect.any(String),
      licenses: [expect.anything()],
    });
});

test('has an interface that TypeDoc documents, without a warning', async () => {
  await withDirectory(async (cwd) => {
    await run('tar', ['--extract', '--strip-components', '1', '--file', tarball], { cwd });
    const compilerOptions = { module: 'nodenext', types: [] };
    await writeFile(join(cwd, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: ['lib/api.d.ts'] }));
    const args = ['--readme', 'none', '--out', 'docs', '--treatWarningsAsErrors', '--skipErrorChecking'];
    await tool('typedoc', [...args, 'lib/api.d.ts'], cwd);
    const pages = await readdir(join(cwd, 'docs/functions'));
    expect(pages.sort()).toEqual(['deriveCatalog.html', 'plan.html', 'register.html', 'synth.html']);
  });
});

test('has types that a strict project compiles with, and functions that do what they say', async () => {
  await withDirectory(async (cwd) => {
    await writeFile(join(cwd, 'package.json'), JSON.stringify({ private: true, type: 'module' }));
    await run('npm', ['install', '--prefer-offline', '--no-audit', '--no-fund', tarball], { cwd });
    const script = `
      import { deriveCatalog, plan, register, synth, type DerivedCatalog, type Plan } from 'lakekeeper-gitops';
      const row = { org_id: 'acme', metadata_store_kind: 'none' };
      const derived = await deriveCatalog(row, {}).catch((error: Error) => error.name);
      const isCatalog = typeof derived === 'object' && derived.ok;
      const catalog: DerivedCatalog | undefined = isCatalog ? derived.catalog : undefined;
      const planned: Plan | undefined = undefined;
      console.log(derived, catalog, planned, typeof plan, typeof register, typeof synth);`;
    await writeFile(join(cwd, 'app.ts'), script);
    const strict = ['--strict', '--skipLibCheck', 'false', '--module', 'nodenext', '--target', 'es2023'];
    await tool('tsc', [...strict, 'app.ts'], cwd);
    const { stdout } = await run('node', ['app.js'], { cwd });
    expect(stdout).toBe('UsageError undefined undefined function function function\n');
  });
});

describe.each(['20', '22', '24'])('on Node %s', (version) => {
  /** An empty directory, and the environment of somebody who has that Node. */
  const withNode = (work: (cwd: string, env: NodeJS.ProcessEnv) => Promise<void>) =>
    withDirectory(async (home) => {
      const bin = join(tools, 'node_modules', `node-${version}`, 'bin');
      const { stdout: npm } = await run('npm', ['root', '--global']);
      await mkdir(join(home, 'bin'));
      for (const name of ['npm', 'npx'])
        await symlink(join(npm.trim(), 'npm', 'bin', `${name}-cli.js`), join(home, 'bin', name));
      const { stdout: cache } = await run('npm', ['config', 'get', 'cache']);
      const cwd = join(home, 'empty');
      await mkdir(cwd);
      const { PATH, NODE_EXTRA_CA_CERTS } = process.env;
      const env = {
        PATH: `${bin}:${home}/bin:${PATH}`,
        HOME: home,
        npm_config_cache: cache.trim(),
        NODE_EXTRA_CA_CERTS,
      };
      expect((await run('node', ['--version'], { env })).stdout).toMatch(new RegExp(`^v${version}\\.`));
      await work(cwd, env);
    });

  test('starts a repository of manifests in an empty directory, and renders it', () =>
    withNode(async (cwd, env) => {
      const exec = ['exec', '--yes', '--prefer-offline', '--no-audit', '--no-fund', `--package=${tarball}`];
      const commands = 'lakekeeper-gitops init && lakekeeper-gitops synth';
      await run('npm', [...exec, '--call', commands], { cwd, env });
      expect((await readdir(cwd)).sort()).toEqual(
        ['.gitattributes', '.github', 'README.md', 'dist', 'platform.yaml', 'warehouses.yaml'].sort(),
      );
      const job = await readFile(join(cwd, 'dist/orgs/lakekeeper-acme/registration.yaml'), 'utf8');
      expect(job).toContain(`image: ghcr.io/lakekeeper-gitops/lakekeeper-gitops:v${manifest.version}`);
    }));
});
