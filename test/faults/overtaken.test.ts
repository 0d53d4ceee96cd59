import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Fate } from '../support/crossing.ts';
import { type EmbeddedPostgres, startPostgres } from '../support/embedded-postgres.ts';
import { expectRegistered, startFaultScene } from '../support/fault-scene.ts';
import { moment } from '../support/moment.ts';
import { runInProcess } from '../support/run-in-process.ts';

let postgres: EmbeddedPostgres;
beforeAll(async () => {
  postgres = await startPostgres();
});
afterAll(() => postgres.stop());

test('a run that failed does not write over the success of the run that came after it', async () => {
  await using fault = await startFaultScene(postgres);
  fault.scene.lakekeeper.fail('GET /management/v1/info', { kind: 'status', status: 400 });
  const [begun, waits, failing] = [moment(), moment(), moment()];
  let failures = 0;
  let ends: Promise<unknown> = Promise.resolve();
  fault.gate = async ({ what, stage }): Promise<Fate> => {
    if (what.startsWith('SELECT pg_catalog.pg_advisory_lock')) waits.come();
    // The first run has the lock, and keeps it until the second one waits for it.
    if (what.startsWith('CREATE ROLE')) {
      begun.come();
      await waits.reached;
    }
    if (what.includes('SET "iceberg_state"') && stage === 'request' && failures++ === 0) {
      failing.come();
      // Long enough for a run that nothing keeps back.
      await Promise.race([ends, new Promise((resolve) => setTimeout(resolve, 3000))]);
    }
    return 'pass';
  };
  const first = runInProcess(fault);
  await begun.reached;
  const second = runInProcess(fault);
  // Which one meets the fault is open: the lock is free while the operator works.
  const runs = [first, second].map((run) => run.then(({ result }) => result));
  ends = Promise.any(
    runs.map((run) => run.then((result) => (result === 'failed' ? Promise.reject() : result))),
  );
  expect((await Promise.all(runs)).sort()).toEqual(['failed', 'registered']);
  await failing.reached;
  await expectRegistered(fault);
});
