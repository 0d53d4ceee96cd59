import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Fate } from '../support/crossing.ts';
import { type EmbeddedPostgres, startPostgres } from '../support/embedded-postgres.ts';
import { expectRegistered, startFaultScene } from '../support/fault-scene.ts';
import { runInProcess } from '../support/run-in-process.ts';

let postgres: EmbeddedPostgres;
beforeAll(async () => {
  postgres = await startPostgres();
});
afterAll(() => postgres.stop());

test.each(['superuser', 'cloud admin', 'exchanged credentials'] as const)(
  'an org in order (%s) takes few connections to Postgres, few round trips, few requests, and no write',
  async (variant) => {
    await using fault = await startFaultScene(postgres, variant);
    await runInProcess(fault);
    const before = fault.crossings.length;
    const requestsBefore = fault.scene.cluster.requests.length;
    expect((await runInProcess(fault)).result).toBe('unchanged');
    const asked = fault.crossings
      .slice(before)
      .filter(({ server, stage }) => server === 'postgres' && stage === 'request');
    const connections = asked.filter(({ what }) => what === 'connect').length;
    // To the metadata store three at most, to the rows one.
    expect(connections).toBeLessThanOrEqual(4);
    expect(asked.length - connections).toBeLessThanOrEqual(12);
    const writes = ['create', 'patch', 'delete'];
    const requests = fault.scene.cluster.requests.slice(requestsBefore);
    expect(requests.filter(({ verb }) => writes.includes(verb))).toEqual([]);
    // Beside them the Secret that holds the keys of the data store, where there is one.
    const inOrder = requests.filter(({ name }) => name !== 'duckling-acme-s3');
    expect(inOrder.map(({ verb, plural }) => `${verb} ${plural}`)).toHaveLength(6);
    expect(requests.length).toBeLessThanOrEqual(7);
    const lakekeeper = fault.crossings
      .slice(before)
      .filter(({ server, stage }) => server === 'lakekeeper' && stage === 'request');
    expect(lakekeeper.length).toBeLessThanOrEqual(3);
    await expectRegistered(fault);
  },
);

test('from nothing to the end, the admin has one session at a time, and so has the role', async () => {
  await using fault = await startFaultScene(postgres, 'cloud admin');
  await fault.sql('ALTER ROLE cloud CONNECTION LIMIT 1');
  fault.gate = async ({ what, stage }): Promise<Fate> => {
    if (what.startsWith('CREATE ROLE') && stage === 'answer')
      await fault.sql('ALTER ROLE lakekeeper_acme CONNECTION LIMIT 1');
    return 'pass';
  };
  const { result, detail, log } = await runInProcess(fault);
  expect(result, detail).toBe('registered');
  expect(log).not.toContain('too many connections');
  await expectRegistered(fault);
});
