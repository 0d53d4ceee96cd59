import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormatsModule from 'ajv-formats';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { statusJsonSchema } from '../../src/status/status-schema.ts';
import { runCommand } from '../support/command.ts';
import { type EmbeddedPostgres, startPostgres } from '../support/embedded-postgres.ts';
import { startLakekeeperGitops } from '../support/program.ts';
import { anyReport } from '../support/status-report.ts';
import { orgRow, type StatusScene, startStatusScene } from '../support/status-scene.ts';

let postgres: EmbeddedPostgres;
let scene: StatusScene;
beforeAll(async () => {
  postgres = await startPostgres();
  scene = await startStatusScene(postgres, await mkdtemp(join(tmpdir(), 'status-')));
  await scene.source(orgRow(postgres, 'acme'));
  await scene.render();
  await scene.apply();
});
afterAll(async () => {
  await scene.end();
  await rm(scene.directory, { recursive: true });
  await postgres.stop();
});

const status = (...args: readonly string[]) =>
  runCommand(['status', ...scene.flags, ...args], { cwd: scene.directory });

test('an org that waits: exit code 1, and the table has the reason and the command', async () => {
  const { code, stdout } = await status();
  expect(code).toBe(1);
  expect(stdout).toMatch(/^ORG +VERDICT +WORKERS +WHY AND WHAT HELPS\n/);
  expect(stdout).toMatch(/^acme +waiting +0\/0 +for registration, which has to create the Secret; /m);
  expect(stdout).toContain('run: lakekeeper-gitops register --org acme');
  expect(stdout).toMatch(/^1 waiting$/m);
});

test('no org needs a person: exit code 0, one line for each org, and nothing on stderr', async () => {
  expect(await scene.register()).toBe('registered');
  const { code, stdout, stderr } = await status();
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(stdout).toMatch(/^acme +registered +0\/0 +Lakekeeper 0\.12\.2\n\n1 registered\n$/m);
});

test('--watch repeats until it is stopped, and exits with the code of the last check: 4 for drift', async () => {
  const run = startLakekeeperGitops(['status', ...scene.flags, '--watch', '1s'], { cwd: scene.directory });
  let shown = '';
  run.child.stdout?.on('data', (chunk: string) => {
    shown += chunk;
  });
  await expect.poll(() => shown).toMatch(/1 registered/);
  scene.lakekeeper.warehouses.splice(0);
  await expect.poll(() => shown).toMatch(/1 drifted/);
  run.child.kill('SIGINT');
  expect((await run.ended).code).toBe(4);
});

test('--watch ends when nobody reads it any more', async () => {
  const run = startLakekeeperGitops(['status', ...scene.flags, '--watch', '1s'], { cwd: scene.directory });
  run.child.stdout?.once('data', () => run.child.stdout?.destroy());
  const { code } = await status();
  expect(await run.ended).toMatchObject({ code, stderr: '' });
});

test('the JSON is what its committed schema says', async () => {
  const { code, stdout } = await status('--output', 'json');
  expect(code).toBe(4);
  const schema = JSON.parse(await readFile('schemas/status.schema.json', 'utf8'));
  expect(schema, 'run: npm run schema').toEqual(JSON.parse(JSON.stringify(statusJsonSchema())));
  const ajv = new Ajv2020();
  addFormatsModule.default(ajv);
  const validate = ajv.compile(schema);
  for (const report of [JSON.parse(stdout), anyReport(100, { isRetired: true, verdict: 'retiring' })]) {
    validate(report);
    expect(validate.errors).toBeNull();
  }
  expect(Object.values(anyReport(100).totals)).not.toContain(0);
  expect(JSON.parse(stdout)).toMatchObject({
    version: 1,
    totals: { drifted: 1, registered: 0 },
    orgs: [
      {
        org: 'acme',
        verdict: 'drifted',
        findings: [
          {
            subject: 'warehouse',
            command:
              `lakekeeper-gitops register --org acme --server-url ${scene.lakekeeper.url} ` +
              '--kubeconfig kubeconfig --warehouses warehouses.json',
          },
        ],
      },
    ],
  });
});

test('its time is that of its begin: what is committed while it looks may not be in it', async () => {
  const { faults } = scene.cluster;
  let looked = Number.POSITIVE_INFINITY;
  faults.push(() => {
    looked = Math.min(looked, Date.now());
    return undefined;
  });
  const { stdout } = await status('--output', 'json');
  faults.length = 0;
  expect(Date.parse(JSON.parse(stdout).at)).toBeLessThanOrEqual(looked);
});

test('the metrics are what a textfile collector reads', async () => {
  const { stdout } = await status('--output', 'prometheus');
  const { drifted } = { drifted: '{org="acme",name="lakekeeper-acme",verdict="drifted"} 1' };
  expect(stdout).toContain(`\nlakekeeper_gitops_status_org${drifted}\n`);
  expect(stdout).toContain('\nlakekeeper_gitops_status_orgs{verdict="registered"} 0\n');
  expect(stdout).toMatch(/^lakekeeper_gitops_status_timestamp_seconds \d+(\.\d+)?$/m);
});

test.each(['html', 'prometheus'])(
  '--watch with %s is refused: it would print one document after another',
  async (output) => {
    const { code, stdout, stderr } = await status('--watch', '--output', output);
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toContain(
      `--watch prints one status after another, which is no file of --output ${output}`,
    );
  },
);

test('an unknown org is wrong usage', async () => {
  const { code, stderr } = await status('--org', 'acne');
  expect(code).toBe(2);
  expect(stderr).toContain('did you mean "acme"?');
});
