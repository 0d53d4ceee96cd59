import { afterAll, beforeAll, expect, test } from 'vitest';
import { type EmbeddedPostgres, startPostgres } from '../support/embedded-postgres.ts';
import { expectRegistered, type FaultScene, startFaultScene } from '../support/fault-scene.ts';
import type { Fault } from '../support/lakekeeper-stand-in.ts';
import { runInProcess } from '../support/run-in-process.ts';

let postgres: EmbeddedPostgres;
beforeAll(async () => {
  postgres = await startPostgres();
});
afterAll(() => postgres.stop());

/** Before the request has its effect, and after it. */
const everywhere: Fault[] = [
  { kind: 'status', status: 503, body: 'no healthy upstream' },
  { kind: 'cut', afterwards: true },
];
/** What is done after a fault does not depend on its kind: one request that reads and one that writes meet them all. */
const otherKinds: Fault[] = [
  { kind: 'status', status: 503, body: 'too late', afterwards: true },
  { kind: 'cut' },
  { kind: 'halfBody', afterwards: true },
  { kind: 'notJSON', afterwards: true },
];
const meetsAll = ['GET /management/v1/info', 'POST /management/v1/warehouse'];

const refusals = [
  { status: 400, type: 'Unexpected' },
  { status: 412, type: 'ShortTermCredentialError' },
  { status: 404, type: 'ProjectNotFound' },
];

test('a catalog that fails at any request, before or after its effect, is retried in the same run', async () => {
  await using fault = await startFaultScene(postgres, 'authentication');
  const { lakekeeper } = fault.scene;
  for (const request of await requestsOf(fault))
    for (const failure of meetsAll.includes(request) ? [...everywhere, ...otherKinds] : everywhere) {
      await forget(fault);
      lakekeeper.fail(request, failure);
      const about = `${request} ${JSON.stringify(failure)}`;
      const { result, detail } = await runInProcess(fault);
      expect(result, `${about}: ${detail}`).toBe('registered');
      expect(lakekeeper.warehouses, about).toHaveLength(1);
      await expectRegistered(fault);
    }
});

test('a transient refusal of the catalog records nothing, and the next run continues', async () => {
  await using fault = await startFaultScene(postgres, 'authentication');
  const { lakekeeper } = fault.scene;
  for (const request of (await requestsOf(fault)).filter((one) => one.startsWith('POST')))
    for (const { status, type } of refusals) {
      await forget(fault);
      const body = JSON.stringify({ error: { type, message: 'why', code: status } });
      // Once more than what is tried again after a project was made.
      for (const _ of [1, 2]) lakekeeper.fail(request, { kind: 'status', status, body });
      const about = `${request} ${status} ${type}`;
      const { result, error } = await runInProcess(fault);
      expect(result, about).toBe('failed');
      expect(error, about).not.toMatchObject({ name: 'PermanentError' });
      expect(await fault.row(), about).toMatchObject({
        iceberg_lakekeeper_endpoint: null,
        iceberg_state: 'provisioning',
      });
      let last = await runInProcess(fault);
      if (last.result === 'failed') last = await runInProcess(fault);
      expect(last.result, about).toBe('registered');
      await expectRegistered(fault);
    }
});

/** All that a run for a new org asks of the catalog. */
async function requestsOf(fault: FaultScene): Promise<string[]> {
  await runInProcess(fault);
  const requests = fault.crossings
    .filter(({ server, stage }) => server === 'lakekeeper' && stage === 'request')
    .map(({ what }) => what);
  expect(requests).toEqual(
    expect.arrayContaining(['POST /management/v1/bootstrap', 'POST /management/v1/warehouse']),
  );
  return [...new Set(requests)];
}

/** As before the catalog was bootstrapped. */
async function forget(fault: FaultScene): Promise<void> {
  fault.scene.lakekeeper.warehouses.length = 0;
  fault.scene.lakekeeper.isBootstrapped = false;
  await fault.sql(
    `UPDATE duckgres_managed_warehouses SET iceberg_lakekeeper_endpoint = NULL, iceberg_state = 'provisioning'`,
  );
}
