import { afterAll, beforeAll, expect, test } from 'vitest';
import { type EmbeddedPostgres, startPostgres } from '../support/embedded-postgres.ts';
import { expectRegistered, startFaultScene } from '../support/fault-scene.ts';
import { runInProcess } from '../support/run-in-process.ts';

let postgres: EmbeddedPostgres;
beforeAll(async () => {
  postgres = await startPostgres();
});
afterAll(() => postgres.stop());

test('twenty runs at once for one org: each thing is done once, by whichever run has the lock', async () => {
  await using fault = await startFaultScene(postgres, 'authentication');
  const runs = await Promise.all(Array.from({ length: 20 }, () => runInProcess(fault)));
  for (const { result, detail } of runs) expect(result, detail).toMatch(/^(registered|unchanged)$/);
  expect(runs.some(({ result }) => result === 'unchanged')).toBe(true);
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
  const killed = new AbortController();
  fault.gate = ({ what, stage }) => {
    // One has the lock and is about to create the role; the others wait or are on their way.
    if (what.startsWith('CREATE ROLE') && stage === 'request') killed.abort(new Error('killed'));
    return killed.signal.aborted ? 'cut' : 'pass';
  };
  const doomed = Array.from({ length: 19 }, () =>
    runInProcess(fault, { signal: AbortSignal.any([killed.signal]) }),
  );
  await Promise.all(doomed);
  expect(killed.signal.aborted).toBe(true);
  fault.gate = () => 'pass';
  const { result, detail } = await runInProcess(fault);
  expect(result, detail).toBe('registered');
  await expectRegistered(fault);
});
