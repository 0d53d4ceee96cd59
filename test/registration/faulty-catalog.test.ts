import { afterAll, beforeAll, expect, test } from 'vitest';
import { type EmbeddedPostgres, startPostgres } from '../support/embedded-postgres.ts';
import { expectRegistered, startFaultScene } from '../support/fault-scene.ts';
import { moment } from '../support/moment.ts';
import { runInProcess } from '../support/run-in-process.ts';

let postgres: EmbeddedPostgres;
beforeAll(async () => {
  postgres = await startPostgres();
});
afterAll(() => postgres.stop());

// Every request in every way: test/faults/faulty-catalog.test.ts.
test('a catalog that made the warehouse and could not say so: nothing is recorded, and the next run goes on from there', async () => {
  await using fault = await startFaultScene(postgres);
  fault.scene.lakekeeper.fail('POST /management/v1/warehouse', {
    kind: 'status',
    status: 503,
    body: 'no healthy upstream',
    afterwards: true,
  });
  expect((await runInProcess(fault)).result).toBe('failed');
  expect(await fault.row()).toMatchObject({
    iceberg_lakekeeper_endpoint: null,
    iceberg_state: 'provisioning',
  });
  expect((await runInProcess(fault)).result).toBe('registered');
  await expectRegistered(fault);
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
});
