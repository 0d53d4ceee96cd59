import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Fate, Gate } from '../support/crossing.ts';
import { type EmbeddedPostgres, startPostgres } from '../support/embedded-postgres.ts';
import { expectRegistered, type FaultScene, startFaultScene } from '../support/fault-scene.ts';
import { startHttpProxy } from '../support/http-proxy.ts';
import { startPostgresProxy } from '../support/postgres-proxy.ts';
import { runInProcess } from '../support/run-in-process.ts';

let postgres: EmbeddedPostgres;
beforeAll(async () => {
  postgres = await startPostgres();
});
afterAll(() => postgres.stop());

const sessions = ({ sql }: FaultScene) =>
  sql(`SELECT pid FROM pg_stat_activity WHERE application_name LIKE 'lakekeeper-gitops%'`);

test('while a server serves a warehouse as inactive that is active, the run has neither lock nor session', async () => {
  await using fault = await startFaultScene(postgres);
  const { lakekeeper } = fault.scene;
  expect((await runInProcess(fault)).result).toBe('registered');
  const body = JSON.stringify({ error: { type: 'NoSuchWarehouseException', message: '', code: 404 } });
  // Once to the run that looks whether all is in order, and twice to its steps.
  for (const _ of [1, 2, 3]) lakekeeper.fail('GET /catalog/v1/config', { kind: 'status', status: 404, body });
  const seen: number[] = [];
  // A second after each time that the server has answered that it does not know the warehouse: before the next attempt.
  fault.gate = ({ what, stage }) => {
    if (what.startsWith('GET /catalog/v1/config') && stage === 'answer')
      setTimeout(async () => seen.push((await sessions(fault)).length), 900);
    return 'pass';
  };
  expect(await runInProcess(fault)).toMatchObject({ result: 'unchanged' });
  await expect.poll(() => seen.length).toBe(4);
  // The first answer is followed by the steps.
  expect(seen.slice(1)).toEqual([0, 0, 0]);
  await expectRegistered(fault);
});

test('while the operator is awaited, the run has neither lock nor session', async () => {
  await using fault = await startFaultScene(postgres);
  const operator = fault.scene.cluster.faults.splice(0);
  const seen: number[] = [];
  fault.scene.cluster.faults.push((request) => {
    if (request.verb !== 'patch' || request.plural !== 'lakekeepers') return undefined;
    setTimeout(async () => {
      seen.push((await sessions(fault)).length);
      for (const wake of operator) wake(request);
    }, 500);
    return undefined;
  });
  expect(await runInProcess(fault)).toMatchObject({ result: 'registered' });
  expect(seen[0]).toBe(0);
});

/** Can be done twice, by anybody, at any time: they are done without the lock. */
const withoutLock =
  /^(ALTER SCHEMA|CREATE SCHEMA|CREATE EXTENSION)|lakekeeper\/lakekeepers|\/eviction$|\/events$/;

test('of runs at once for one org, only the one that has the lock writes', async () => {
  await using fault = await startFaultScene(postgres);
  const writes: string[] = [];
  const wrong: string[] = [];
  const holders = async () =>
    (
      await fault.sql(
        `SELECT client_port FROM pg_locks JOIN pg_stat_activity USING (pid) WHERE locktype = 'advisory' AND granted`,
      )
    ).map(({ client_port: port }) => Number(port));
  const proxies: AsyncDisposable[] = [];
  const startRun = async () => {
    const gate: Gate = async ({ what, stage, isWrite }): Promise<Fate> => {
      if (!isWrite || stage !== 'request' || withoutLock.test(what)) return 'pass';
      writes.push(what);
      const [holder, ...others] = await holders();
      if (holder === undefined || others.length > 0 || !store.localPorts.has(holder)) wrong.push(what);
      // Time for the others to come in between.
      await new Promise((resolve) => setTimeout(resolve, 50));
      return 'pass';
    };
    const store = await startPostgresProxy({ host: '127.0.0.1', port: postgres.port }, gate);
    const cluster = await startHttpProxy('kubernetes', fault.scene.cluster.server, gate);
    const lakekeeper = await startHttpProxy('lakekeeper', fault.scene.lakekeeper.url, gate);
    proxies.push(store, cluster, lakekeeper);
    const { metadataStore } = fault.inputs;
    return runInProcess({
      inputs: { ...fault.inputs, metadataStore: { ...metadataStore, port: store.port } },
      urls: { kubernetes: cluster.url, lakekeeper: lakekeeper.url },
    });
  };
  const ended = await Promise.all([startRun(), startRun(), startRun()]);
  for (const { result, detail } of ended) expect(result, detail).not.toBe('failed');
  expect(writes.length).toBeGreaterThanOrEqual(6);
  expect(wrong).toEqual([]);
  for (const proxy of proxies) await proxy[Symbol.asyncDispose]();
  await expectRegistered(fault);
});
