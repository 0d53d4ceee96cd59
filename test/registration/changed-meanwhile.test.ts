import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Fate } from '../support/crossing.ts';
import { type EmbeddedPostgres, startPostgres } from '../support/embedded-postgres.ts';
import { expectRegistered, type FaultScene, startFaultScene } from '../support/fault-scene.ts';
import { freePort } from '../support/listen.ts';
import { runInProcess } from '../support/run-in-process.ts';

let postgres: EmbeddedPostgres;
let fault: FaultScene;
beforeAll(async () => {
  postgres = await startPostgres();
});
afterAll(() => postgres.stop());
beforeEach(async () => {
  fault = await startFaultScene(postgres);
});
afterEach(() => fault[Symbol.asyncDispose]());

/** While a request of the run is on its way. */
function during(request: string, change: string): void {
  fault.gate = async ({ what, stage }): Promise<Fate> => {
    if (what.startsWith(request) && stage === 'request') await fault.sql(change);
    return 'pass';
  };
}

/** While the catalog starts, and the run waits for it. */
const whileWaiting = (change: string): void => during('PATCH lakekeeper/lakekeepers', change);

describe('the row, while the run waits for the catalog', () => {
  test.each([
    ['disabled', 'SET iceberg_enabled = false', 'Iceberg is disabled'],
    ['given to another backend', `SET iceberg_backend = 's3tables'`, 'the backend is s3tables now'],
    ['marked for deletion', `SET state = 'deleting'`, 'the warehouse is deleting'],
  ])('is %s: no warehouse is made, and nothing recorded', async (_, change, reason) => {
    whileWaiting(`UPDATE duckgres_managed_warehouses ${change}, updated_at = '2000-01-01'`);
    const { result, detail } = await runInProcess(fault);
    expect({ result, detail }).toEqual({ result: 'stopped', detail: reason });
    expect(fault.scene.lakekeeper.warehouses).toEqual([]);
    expect(await fault.row()).toMatchObject({
      iceberg_lakekeeper_endpoint: null,
      updated_at: new Date('2000-01-01T00:00:00Z'),
    });
  });

  test('is disabled when the warehouse is made already: nothing is recorded in it', async () => {
    const change = `UPDATE duckgres_managed_warehouses SET iceberg_enabled = false, updated_at = '2000-01-01'`;
    during('POST /management/v1/warehouse', change);
    const { result, detail } = await runInProcess(fault);
    expect({ result, detail }).toMatchObject({
      result: 'stopped',
      detail: expect.stringContaining('disabled or deleted meanwhile'),
    });
    expect(await fault.row()).toMatchObject({
      iceberg_lakekeeper_endpoint: null,
      updated_at: new Date('2000-01-01T00:00:00Z'),
    });
  });

  test('is deleted: it is not made again', async () => {
    whileWaiting('DELETE FROM duckgres_managed_warehouses');
    expect((await runInProcess(fault)).result).toBe('stopped');
    expect(await fault.row()).toEqual({});
  });

  // Incident 6: the result was lost when the state had moved on.
  test('moves on to another state: the result is recorded all the same', async () => {
    whileWaiting(
      `UPDATE duckgres_managed_warehouses SET state = 'provisioning', status_message = 'by the control plane'`,
    );
    expect((await runInProcess(fault)).result).toBe('registered');
    expect(await fault.row()).toMatchObject({
      state: 'provisioning',
      iceberg_state: 'ready',
      status_message: 'by the control plane',
    });
  });
});

test("the role's password is kept when another run writes the Secret just before the lock is taken", async () => {
  let after: number | undefined;
  let hasLoggedIn = false;
  fault.gate = async ({ what, stage }): Promise<Fate> => {
    if (stage !== 'request' || after !== undefined) return 'pass';
    if (what === 'connect to lakekeeper_acme as lakekeeper_acme') hasLoggedIn = true;
    if (hasLoggedIn && what.startsWith('SELECT CASE WHEN pg_catalog.pg_backend_pid()')) {
      after = fault.crossings.length;
      await fault.sql(`ALTER ROLE lakekeeper_acme PASSWORD 'of the other run'`);
      fault.scene.putSecret('lakekeeper', 'lakekeeper-acme', {
        'db-user': 'lakekeeper_acme',
        'db-password': 'of the other run',
        'encryption-key': 'the key of the other run, which is long enough',
        'oauth2-client-secret': 'of the other run',
      });
    }
    return 'pass';
  };
  const { result, detail } = await runInProcess(fault);
  expect(result, detail).toBe('registered');
  expect(fault.crossings.slice(after).filter(({ what }) => what.startsWith('ALTER ROLE'))).toEqual([]);
});

describe('the Secret, between two runs', () => {
  const held = () => fault.scene.orgSecret() ?? {};
  const put = (data: Record<string, string | undefined>) => {
    const kept = Object.entries(data).filter((entry): entry is [string, string] => entry[1] !== undefined);
    fault.scene.putSecret('lakekeeper', 'lakekeeper-acme', Object.fromEntries(kept));
  };

  test('is deleted before the catalog has begun: a new one, and the role takes its password', async () => {
    // The operator sleeps until then.
    const operator = fault.scene.cluster.faults.splice(0);
    const end = new AbortController();
    fault.gate = ({ what }) => {
      if (what === 'GET lakekeeper/jobs') end.abort(new Error('the pod is evicted'));
      return 'pass';
    };
    expect((await runInProcess(fault, { signal: end.signal })).result).toBe('failed');
    const before = held();
    fault.scene.cluster.delete('secrets', 'lakekeeper', 'lakekeeper-acme');
    fault.scene.cluster.faults.push(...operator);
    expect((await runInProcess(fault)).result).toBe('registered');
    await expectRegistered(fault);
    expect(before['db-password']).toBeTruthy();
    expect(held()['db-password']).not.toBe(before['db-password']);
  });

  test('is deleted, and the catalog has its tables: stop, and say what to do', async () => {
    await runInProcess(fault);
    fault.scene.cluster.delete('secrets', 'lakekeeper', 'lakekeeper-acme');
    const { error, detail } = await runInProcess(fault);
    expect(error).toMatchObject({ name: 'PermanentError' });
    expect(detail).toContain('--accept-new-encryption-key');
    expect(await fault.row()).toMatchObject({
      iceberg_state: 'ready',
      status_message: expect.stringContaining('--accept-new-encryption-key'),
    });
    await runInProcess(fault, { acceptNewEncryptionKey: true });
    await expectRegistered(fault);
  });

  test('is given another password: the role takes it', async () => {
    await runInProcess(fault);
    put({ ...held(), 'db-password': 'another password' });
    expect((await runInProcess(fault)).result).toBe('registered');
    await expectRegistered(fault);
    expect(held()['db-password']).toBe('another password');
  });

  test('loses the password: a new one, and the encryption key stays', async () => {
    await runInProcess(fault);
    const before = held();
    put({ ...before, 'db-password': undefined });
    expect((await runInProcess(fault)).result).toBe('registered');
    await expectRegistered(fault);
    expect(held()['encryption-key']).toBe(before['encryption-key']);
  });

  test.each([
    ['loses the encryption key', { 'encryption-key': undefined }, /has no key encryption-key/],
    ['names another role', { 'db-user': 'postgres' }, /names another Postgres role/],
    ['is emptied', { 'db-password': '' }, /malformed: db-password is empty/],
  ])('%s: stop, and touch nothing', async (_, edit, message) => {
    await runInProcess(fault);
    put({ ...held(), ...edit });
    const before = { secret: held(), writes: fault.scene.writes() };
    const { error, detail } = await runInProcess(fault);
    expect(error).toMatchObject({ name: 'PermanentError' });
    expect(detail).toMatch(message);
    // But the Event that says so.
    expect({ secret: held(), writes: fault.scene.writes() - 1 }).toEqual(before);
  });
});

test('a metadata store that refuses connections is awaited, and named at the deadline', async () => {
  const port = await freePort();
  const inputs = { ...fault.inputs, metadataStore: { ...fault.inputs.metadataStore, port } };
  const signal = AbortSignal.timeout(2000);
  const { detail, error, log } = await runInProcess({ ...fault, inputs }, { signal });
  expect(log).toContain('waiting for a moment');
  expect(error).not.toMatchObject({ name: 'PermanentError' });
  expect(detail).toMatch(new RegExp(`127\\.0\\.0\\.1:${port}/postgres as postgres[^]*ECONNREFUSED`));
  expect(await fault.row()).toMatchObject({ iceberg_state: 'provisioning' });
});

test('servers that are slow with every answer only make the run longer', async () => {
  fault.gate = async ({ stage }): Promise<Fate> => {
    if (stage === 'answer') await new Promise((resolve) => setTimeout(resolve, 10));
    return 'pass';
  };
  expect((await runInProcess(fault)).result).toBe('registered');
  await expectRegistered(fault);
});
