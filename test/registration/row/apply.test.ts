import { readFile } from 'node:fs/promises';
import pg from 'pg';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { registrationInputs } from '../../../src/catalog/registration-inputs.ts';
import { grants, recordFailure, recordSuccess } from '../../../src/registration/row/apply.ts';
import { readRow } from '../../../src/registration/row/observe.ts';
import { recordColumns, recordOfRegistration } from '../../../src/registration/row/registration-record.ts';
import { parseWarehouseRecord } from '../../../src/source/warehouse-record.ts';
import { type EmbeddedPostgres, startPostgres } from '../../support/embedded-postgres.ts';
import { catalog, platform, type SettingsOverrides } from '../../support/fleet.ts';

const table = { schema: 'public', table: 'duckgres_managed_warehouses' };
let postgres: EmbeddedPostgres;
let owner: pg.Client;
/** Logs in with the least rights, exactly as `grants` prints them. */
let job: pg.Client;

beforeAll(async () => {
  postgres = await startPostgres();
  owner = new pg.Client(postgres.url);
  await owner.connect();
  await owner.query(await readFile('examples/fleet/warehouses.sql', 'utf8'));
  await owner.query(`CREATE ROLE "the ""job""" LOGIN PASSWORD 'x'`);
  await owner.query(grants(table, 'the "job"'));
  job = new pg.Client({
    host: postgres.host,
    port: postgres.port,
    database: postgres.database,
    user: 'the "job"',
    password: 'x',
  });
  await job.connect();
});
afterAll(async () => {
  await job.end();
  await owner.end();
  await postgres.stop();
});
beforeEach(async () => {
  await owner.query(`TRUNCATE duckgres_managed_warehouses`);
  await owner.query(
    'INSERT INTO duckgres_managed_warehouses (org_id, state, iceberg_enabled, duckling_name, ' +
      `updated_at) VALUES ('acme', 'ready', true, 'acme', '2000-01-01'), ('other', 'ready', true, ` +
      `'other', '2000-01-01')`,
  );
});

const recordFor = (settings: SettingsOverrides = {}) => {
  const parsed = platform(settings);
  return recordOfRegistration(registrationInputs(catalog('acme', parsed), parsed));
};
const row = async (org = 'acme') =>
  (await owner.query('SELECT * FROM duckgres_managed_warehouses WHERE org_id = $1', [org])).rows[0];
const touched = async (org = 'acme') => (await row(org)).updated_at.getUTCFullYear() !== 2000;

describe('success', () => {
  test('writes the columns and values that the control plane expects', async () => {
    expect(await recordSuccess(job, table, 'acme', recordFor())).toBe('updated');
    expect(await row()).toMatchObject(recordFor());
    expect(await touched()).toBe(true);
    expect(await touched('other')).toBe(false);
  });

  test('twice writes once: updated_at moves only when something differs', async () => {
    await recordSuccess(job, table, 'acme', recordFor());
    await owner.query(`UPDATE duckgres_managed_warehouses SET updated_at = '2000-01-01'`);
    expect(await recordSuccess(job, table, 'acme', recordFor())).toBe('unchanged');
    expect(await touched()).toBe(false);
  });

  test.each(recordColumns)('puts %s right when it drifted', async (column) => {
    await recordSuccess(job, table, 'acme', recordFor());
    const right = (await row())[column];
    await owner.query(
      `UPDATE duckgres_managed_warehouses SET ${column} = ${column === 'iceberg_backend' ? "''" : "'drifted'"}`,
    );
    expect(await recordSuccess(job, table, 'acme', recordFor())).toBe('updated');
    expect((await row())[column]).toBe(right);
  });

  test('clears the token endpoint when authentication is off again', async () => {
    const cluster = { mode: 'openID', issuer: 'cluster', providerURI: 'https://oidc.example.com' } as const;
    await recordSuccess(job, table, 'acme', recordFor({ authentication: cluster }));
    expect((await row()).iceberg_lakekeeper_o_auth2_server_uri).toBe('http://127.0.0.1:9876/token');
    await recordSuccess(job, table, 'acme', recordFor());
    expect((await row()).iceberg_lakekeeper_o_auth2_server_uri).toBe('');
  });

  // Incident 6: a compare-and-set on the state silently lost the update.
  test.each(['pending', 'provisioning', 'failed', null])(
    'is written whatever the state has become (%s)',
    async (state) => {
      await owner.query('UPDATE duckgres_managed_warehouses SET state = $1', [state]);
      expect(await recordSuccess(job, table, 'acme', recordFor())).toBe('updated');
    },
  );

  test.each([
    ['was disabled', 'iceberg_enabled = false'],
    ['is of another backend', "iceberg_backend = 's3tables'"],
    ['is being deleted', "state = 'deleting'"],
    ['was deleted', "state = 'deleted'"],
    ['is of another org', "org_id = 'gone'"],
  ])('is not written into a row that %s in the meantime', async (_, change) => {
    await owner.query(`UPDATE duckgres_managed_warehouses SET ${change} WHERE org_id = 'acme'`);
    const before = (await owner.query('SELECT * FROM duckgres_managed_warehouses ORDER BY org_id')).rows;
    expect(await recordSuccess(job, table, 'acme', recordFor())).toBe('closed');
    expect(await recordFailure(job, table, 'acme', { state: 'failed', message: 'x' })).toBe('closed');
    expect((await owner.query('SELECT * FROM duckgres_managed_warehouses ORDER BY org_id')).rows).toEqual(
      before,
    );
  });
});

describe('failure', () => {
  test('writes state and message, once', async () => {
    const failure = { state: 'failed', message: 'the migration failed' } as const;
    expect(await recordFailure(job, table, 'acme', failure)).toBe('updated');
    expect(await row()).toMatchObject({
      iceberg_state: 'failed',
      status_message: 'lakekeeper-gitops: the migration failed',
      state: 'ready',
    });
    expect(await recordFailure(job, table, 'acme', failure)).toBe('unchanged');
  });

  test.each(['provisioning', 'failed'] as const)(
    'leaves a registered org ready, with the message, when it is %s; one that never was is that',
    async (state) => {
      await recordSuccess(job, table, 'acme', recordFor());
      const failure = { state, message: 'no answer' };
      expect(await recordFailure(job, table, 'acme', failure)).toBe('updated');
      const message = 'lakekeeper-gitops: no answer';
      expect(await row()).toMatchObject({ iceberg_state: 'ready', status_message: message });
      expect(await recordFailure(job, table, 'acme', failure)).toBe('unchanged');
      await owner.query('UPDATE duckgres_managed_warehouses SET iceberg_lakekeeper_endpoint = NULL');
      await recordFailure(job, table, 'acme', failure);
      expect(await row()).toMatchObject({ iceberg_state: state, status_message: message });
    },
  );

  test('is cut to what the column holds', async () => {
    await recordFailure(job, table, 'acme', { state: 'provisioning', message: '🦆'.repeat(2000) });
    expect([...(await row()).status_message]).toHaveLength(1024);
  });

  test('is over with the next success; what the control plane wrote stays', async () => {
    await recordFailure(job, table, 'acme', { state: 'failed', message: 'x' });
    await recordSuccess(job, table, 'acme', recordFor());
    expect(await row()).toMatchObject({ iceberg_state: 'ready', status_message: null });
    await owner.query(`UPDATE duckgres_managed_warehouses SET status_message = 'of the control plane'`);
    expect(await recordSuccess(job, table, 'acme', recordFor())).toBe('unchanged');
  });
});

test('reads the row again, as rendering would; a row that is gone is undefined', async () => {
  const raw = await readRow(job, table, 'acme');
  expect(raw && parseWarehouseRecord(raw)).toMatchObject({
    ok: true,
    record: { org: 'acme', icebergEnabled: true, state: 'ready' },
  });
  expect(await readRow(job, table, "x' OR true --")).toBeUndefined();
});

describe('the rights that are granted', () => {
  test.each([
    'DELETE FROM duckgres_managed_warehouses',
    "INSERT INTO duckgres_managed_warehouses (org_id, duckling_name) VALUES ('x', 'x')",
    "UPDATE duckgres_managed_warehouses SET state = 'deleted'",
    'UPDATE duckgres_managed_warehouses SET iceberg_enabled = false',
    'SELECT metadata_store_password_aws_secret FROM duckgres_managed_warehouses',
    'CREATE TABLE x ()',
  ])('are not enough to %s', async (statement) => {
    await expect(job.query(statement)).rejects.toThrow(/permission denied/);
  });
});
