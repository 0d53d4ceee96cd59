import { afterAll, beforeAll, expect, test } from 'vitest';
import { type EmbeddedPostgres, startPostgres } from '../support/embedded-postgres.ts';
import { expectRegistered, startFaultScene } from '../support/fault-scene.ts';
import type { Fault } from '../support/lakekeeper-stand-in.ts';
import { runInProcess } from '../support/run-in-process.ts';

let postgres: EmbeddedPostgres;
beforeAll(async () => {
  postgres = await startPostgres();
});
afterAll(() => postgres.stop());

const faults: Fault[] = [
  { kind: 'status', status: 503, body: 'no healthy upstream' },
  { kind: 'status', status: 503, body: 'too late', afterwards: true },
  { kind: 'cut' },
  { kind: 'cut', afterwards: true },
  { kind: 'halfBody', afterwards: true },
  { kind: 'notJSON', afterwards: true },
];

test('a catalog that fails at any request, in any way, before or after it did what was asked: nothing is recorded, and the next run goes on from there', async () => {
  await using fault = await startFaultScene(postgres, 'authentication');
  const { lakekeeper } = fault.scene;
  const { crossings } = fault;
  await runInProcess(fault);
  const requests = new Set(
    crossings
      .filter(({ server, stage }) => server === 'lakekeeper' && stage === 'request')
      .map(({ what }) => what),
  );
  expect([...requests]).toEqual(
    expect.arrayContaining(['POST /management/v1/bootstrap', 'POST /management/v1/warehouse']),
  );
  for (const request of requests)
    for (const failure of faults) {
      lakekeeper.warehouses.length = 0;
      lakekeeper.isBootstrapped = false;
      await fault.sql(`UPDATE duckgres_managed_warehouses SET iceberg_lakekeeper_endpoint = NULL`);
      lakekeeper.fail(request, failure);
      const about = `${request} ${JSON.stringify(failure)}`;
      const { result, detail, error } = await runInProcess(fault);
      // A bootstrap is answered with an empty body, of which half is all, and whose text nobody reads.
      if (result !== 'failed') {
        expect(failure.kind, `${about}: ${result} ${detail}`).toMatch(/halfBody|notJSON/);
        continue;
      }
      expect(error, about).not.toMatchObject({ name: 'PermanentError' });
      expect(await fault.row(), about).toMatchObject({
        iceberg_lakekeeper_endpoint: null,
        iceberg_state: 'provisioning',
      });
      expect((await runInProcess(fault)).result, about).toBe('registered');
      await expectRegistered(fault);
    }
});
