import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';

const lock = {
  packages: {
    '': { name: 'x' },
    'node_modules/a': { version: '1.0.0' },
    'node_modules/elsewhere': { version: '1.0.0', optional: true },
  },
};
// Does what `npm ci` does at its end, and says how it was called.
const npm = `
  import { appendFileSync, mkdirSync, writeFileSync } from 'node:fs';
  appendFileSync('calls', process.argv.slice(2).join(' ') + '\\n');
  console.log('npm says');
  await new Promise((resolve) => setTimeout(resolve, Number(process.env.NPM_TAKES ?? 0)));
  mkdirSync('node_modules', { recursive: true });
  writeFileSync('node_modules/.package-lock.json', process.env.NPM_INSTALLS);
  process.exitCode = Number(process.env.NPM_EXITS ?? 0);`;

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'install-test-'));
  mkdirSync(join(root, 'scripts'));
  copyFileSync(
    fileURLToPath(new URL('../../scripts/install.mjs', import.meta.url)),
    join(root, 'scripts/install.mjs'),
  );
  writeFileSync(join(root, 'package-lock.json'), JSON.stringify(lock));
  writeFileSync(join(root, 'package.json'), '{"type":"module"}');
  writeFileSync(join(root, 'npm-cli.js'), npm);
});
afterEach(() => rmSync(root, { recursive: true }));

async function install(env: NodeJS.ProcessEnv = {}, flags: string[] = []) {
  const child = spawn(process.execPath, [...flags, 'scripts/install.mjs'], {
    cwd: root,
    env: {
      PATH: process.env.PATH,
      npm_execpath: join(root, 'npm-cli.js'),
      NPM_INSTALLS: JSON.stringify({ packages: { 'node_modules/a': { version: '1.0.0' } } }),
      ...env,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const [stdout, stderr, [code]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, 'exit'),
  ]);
  return { stdout, stderr, code };
}

const calls = (): string[] =>
  existsSync(join(root, 'calls')) ? readFileSync(join(root, 'calls'), 'utf8').trim().split('\n') : [];

function installed(packages: Record<string, { version: string }>): void {
  mkdirSync(join(root, 'node_modules'), { recursive: true });
  writeFileSync(join(root, 'node_modules/.package-lock.json'), JSON.stringify({ packages }));
}

describe('the installer', () => {
  test('does and says nothing when the packages are those of the lock file, or more', async () => {
    installed({ 'node_modules/a': { version: '1.0.0' }, 'node_modules/extra': { version: '9.0.0' } });
    expect(await install()).toEqual({ stdout: '', stderr: '', code: 0 });
    expect(calls()).toEqual([]);
  });

  test('installs everything with the npm that called it, and leaves stdout alone', async () => {
    const { stdout, stderr, code } = await install({ NODE_ENV: 'production' });
    expect({ stdout, code }).toEqual({ stdout: '', code: 0 });
    expect(stderr).toMatch(/^installing the packages of package-lock\.json \(npm ci\)\nnpm says\n$/);
    expect(calls()).toEqual([expect.stringMatching(/^ci --include=dev --include=optional /)]);
    expect(await install()).toEqual({ stdout: '', stderr: '', code: 0 });
  });

  test.each([
    ['has another version', { 'node_modules/a': { version: '1.0.1' } }],
    ['is missing', {}],
    [
      'that is optional has another version',
      { 'node_modules/a': { version: '1.0.0' }, 'node_modules/elsewhere': { version: '2.0.0' } },
    ],
  ])('installs when a package %s', async (_, packages) => {
    installed(packages);
    expect((await install()).code).toBe(0);
    expect(calls()).toHaveLength(1);
  });

  test('installs when an installation was interrupted', async () => {
    installed({});
    writeFileSync(join(root, 'node_modules/.package-lock.json'), '{"packages": {');
    await install();
    expect(calls()).toHaveLength(1);
  });

  test('installs once when two of them start together', async () => {
    const results = await Promise.all([install({ NPM_TAKES: '300' }), install({ NPM_TAKES: '300' })]);
    expect(results.map(({ code }) => code)).toEqual([0, 0]);
    expect(calls()).toHaveLength(1);
  });

  test('fails as npm fails', async () => {
    expect(await install({ NPM_EXITS: '7' })).toMatchObject({
      code: 7,
      stderr: expect.stringContaining('npm ci failed'),
    });
  });

  test('says which Node it needs', async () => {
    const older = 'data:text/javascript,Object.defineProperty(process,"versions",{value:{node:"20.18.3"}})';
    expect(await install({}, ['--import', older])).toEqual({
      stdout: '',
      stderr: 'Node 20.19 or newer is needed; this is 20.18.3\n',
      code: 2,
    });
  });
});
