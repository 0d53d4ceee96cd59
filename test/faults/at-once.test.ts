import { afterAll, beforeAll, expect, test } from 'vitest';
import { type EmbeddedPostgres, startPostgres } from '../support/embedded-postgres.ts';
import { expectRegistered, startFaultScene } from '../support/fault-scene.ts';

let postgres: EmbeddedPostgres;
beforeAll(async () => {
  postgres = await startPostgres();
});
afterAll(() => postgres.stop());

test('twenty runs at once for one org: each thing is done once, by whichever run has the lock', async () => {
  await using fault = await startFaultScene(postgres, 'authentication');
  const runs = await Promise.all(Array.from({ length: 20 }, () => fault.run()));
  for (const { code, stderr } of runs) expect(code, stderr).toBe(0);
  expect(runs.some(({ stderr }) => stderr.includes('(no changes)'))).toBe(true);
  await expectRegistered(fault);
  const writes = fault.crossings.filter(({ stage, isWrite }) => stage === 'request' && isWrite);
  for (const what of ['CREATE ROLE', 'CREATE DATABASE', 'POST lakekeeper/secrets'])
    expect(
      writes.filter((write) => write.what.startsWith(what)),
      what,
    ).toHaveLength(1);
  expect(writes.map(({ what }) => what).filter((what) => what.startsWith('POST /management/'))).toEqual([
    'POST /management/v1/bootstrap',
    'POST /management/v1/warehouse',
    'POST /management/v1/warehouse/{id}/protection',
  ]);
});

test('nineteen runs that are killed at once do not keep the twentieth from its work', async () => {
  await using fault = await startFaultScene(postgres);
  const doomed = Array.from({ length: 19 }, () => fault.start());
  let seen = 0;
  fault.gate = ({ what, stage }) => {
    // One has the lock and is about to create the role; the others wait or are on their way.
    if (what.startsWith('CREATE ROLE') && stage === 'request' && seen++ === 0) {
      for (const { child } of doomed) child.kill('SIGKILL');
      return 'cut';
    }
    return 'pass';
  };
  await Promise.all(doomed.map(({ ended }) => ended));
  const { code, stderr } = await fault.run();
  expect(code, stderr).toBe(0);
  await expectRegistered(fault);
});
