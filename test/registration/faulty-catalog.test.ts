import { afterAll, beforeAll, expect, test } from 'vitest';
import { type EmbeddedPostgres, startPostgres } from '../support/embedded-postgres.ts';
import { expectRegistered, startFaultScene } from '../support/fault-scene.ts';
import { nilProject } from '../support/lakekeeper-answer.ts';
import { moment } from '../support/moment.ts';
import { runInProcess } from '../support/run-in-process.ts';

let postgres: EmbeddedPostgres;
beforeAll(async () => {
  postgres = await startPostgres();
});
afterAll(() => postgres.stop());

// Every request in every way: test/faults/faulty-catalog.test.ts.
test('a lost answer to the create is retried, and the existing warehouse is used', async () => {
  await using fault = await startFaultScene(postgres);
  fault.scene.lakekeeper.fail('POST /management/v1/warehouse', {
    kind: 'status',
    status: 503,
    body: 'no healthy upstream',
    afterwards: true,
  });
  expect((await runInProcess(fault)).result).toBe('registered');
  expect(fault.scene.lakekeeper.warehouses).toHaveLength(1);
  await expectRegistered(fault);
});

test('a catalog that does not answer is waited for in the same run, without a session of Postgres', async () => {
  await using fault = await startFaultScene(postgres);
  const { lakekeeper } = fault.scene;
  for (let i = 0; i < 9; i++)
    lakekeeper.fail('GET /management/v1/info', { kind: 'status', status: 503, body: 'no healthy upstream' });
  const running = runInProcess(fault);
  // Four attempts to a round, and a wait between two rounds.
  await expect.poll(() => lakekeeper.requests.length, { timeout: 30_000 }).toBe(4);
  await expect
    .poll(
      async () => {
        const rows = await fault.sql(
          `SELECT application_name FROM pg_stat_activity WHERE application_name LIKE 'lakekeeper-gitops%'`,
        );
        return rows.length;
      },
      { timeout: 10_000 },
    )
    .toBe(0);
  expect(await running).toMatchObject({ result: 'registered' });
  expect(await fault.row()).toMatchObject({ iceberg_state: 'ready' });
});

test('an OpenID provider that does not answer is waited for in the same run', async () => {
  await using fault = await startFaultScene(postgres, 'authentication');
  let asked = 0;
  // Four attempts to a round: the second round succeeds.
  fault.gate = ({ server, stage }) =>
    server === 'tokens' && stage === 'request' && asked++ < 6 ? 'cut' : 'pass';
  const { result, detail } = await runInProcess(fault);
  expect(result, detail).toBe('registered');
  expect(asked).toBe(7);
});

test('a store that refuses ends the run with advice; nothing is recorded, and the next run continues', async () => {
  await using fault = await startFaultScene(postgres);
  const body = JSON.stringify({ error: { type: 'Unexpected', message: 'unhandled error', code: 400 } });
  fault.scene.lakekeeper.fail('POST /management/v1/warehouse', { kind: 'status', status: 400, body });
  const { result, detail, error } = await runInProcess(fault);
  expect(result).toBe('failed');
  expect(error).not.toMatchObject({ name: 'PermanentError' });
  expect(detail).toMatch(/the server does not say why; check, from the catalog's pods: the Secret with/);
  expect(await fault.row()).toMatchObject({
    iceberg_lakekeeper_endpoint: null,
    iceberg_state: 'provisioning',
  });
  expect((await runInProcess(fault)).result).toBe('registered');
  await expectRegistered(fault);
});

test('an inactive warehouse of an org that nobody remembers is found in its metadata store', async () => {
  await using fault = await startFaultScene(postgres);
  const { lakekeeper, cluster } = fault.scene;
  expect((await runInProcess(fault)).result).toBe('registered');
  for (const warehouse of lakekeeper.warehouses) warehouse.isActive = false;
  const secret = cluster.get('secrets', 'lakekeeper', 'lakekeeper-acme');
  if (secret === undefined) throw new Error('no Secret');
  const { annotations: _, ...metadata } = secret.metadata;
  cluster.put('secrets', { ...secret, metadata });
  const [{ id, name } = { id: '', name: '' }] = lakekeeper.warehouses;
  // As the catalog itself, which owns its tables.
  const { 'db-user': user = '', 'db-password': password = '' } = fault.scene.orgSecret() ?? {};
  const catalog = await fault.scene.connect(user, password, 'lakekeeper_acme');
  await catalog.query(`INSERT INTO warehouse VALUES ('${id}', '${name}', '${nilProject}', 'inactive')`);
  await catalog.end();
  expect(await runInProcess(fault)).toMatchObject({ result: 'registered' });
  expect(lakekeeper.warehouses).toMatchObject([{ id, isActive: true }]);
});

test('a catalog that is slow is waited for, until the deadline', async () => {
  await using fault = await startFaultScene(postgres);
  const slow = moment();
  fault.scene.lakekeeper.fail('GET /management/v1/info', { kind: 'delay', until: slow.reached });
  const running = runInProcess(fault);
  await expect.poll(() => fault.scene.lakekeeper.requests.length, { timeout: 30_000 }).toBe(1);
  slow.come();
  expect((await running).result).toBe('registered');

  fault.scene.lakekeeper.fail('GET /management/v1/info', { kind: 'silence' });
  const deadline = new AbortController();
  const ended = runInProcess(fault, { signal: deadline.signal });
  const before = fault.scene.lakekeeper.requests.length;
  await expect.poll(() => fault.scene.lakekeeper.requests.length, { timeout: 30_000 }).toBe(before + 1);
  deadline.abort(new Error('the deadline has passed'));
  expect(await ended).toMatchObject({
    result: 'failed',
    detail: expect.stringContaining('the deadline has passed'),
  });
  // What is left where Kubernetes deletes the pod with its log.
  const note = expect.stringContaining('the deadline has passed');
  expect(await fault.row()).toMatchObject({ iceberg_state: 'ready', status_message: note });
  expect(fault.scene.cluster.all('events', 'lakekeeper').at(-1)).toMatchObject({ note });
});
