import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type EmbeddedPostgres, startPostgres } from '../support/embedded-postgres.ts';
import { expectRegistered, type FaultScene, startFaultScene } from '../support/fault-scene.ts';
import { baseSettings } from '../support/fleet.ts';
import { saySecretMissing } from '../support/operate.ts';
import { lakekeeperGitops } from '../support/program.ts';
import { retireInProcess } from '../support/retire-in-process.ts';
import { runInProcess } from '../support/run-in-process.ts';
import { withDirectory } from '../support/tree.ts';

let postgres: EmbeddedPostgres;
let fault: FaultScene;
let grants: string[];

/** Everybody may use the schema `public`: another one shows whether that right is asked for. */
const [schema, table, role] = ['control plane', 'warehouses', 'the "job"'];

beforeAll(async () => {
  postgres = await startPostgres();
  fault = await startFaultScene(postgres);
  const printed = await lakekeeperGitops(['grants', '--role', role, '--schema', schema, '--table', table]);
  grants = printed.stdout.trim().split('\n');
  await fault.sql(`CREATE ROLE "the ""job""" LOGIN PASSWORD '${postgres.password}'`);
  await fault.sql(`CREATE SCHEMA "${schema}"`);
  await fault.sql(`ALTER TABLE duckgres_managed_warehouses SET SCHEMA "${schema}"`);
  await fault.sql(`ALTER TABLE "${schema}".duckgres_managed_warehouses RENAME TO "${table}"`);
  for (const grant of grants) await fault.sql(grant);
  const { target } = fault.inputs.record;
  if (!('warehouseDatabase' in target)) throw new Error('the scene has a warehouse database');
  fault.inputs = {
    ...fault.inputs,
    record: {
      ...fault.inputs.record,
      target: { warehouseDatabase: { ...target.warehouseDatabase, schema, table } },
    },
  };
  const url = new URL(fault.warehouseDatabase);
  url.username = encodeURIComponent(role);
  fault.scene.putSecret('duckgres', 'warehouse-database', { url: url.href });
  fault.row = async () =>
    (await fault.sql(`SELECT * FROM "${schema}"."${table}" WHERE org_id = 'acme'`))[0] ?? {};
});
afterAll(async () => {
  await fault[Symbol.asyncDispose]();
  await postgres.stop();
});

test('the command registers an org with exactly the rights that grants prints', async () => {
  const { code, stderr } = await fault.run();
  expect(code, stderr).toBe(0);
  await expectRegistered(fault);
});

test('of a failure, too, the row is told with these rights', async () => {
  // When the run looks whether all is in order, and when its steps meet it again.
  for (const _ of [1, 2])
    fault.scene.lakekeeper.fail('GET /management/v1/info', { kind: 'status', status: 400 });
  expect((await runInProcess(fault)).result).toBe('failed');
  expect(await fault.row()).toMatchObject({
    iceberg_state: 'ready',
    status_message: expect.stringMatching(/^lakekeeper-gitops: .*400/),
  });
});

test('each of them is needed: without any one, registration fails, and says which table refuses', async () => {
  const rights = grants.flatMap(single);
  expect(rights.length).toBeGreaterThan(30);
  for (const right of rights) {
    await fault.sql(right.replace('GRANT', 'REVOKE').replace(' TO ', ' FROM '));
    // A row that says all already is not written.
    await fault.sql(`UPDATE "${schema}"."${table}" SET iceberg_region = 'elsewhere'`);
    const { result, detail } = await runInProcess(fault);
    expect({ right, result }).toEqual({ right, result: 'failed' });
    expect(detail, right).toMatch(/permission denied for (table warehouses|schema control plane)/);
    await fault.sql(right);
  }
  expect((await runInProcess(fault)).result).not.toBe('failed');
});

test('the command retires the org with these rights', async () => {
  await fault.sql(`UPDATE "${schema}"."${table}" SET iceberg_enabled = false`);
  const resource = fault.scene.cluster.get('lakekeepers', 'lakekeeper', 'lakekeeper-acme');
  fault.scene.cluster.delete('lakekeepers', 'lakekeeper', 'lakekeeper-acme');
  expect(await retireInProcess(fault)).toMatchObject({ outcome: 'retired', detail: '' });
  expect(await fault.row()).toMatchObject({ iceberg_state: 'retired', iceberg_lakekeeper_endpoint: '' });

  await fault.sql(`UPDATE "${schema}"."${table}" SET iceberg_enabled = true`);
  if (resource !== undefined) fault.scene.cluster.put('lakekeepers', resource);
  saySecretMissing(fault.scene.catalog);
  expect(await runInProcess(fault)).toMatchObject({ result: 'registered' });
});

test('into a table of our own the command registers with exactly the rights that grants prints, and once', async () => {
  const settings = {
    ...baseSettings,
    source: { relation: `${schema}.${table}` },
    registration: { record: { table: { url: { name: 'warehouse-database', key: 'url' }, schema: 'lake' } } },
  };
  await withDirectory(async (directory) => {
    await writeFile(join(directory, 'platform.yaml'), JSON.stringify(settings));
    const { stdout } = await lakekeeperGitops(['grants', '--role', role], { cwd: directory });
    await fault.sql('DROP OWNED BY "the ""job"""');
    await fault.sql('CREATE SCHEMA lake');
    await fault.sql(stdout);
  });
  const { target } = fault.inputs.record;
  if (!('warehouseDatabase' in target)) throw new Error('the scene has a warehouse database');
  const { url } = target.warehouseDatabase;
  const source = { schema, table, mapping: 'duckgres' } as const;
  fault.inputs = {
    ...fault.inputs,
    record: {
      ...fault.inputs.record,
      target: {
        warehouseDatabase: { url, schema: 'lake', table: 'lakekeeper_catalogs', isOwn: true, source },
      },
    },
  };
  expect(await runInProcess(fault)).toMatchObject({
    result: 'registered',
    actions: [{ kind: 'writeRecord' }],
  });
  const [row] = await fault.sql('SELECT * FROM lake.lakekeeper_catalogs');
  expect(row).toMatchObject({
    org: 'acme',
    state: 'ready',
    message: null,
    endpoint: expect.stringContaining('http'),
  });
  expect((await runInProcess(fault)).result).toBe('unchanged');
  expect(await fault.sql('SELECT * FROM lake.lakekeeper_catalogs')).toEqual([row]);

  await fault.sql(`UPDATE "${schema}"."${table}" SET iceberg_enabled = false`);
  fault.scene.cluster.delete('lakekeepers', 'lakekeeper', 'lakekeeper-acme');
  expect(await retireInProcess(fault)).toMatchObject({ outcome: 'retired', detail: '' });
  expect(await fault.sql('SELECT * FROM lake.lakekeeper_catalogs')).toMatchObject([
    { org: 'acme', state: 'retired', endpoint: '', message: expect.stringContaining('are kept') },
  ]);
});

/** A grant of each column of a grant of columns. */
function single(grant: string): string[] {
  const [, before, columns, after] = /^(GRANT [A-Z]+) \((.*?)\)( ON .*)$/.exec(grant) ?? [];
  if (columns === undefined) return [grant];
  return columns.split(', ').map((column) => `${before} (${column})${after}`);
}
