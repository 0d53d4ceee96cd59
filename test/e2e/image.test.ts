import { execFile } from 'node:child_process';
import { mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import manifest from '../../package.json' with { type: 'json' };
import { freePort } from '../support/listen.ts';
import { askForToken, jwt } from '../support/token-broker.ts';
import { withDirectory } from '../support/tree.ts';
import { ending, registrationIn, restricted } from './support/container.ts';
import { healthCheck, settingsFor, startFleet } from './support/fleet.ts';
import { architectures, buildOwnImage, type OwnImage } from './support/own-image.ts';

/**
 * Our own image, built from the Dockerfile by podman, and run as the registration pods run it. Its bases are made of
 * Debian's packages: those of the release are in a registry.
 */
const run = promisify(execFile);
let image: OwnImage;
beforeAll(async () => {
  image = await buildOwnImage();
});
afterAll(() => image?.[Symbol.asyncDispose]());

/** As OpenShift chooses it. */
const arbitraryUser = ['--user', '1000660000:0'];
const inspect = async (reference: string) => JSON.parse(await image.podman('image', 'inspect', reference))[0];
const layersOf = async (reference: string): Promise<string[]> => (await inspect(reference)).RootFS.Layers;
const inImage = (options: readonly string[], ...args: string[]) =>
  ending(image.podman(...restricted, '--no-healthcheck', ...options, image.reference, ...args));
/** Runs JavaScript in the image, which has no shell. @returns what it prints, parsed. */
const evaluate = async (script: string, options: readonly string[] = []) => {
  const { code, output } = await inImage([...options, '--entrypoint', 'node'], '-e', script);
  expect({ code, output }).toMatchObject({ code: 0 });
  return JSON.parse(output);
};

describe.each(architectures)('the image for %s', (architecture) => {
  test('says who runs it, what it runs, and what it is', async () => {
    const { Config, Architecture, Os, Healthcheck } = await inspect(image.references[architecture]);
    expect({ Architecture, Os }).toEqual({ Architecture: architecture, Os: 'linux' });
    expect(Healthcheck).toMatchObject({ Test: ['CMD', 'lakekeeper-gitops', 'token-broker', '--probe'] });
    expect(Config).toMatchObject({
      User: '65532:65532',
      Entrypoint: ['lakekeeper-gitops'],
      Labels: {
        'org.opencontainers.image.title': 'lakekeeper-gitops',
        'org.opencontainers.image.version': '1.2.3',
        'org.opencontainers.image.revision': '0'.repeat(40),
        'org.opencontainers.image.licenses': manifest.license,
        'org.opencontainers.image.source': expect.stringMatching(/^https:\/\/.*\/lakekeeper-gitops$/),
        'org.opencontainers.image.base.name': `localhost/base-${architecture}`,
        'org.opencontainers.image.base.digest': expect.stringMatching(/^sha256:[0-9a-f]{64}$/),
      },
    });
    expect(Config.Cmd ?? []).toEqual([]);
  });

  test('adds one layer to its base, the same one for each architecture', async () => {
    const layers = await layersOf(image.references[architecture]);
    expect(layers.slice(0, -1)).toEqual(await layersOf(`localhost/base-${architecture}`));
    expect(layers.at(-1)).toBe((await layersOf(image.reference)).at(-1));
  });
});

test('what it adds to its base is less than 80 MB compressed', async () => {
  await withDirectory(async (directory) => {
    await image.podman(
      'save',
      '--format',
      'docker-archive',
      '--output',
      join(directory, 'tar'),
      image.reference,
    );
    const untar = (...args: string[]) =>
      run('tar', ['--extract', '--file', 'tar', ...args], { cwd: directory });
    await untar('manifest.json');
    const [{ Layers }] = JSON.parse(await readFile(join(directory, 'manifest.json'), 'utf8'));
    await untar(Layers.at(-1));
    await run('gzip', ['--no-name', Layers.at(-1)], { cwd: directory });
    expect((await stat(join(directory, `${Layers.at(-1)}.gz`))).size).toBeLessThan(80e6);
  });
});

test('the image has lib/, the one package that is not bundled with what it needs, and no shell', async () => {
  const script = `
    const { readdirSync, existsSync } = require('node:fs');
    const { dependencies } = require('/app/package.json');
    const installed = Object.keys(require('/app/node_modules/.package-lock.json').packages);
    const direct = Object.keys(dependencies).filter((name) => existsSync('/app/node_modules/' + name));
    const shells = ['sh', 'bash', 'dash', 'busybox'].filter((name) => existsSync('/usr/bin/' + name));
    const sbom = require('/app/lib/sbom.cdx.json').components.map(({ name, version }) => name + '@' + version);
    const packages = installed.map((path) => require('/app/' + path + '/package.json'));
    console.log(JSON.stringify({ app: readdirSync('/app').sort(), direct, shells, sbom,
      installed: packages.map(({ name, version }) => name + '@' + version) }));`;
  const { app, direct, shells, sbom, installed } = await evaluate(script);
  expect(app).toEqual(['LICENSE', 'lib', 'node_modules', 'package.json']);
  expect(direct).toEqual(Object.keys(manifest.dependencies));
  expect(installed).not.toContain(expect.stringMatching(/^(typescript|vitest|esbuild)@/));
  expect(shells).toEqual([]);
  expect(sbom).toEqual(expect.arrayContaining([...installed, expect.stringMatching(/^zod@/)]));
});

test('nobody but root may write anywhere in it, also where its file system is not read-only', async () => {
  const script = `
    const { readdirSync, statSync } = require('node:fs');
    const wrong = readdirSync('/app', { recursive: true }).map((path) => '/app/' + path).filter((path) => {
      const { mode, uid, gid } = statSync(path);
      return uid !== 0 || gid !== 0 || (mode & 0o022) !== 0 || (mode & 0o044) !== 0o044;
    });
    console.log(JSON.stringify(wrong));`;
  expect(await evaluate(script)).toEqual([]);
});

describe.each([
  ['its own user', []],
  ['an arbitrary user', arbitraryUser],
])('run by %s, with a read-only root file system', (_, user) => {
  test('says its version, and renders the example from files', async () => {
    expect(await inImage(user, '--version')).toMatchObject({ code: 0, output: manifest.version });
    const example = new URL('../../examples/fleet', import.meta.url).pathname;
    const synth = ['synth', '--warehouses', '/fleet/warehouses.yaml', '--platform', '/fleet/platform.yaml'];
    const rendered = await inImage(
      [...user, '--volume', `${example}:/fleet:ro`, '--tmpfs', '/out:mode=1777'],
      ...[...synth, '--out', '/out/dist', '--output', 'json'],
    );
    // Some orgs of the example are rejected.
    expect(rendered).toMatchObject({ code: 3, output: expect.stringContaining('"name": "lakekeeper-acme"') });
  });

  test('hands out the token of its pod, and answers the probe', async () => {
    await withDirectory(async (directory) => {
      const token = await jwt({ iat: 0, exp: Math.floor(Date.now() / 1000) + 3600 });
      await mkdir(join(directory, 'token'));
      await writeFile(join(directory, 'token/token'), token, { mode: 0o644 });
      const port = await freePort();
      const listen = ['--env', `LAKEKEEPER_GITOPS_TOKEN_BROKER_LISTEN=127.0.0.1:${port}`];
      const volume = ['--volume', `${join(directory, 'token')}:/token:ro`];
      const name = `broker-${port}`;
      await image.podman(
        ...[...restricted, ...user, ...listen, ...volume, '--detach', '--name', name],
        ...[image.reference, 'token-broker', '--token-file', '/token/token'],
      );
      try {
        const probe = () =>
          ending(image.podman('exec', name, 'lakekeeper-gitops', 'token-broker', '--probe'));
        await expect.poll(async () => (await probe()).code).toBe(0);
        expect((await askForToken(port)).body).toMatchObject({ access_token: token });
        await image.podman('healthcheck', 'run', name);
      } finally {
        await image.podman('stop', name);
      }
      expect(await inImage([...user, ...listen], 'token-broker', '--probe')).toMatchObject({
        code: 1,
        output: expect.stringContaining(`the broker at 127.0.0.1:${port} does not answer`),
      });
    });
  });
});

test('registers an org as the Job that synth renders, with the rights of the Job', async () => {
  await using fleet = await startFleet({ registration: registrationIn(image) });
  await fleet.addOrg('acme');
  await fleet.commit({ ...settingsFor(fleet.scene), authentication: { mode: 'kubernetes' } });
  expect(await fleet.sync('dist/platform')).toMatchObject({ phase: 'Succeeded' });
  const { phase, message } = await fleet.sync('dist/orgs/lakekeeper-acme', { healthCheck });
  const runs = fleet.scene.kubelet.outputs.get('lakekeeper-acme-register') ?? [];
  expect(phase, `${message}\n${runs.at(-1)?.output}`).toBe('Succeeded');
  expect(runs.map(({ code }) => code)).toEqual([0]);
  const [row] = await fleet.sql('SELECT * FROM duckgres_managed_warehouses');
  expect(row).toMatchObject({
    iceberg_lakekeeper_endpoint: 'http://lakekeeper-acme.lakekeeper.svc:8181/catalog',
    iceberg_lakekeeper_warehouse: 'org-acme',
    iceberg_state: 'ready',
  });
});
