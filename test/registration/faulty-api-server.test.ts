import { afterAll, beforeAll, expect, test } from 'vitest';
import { type EmbeddedPostgres, startPostgres } from '../support/embedded-postgres.ts';
import { expectRegistered, type FaultScene, startFaultScene } from '../support/fault-scene.ts';
import type { Fault, StandInRequest } from '../support/kubernetes-stand-in.ts';
import { runInProcess } from '../support/run-in-process.ts';

let postgres: EmbeddedPostgres;
beforeAll(async () => {
  postgres = await startPostgres();
});
afterAll(() => postgres.stop());

const keyOf = ({ verb, plural, subresource, name, query }: StandInRequest) =>
  [verb, plural, subresource, name, query.fieldSelector].join(' ');

/** Every request goes wrong in these ways, one after the other, before it is let through. */
function failEach({ scene }: FaultScene, faults: readonly Fault[]): void {
  const times = new Map<string, number>();
  scene.cluster.faults.push((request) => {
    const before = times.get(keyOf(request)) ?? 0;
    times.set(keyOf(request), before + 1);
    const fault = faults[before];
    // A watch that is silent cannot be told from one that has no news: its own time limit ends it.
    const isSilentWatch =
      request.verb === 'watch' && fault && 'connection' in fault && fault.connection === 'hang';
    return isSilentWatch ? { connection: 'cutBefore' } : fault;
  });
}

test.each<[string, Fault[]]>([
  [
    'busy, broken, a proxy that speaks for it, silent, and cut off in the middle of an answer',
    [
      { code: 429, retryAfter: 7 },
      { code: 500 },
      { code: 503, text: '<html>one moment please</html>' },
      { connection: 'hang' },
      { connection: 'half' },
    ],
  ],
  [
    'cut off before the request is carried out, and after it',
    [{ connection: 'cutBefore' }, { code: 502 }, { code: 504 }, { code: 408 }, { connection: 'cutAfter' }],
  ],
])('an API server that is %s, at every single request: the run goes through', async (_, faults) => {
  await using fault = await startFaultScene(postgres, 'exchanged credentials');
  failEach(fault, faults);
  const waits: number[] = [];
  const wait = async (milliseconds: number) => {
    waits.push(milliseconds);
  };
  const { result, detail } = await runInProcess(fault, { wait, timeoutMs: 250 });
  expect(result, detail).toBe('registered');
  await expectRegistered(fault);
  expect(waits.filter((ms) => ms >= 7000).length > 0).toBe(faults.some((fault) => 'retryAfter' in fault));
});

test('an API server that stays away: the run fails, and nobody has to decide anything', async () => {
  await using fault = await startFaultScene(postgres);
  fault.scene.cluster.faults.push(({ plural }) => (plural === 'secrets' ? undefined : { code: 503 }));
  const { result, detail, error } = await runInProcess(fault);
  expect(result).toBe('failed');
  expect(error).not.toMatchObject({ name: 'PermanentError' });
  expect(detail).toMatch(/while reading lakekeepers lakekeeper\/lakekeeper-acme: .*503/);
  expect(await fault.row()).toMatchObject({
    iceberg_state: 'provisioning',
    status_message: expect.stringMatching(/^lakekeeper-gitops: .*503/),
  });
});

test('a watch that is cut again and again is resumed after a wait, without a missing event', async () => {
  await using fault = await startFaultScene(postgres);
  const { cluster } = fault.scene;
  let cuts = 0;
  let waits = 0;
  // The operator sleeps until they have been cut often enough.
  const operator = cluster.faults.splice(0, 1);
  cluster.faults.push(({ verb }) => {
    if (verb !== 'watch') return undefined;
    cuts += 1;
    if (cuts === 30) {
      cluster.faults.push(...operator);
      for (const wake of operator) wake({ verb: 'patch', plural: 'lakekeepers' } as StandInRequest);
    }
    if (cuts < 30) setImmediate(() => cluster.endWatches(cuts % 2 ? 'cut' : 'end'));
    return undefined;
  });
  const wait = async () => {
    waits += 1;
  };
  const { result, detail } = await runInProcess(fault, { wait });
  expect(result, detail).toBe('registered');
  await expectRegistered(fault);
  // Not busy: a watch that brought nothing is followed by a wait.
  expect(waits).toBeGreaterThanOrEqual(cuts - 4);
});

test('a Secret that somebody else creates first is used as it is', async () => {
  await using fault = await startFaultScene(postgres);
  const theirs = {
    'db-user': 'lakekeeper_acme',
    'db-password': 'a password of theirs',
    'encryption-key': 'a key of theirs',
    'oauth2-client-secret': 'a placeholder of theirs',
  };
  let isDone = false;
  fault.scene.cluster.faults.push(({ verb, plural }) => {
    if (verb === 'create' && plural === 'secrets' && !isDone) {
      isDone = true;
      fault.scene.putSecret('lakekeeper', 'lakekeeper-acme', theirs);
    }
    return undefined;
  });
  expect((await runInProcess(fault)).result).toBe('registered');
  await expectRegistered(fault);
  expect(fault.scene.orgSecret()).toEqual(theirs);
});

test('a Secret that is edited at the same moment is read again, and the edit is kept', async () => {
  await using fault = await startFaultScene(postgres, 'exchanged credentials');
  let isDone = false;
  fault.scene.cluster.faults.push(({ verb, plural }) => {
    if (verb === 'patch' && plural === 'secrets' && !isDone) {
      isDone = true;
      const held = fault.scene.orgSecret() ?? {};
      fault.scene.putSecret('lakekeeper', 'lakekeeper-acme', { ...held, 'a-key-of-theirs': 'stays' });
    }
    return undefined;
  });
  expect((await runInProcess(fault)).result).toBe('registered');
  expect(fault.scene.orgSecret()).toMatchObject({
    'a-key-of-theirs': 'stays',
    'db-password': 'the password of today',
    'encryption-key': 'the encryption key',
  });
});

test.each(['was made before', 'is made by this run'])(
  'no value of the Secret that %s is told, whoever quotes it: encryption key and OAuth secret too',
  async (when) => {
    await using fault = await startFaultScene(postgres);
    if (when === 'was made before') await runInProcess(fault);
    const valuesOf = () =>
      Object.values(fault.scene.orgSecret() ?? {}).filter((value) => value !== 'lakekeeper_acme');
    fault.scene.cluster.faults.push(({ plural }) => {
      const message = `admission webhook "a" denied the request: ${valuesOf().join(' ')}`;
      return plural === 'deployments' ? { code: 403, text: JSON.stringify({ message }) } : undefined;
    });
    const { detail, log } = await runInProcess(fault);
    expect(detail).toContain('[redacted]');
    const told = [detail, log, String((await fault.row()).status_message)].join('\n');
    expect(valuesOf()).toHaveLength(3);
    for (const value of valuesOf()) expect(told).not.toContain(value);
  },
);
