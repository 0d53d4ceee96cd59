import { spawnSync } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import pg from 'pg';
import { expect, test } from 'vitest';
import { platformJsonSchema } from '../src/platform/json-schema.ts';
import { withPostgres } from './support/embedded-postgres.ts';
import { lakekeeperGitops } from './support/program.ts';
import { readTree, withDirectory } from './support/tree.ts';

const platform = ['--platform', 'examples/fleet/platform.yaml'];

test('the example fleet as rows and as a file both give the committed dist/, byte for byte', async () => {
  const committed = await readTree('dist');
  expect(Object.keys(committed).length).toBeGreaterThan(15);
  await withDirectory((directory) =>
    withPostgres({}, async ({ url }) => {
      const client = new pg.Client(url);
      await client.connect();
      await client.query(await readFile('examples/fleet/warehouses.sql', 'utf8'));
      await client.end();

      const fromRows = await lakekeeperGitops(['synth', ...platform, '--out', `${directory}/rows`], {
        env: { LAKEKEEPER_GITOPS_WAREHOUSES: url },
      });
      expect(fromRows).toMatchObject({ code: 3, stderr: '' });
      expect(await readTree(`${directory}/rows`)).toEqual(committed);

      const fromFile = await lakekeeperGitops([
        'synth',
        ...platform,
        '--warehouses',
        'examples/fleet/warehouses.yaml',
        '--out',
        `${directory}/file`,
      ]);
      expect(fromFile).toMatchObject({ code: 3, stderr: '' });
      expect(await readTree(`${directory}/file`)).toEqual(committed);
    }),
  );
});

test('the committed dist/ is up to date with the example fleet', async () => {
  const check = await lakekeeperGitops([
    'synth',
    ...platform,
    '--warehouses',
    'examples/fleet/warehouses.yaml',
    '--check',
  ]);
  expect(check.stderr).toBe('');
  expect(check.code).toBe(3);
});

test('`cdk8s synth` gives the same files, as cdk8s.yaml has it', async () => {
  const committed = await readTree('dist');
  await withDirectory(async (directory) => {
    const { status, stderr } = spawnSync(
      'node_modules/.bin/cdk8s',
      ['synth', '--output', `${directory}/dist`, '--check-upgrade', 'false'],
      { encoding: 'utf8' },
    );
    expect(stderr).not.toContain('error:');
    expect(status).toBe(0);
    expect(await readTree(`${directory}/dist`)).toEqual(committed);
  });
});

test('the committed JSON Schema of the settings is up to date; else: npm run schema', async () => {
  expect(JSON.parse(await readFile('schemas/platform.schema.json', 'utf8'))).toEqual(
    JSON.parse(JSON.stringify(platformJsonSchema())),
  );
});
