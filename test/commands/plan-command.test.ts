import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { copyFile, cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { runCommand } from '../support/command.ts';
import { git } from '../support/repository.ts';
import { withDirectory } from '../support/tree.ts';

/** The example's settings, in which a move of acme is confirmed. */
let platform: string;
const complete = { iceberg_enabled: true, metadata_store_kind: 'cnpg-shard', data_store_bucket_name: 'lake' };

async function run(command: string, directory: string, warehouses: object[], ...args: string[]) {
  const file = join(directory, 'warehouses.json');
  await writeFile(
    file,
    JSON.stringify({ warehouses: warehouses.map((warehouse) => ({ ...complete, ...warehouse })) }),
  );
  const out = join(directory, 'dist');
  return runCommand([command, '--platform', platform, '--warehouses', file, '--out', out, ...args]);
}
const acme = { org_id: 'acme' };
const moved = { org_id: 'acme', metadata_store_endpoint: 'elsewhere' };

let rendered: string;
beforeAll(async () => {
  rendered = await mkdtemp(join(tmpdir(), 'plan-command-'));
  platform = join(rendered, 'platform.yaml');
  const settings = await readFile('examples/fleet/platform.yaml', 'utf8');
  await writeFile(platform, `${settings}moves:\n  confirm: [acme]\n`);
  await run('synth', rendered, [acme]);
});
afterAll(() => rm(rendered, { recursive: true }));

/** Lends a directory in which acme is committed to the work tree. */
const withAcme = (work: (directory: string) => Promise<void>) =>
  withDirectory(async (directory) => {
    await cp(rendered, directory, { recursive: true });
    await work(directory);
  });

test('as a hook in a linked work tree, the plan is the one that it is by hand', () =>
  withDirectory(async (directory) => {
    const [repository, linked] = [join(directory, 'repository'), join(directory, 'linked')];
    await mkdir(repository);
    const rows = (...orgs: object[]) =>
      JSON.stringify({ warehouses: orgs.map((org) => ({ ...complete, ...org })) });
    const beta = { org_id: 'beta', data_store_bucket_name: 'beta' };
    await copyFile(platform, join(repository, 'platform.yaml'));
    await writeFile(join(repository, 'warehouses.json'), rows(acme, beta));
    await run('synth', repository, [acme, beta]);
    const command =
      `${process.execPath} ${join(process.cwd(), 'lib/cli.js')} plan --warehouses warehouses.json ` +
      '--against HEAD --fail-on high > "$PLAN"';
    await writeFile(join(directory, 'plan'), `#!/bin/sh\n${command}\necho "ended with $?" >> "$PLAN"\n`, {
      mode: 0o755,
    });
    git(repository, 'init', '--quiet');
    git(repository, 'add', '.');
    git(repository, 'commit', '--quiet', '--message', 'First');
    git(repository, 'worktree', 'add', '--quiet', '-b', 'feature', linked);
    await copyFile(join(directory, 'plan'), join(repository, '.git/hooks/pre-commit'));
    await writeFile(join(linked, 'warehouses.json'), rows(moved));
    git(linked, 'add', '.');
    const planned = async (work: (env: NodeJS.ProcessEnv) => void) => {
      const PLAN = join(directory, 'plan.txt');
      work({ PATH: process.env.PATH, HOME: directory, PLAN });
      return readFile(PLAN, 'utf8');
    };
    const byHand = await planned((env) =>
      execFileSync(join(directory, 'plan'), { cwd: linked, env, stdio: 'pipe' }),
    );
    const identity = ['-c', 'user.name=a', '-c', 'user.email=a@example.com'];
    const asHook = await planned((env) =>
      execFileSync('git', [...identity, 'commit', '-q', '-m', 'Second'], { cwd: linked, env, stdio: 'pipe' }),
    );
    expect(byHand).toMatch(/CRITICAL.*ended with 4\n$/s);
    expect(asHook).toBe(byHand);
  }));

test.each([
  ['null', 'holds no status of this version: expected object'],
  ['{"version":1', 'is not JSON'],
  ['\u001b[2J', 'is not JSON'],
  ['{"\\u001b[2J":1}', 'holds no status of this version: version: '],
])('a file that holds no status is refused, and moves no cursor: %j', (content, message) =>
  withAcme(async (directory) => {
    const file = join(directory, 'status.json');
    await writeFile(file, content);
    const { code, stderr } = await run('plan', directory, [acme], '--status', file);
    expect(code).toBe(2);
    expect(stderr).toContain(message);
    expect(stderr).not.toContain('\u001b');
  }),
);

describe('exit codes', () => {
  test('0 without further flags, whatever changes', () =>
    withAcme(async (directory) => {
      expect(await run('plan', directory, [moved])).toMatchObject({
        code: 0,
        stderr: expect.not.stringContaining('error'),
      });
    }));

  test('--exit-code: 5 for changes, 0 for none', () =>
    withAcme(async (directory) => {
      expect((await run('plan', directory, [acme], '--exit-code')).code).toBe(0);
      expect((await run('plan', directory, [moved], '--exit-code')).code).toBe(5);
    }));

  test('--fail-on: 4 from that risk upwards, with the reason', () =>
    withAcme(async (directory) => {
      const gate = (warehouse: object, risk: string) =>
        run('plan', directory, [warehouse], '--fail-on', risk, '--exit-code');
      const failed = await gate(moved, 'high');
      expect(failed).toMatchObject({ code: 4 });
      expect(failed.stderr).toMatch(
        /error: the risk of the plan is critical, and --fail-on is high; a person has to decide\n$/,
      );
      expect((await gate(moved, 'critical')).code).toBe(4);
      expect((await gate({ ...acme, iceberg_lakekeeper_client_id: 'x' }, 'low')).code).toBe(0);
      expect((await gate({ ...acme, data_store_bucket_name: 'other' }, 'critical')).code).toBe(5);
    }));

  test('3 when an org was rejected, 1 for that with --strict', () =>
    withAcme(async (directory) => {
      const warehouses = [acme, { org_id: 7 }];
      expect((await run('plan', directory, warehouses)).code).toBe(3);
      expect((await run('plan', directory, warehouses, '--strict')).code).toBe(1);
    }));

  test('4 when synth would hold back, with the flag to use', () =>
    withAcme(async (directory) => {
      const held = await run('plan', directory, []);
      expect(held.code).toBe(4);
      expect(held.stderr).toMatch(
        /error: the source has no records at all: synth would write nothing\. .*--allow-removal/,
      );
      expect((await run('plan', directory, [], '--allow-removal')).code).toBe(0);
    }));

  test.each<[string, string[], RegExp]>([
    ['a risk that is none', ['--fail-on', 'severe'], /Allowed choices are low, medium, high, critical/],
    ['a format that is none', ['--output', 'xml'], /Allowed choices are text, markdown, json/],
    ['a commit that is none', ['--against', 'nowhere'], /^error: --against/],
    ['a ref that would be an option', ['--against=--output=/tmp/x'], /^error: --against/],
  ])('2 for %s', (_, args, message) =>
    withAcme(async (directory) => {
      const { code, stderr, stdout } = await run('plan', directory, [acme], ...args);
      expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
      expect(stderr).toMatch(message);
    }),
  );
});

describe('what is printed', () => {
  test('text, Markdown or JSON, alone on stdout', () =>
    withAcme(async (directory) => {
      const text = await run('plan', directory, [moved]);
      expect(text.stdout).toMatch(
        /^Compared with .*dist in the work tree: 1 org: 0 new, 0 leaving, 0 removed, 1 changed/,
      );
      expect(text.stdout).toMatch(/^CRITICAL\n {2}metadata store: another database: 1 org$/m);
      const markdown = await run('plan', directory, [moved], '--output', 'markdown');
      expect(markdown.stdout).toMatch(/^## Plan: critical risk\n/);
      const json = await run('plan', directory, [moved], '--output', 'json');
      expect(JSON.parse(json.stdout)).toMatchObject({ version: 1, risk: 'critical' });
      expect((await run('plan', directory, [moved], '--output', 'json')).stdout).toBe(json.stdout);
    }));

  test('--against compares with a commit instead of the work tree', () =>
    withAcme(async (directory) => {
      const git = (...args: string[]) =>
        execFileSync('git', [
          '-C',
          directory,
          '-c',
          'user.name=t',
          '-c',
          'user.email=t@example.com',
          ...args,
        ]);
      git('init', '-q', '-b', 'main');
      git('add', 'dist');
      git('commit', '-q', '-m', 'acme');
      await run('synth', directory, [moved]);
      const plan = async (...args: string[]) =>
        JSON.parse((await run('plan', directory, [moved], '--output', 'json', ...args)).stdout);
      expect(await plan()).toMatchObject({ risk: 'none' });
      expect(await plan('--against', 'main')).toMatchObject({
        risk: 'critical',
        against: { ref: 'main', commit: expect.stringMatching(/^[0-9a-f]{40}$/) },
      });
    }));

  test('to a closed pipe is no failure', async () => {
    const args = [
      'lib/cli.js',
      'plan',
      '--platform',
      platform,
      '--warehouses',
      'examples/fleet/warehouses.yaml',
    ];
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] });
    child.stdout.destroy();
    const [stderr, [code]] = await Promise.all([text(child.stderr), once(child, 'close')]);
    expect({ code, stderr }).toEqual({ code: 3, stderr: '' });
  });

  test('of what is to be said beside it to a closed pipe changes no exit code', () =>
    withAcme(async (directory) => {
      const args = ['plan', '--platform', platform, '--warehouses', 'examples/fleet/warehouses.yaml'];
      const gate = ['--out', join(directory, 'dist'), '--fail-on', 'low'];
      const child = spawn(process.execPath, ['lib/cli.js', ...args, ...gate], {
        stdio: ['ignore', 'ignore', 'pipe'],
      });
      (child.stderr as Readable).destroy();
      const [code] = await once(child, 'close');
      expect(code).toBe(4);
    }));

  test('to a place that cannot be written ends with 1, whatever the plan says, and without a stack', () =>
    withAcme(async (directory) => {
      const args = ['plan', '--platform', platform, '--warehouses', 'examples/fleet/warehouses.yaml'];
      const readOnly = openSync(platform, 'r');
      const out = ['--out', join(directory, 'dist')];
      const child = spawn(process.execPath, ['lib/cli.js', ...args, ...out, '--exit-code'], {
        stdio: ['ignore', readOnly, 'pipe'],
      });
      const [stderr, [code]] = await Promise.all([text(child.stderr as Readable), once(child, 'close')]);
      closeSync(readOnly);
      expect(code).toBe(1);
      expect(stderr).toMatch(
        /^error: standard output cannot be written \(EBADF.*\), so it is not complete.*\n$/,
      );
    }));
});
