import { afterAll, beforeAll, expect, test } from 'vitest';
import { PermanentError, UsageError } from '../../src/text/errors.ts';
import { type Crossing, type Fate, nameOf } from '../support/crossing.ts';
import { type EmbeddedPostgres, startPostgres } from '../support/embedded-postgres.ts';
import { expectRegistered, type FaultScene, startFaultScene } from '../support/fault-scene.ts';
import { runInProcess } from '../support/run-in-process.ts';

let postgres: EmbeddedPostgres;
beforeAll(async () => {
  // What was committed outlives a crash of the server.
  postgres = await startPostgres({ settings: { synchronous_commit: 'on' } });
});
afterAll(() => postgres.stop());

test('connections to the API server and to the catalog that break in the answer to any read cost no run', async () => {
  await using fault = await startFaultScene(postgres);
  const broken = new Set<string>();
  fault.gate = (crossing) => {
    const { server, stage, isWrite } = crossing;
    if (server === 'postgres' || isWrite || stage !== 'answer' || broken.has(nameOf(crossing))) return 'pass';
    broken.add(nameOf(crossing));
    return 'half';
  };
  const { result, detail } = await runInProcess(fault);
  expect(result, detail).toBe('registered');
  fault.gate = () => 'pass';
  await expectRegistered(fault);
  expect(broken.size).toBeGreaterThan(10);
});

/** A request that only reads leaves the same behind, wherever it is cut. */
const fates = { request: 'cut', answer: 'half' } as const satisfies Record<Crossing['stage'], Fate>;

test('a connection that breaks in any answer of Postgres, or at any side effect, costs at most one run', async () => {
  const seen = await breakEach(
    ({ server, isWrite, stage }) => isWrite || (server === 'postgres' && stage === 'answer'),
    ({ stage }) => fates[stage],
  );
  expect(seen.length).toBeGreaterThan(30);
});

test('a restart or crash of Postgres before any statement costs at most one more run', async () => {
  let isOrderly = false;
  const seen = await breakEach(
    ({ server, stage }) => server === 'postgres' && stage === 'request',
    async (): Promise<Fate> => {
      isOrderly = !isOrderly;
      await postgres.restart({ signal: isOrderly ? 'SIGINT' : 'SIGQUIT' });
      return 'pass';
    },
  );
  expect(seen.length).toBeGreaterThan(10);
});

/**
 * Something happens to each crossing that is meant, to one in each run, and after at most one more run all is as it
 * should be. A crossing without an effect leaves all as it was before it: when the run has failed there, the next one
 * gets further in the same scene. What is asked twice in the same words is asked by the same code, and is broken once.
 */
async function breakEach(
  isMeant: (crossing: Crossing) => boolean,
  happen: (crossing: Crossing) => Fate | Promise<Fate>,
): Promise<string[]> {
  const broken = new Set<string>();
  for (let found = -1; found < broken.size; ) {
    found = broken.size;
    await using fault = await startFaultScene(postgres);
    for (let hasFailed = true; hasFailed; ) {
      const { at, result } = await runBroken(
        fault,
        (crossing) => isMeant(crossing) && !broken.has(nameOf(crossing)),
        happen,
      );
      if (at !== undefined) broken.add(nameOf(at));
      hasFailed = result === 'failed' && !(at?.isWrite && at.stage === 'answer');
    }
    const last = [...broken].at(-1);
    const again = await runInProcess(fault);
    expect(again.result, `after ${last} broke: ${again.detail}`).not.toBe('failed');
    await expectRegistered(fault).catch((cause: unknown) => {
      throw new Error(`after ${last} broke`, { cause });
    });
  }
  return [...broken];
}

async function runBroken(
  fault: FaultScene,
  isMeant: (crossing: Crossing) => boolean,
  happen: (crossing: Crossing) => Fate | Promise<Fate>,
): Promise<{ readonly at: Crossing | undefined; readonly result: string }> {
  let at: Crossing | undefined;
  let happened: Fate | Promise<Fate> = 'pass';
  fault.gate = (crossing) => {
    if (at !== undefined || !isMeant(crossing)) return 'pass';
    at = crossing;
    happened = happen(crossing);
    return happened;
  };
  const { result, detail, error } = await runInProcess(fault);
  // It may last longer than the run does.
  await happened;
  fault.gate = () => 'pass';
  if (at === undefined) expect(result, detail).not.toBe('failed');
  // Nobody has to decide anything.
  for (const kind of [PermanentError, UsageError])
    expect(error, `${at && nameOf(at)} broke: ${detail}`).not.toBeInstanceOf(kind);
  return { at, result };
}
