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

/** A request that only reads leaves the same behind, wherever it is cut. */
const fates = { request: 'cut', answer: 'half' } as const satisfies Record<Crossing['stage'], Fate>;

test('a connection that breaks in any answer, or before any side effect, costs at most one run', async () => {
  const seen = await breakEach(
    ({ isWrite, stage }) => isWrite || stage === 'answer',
    ({ stage }) => fates[stage],
  );
  expect(seen.length).toBeGreaterThan(40);
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
 * One scene for each crossing that is meant: something happens to it, and after at most one more run all is as it
 * should be. What is asked twice in the same words is asked by the same code, and is broken once: a read leaves
 * nothing behind, and what the side effects before it left is there when their own answers break.
 */
async function breakEach(
  isMeant: (crossing: Crossing) => boolean,
  happen: (crossing: Crossing) => Fate | Promise<Fate>,
): Promise<string[]> {
  const broken = new Set<string>();
  for (;;) {
    await using fault = await startFaultScene(postgres);
    const isNext = (crossing: Crossing) => isMeant(crossing) && !broken.has(nameOf(crossing));
    const at = await runBroken(fault, isNext, happen);
    if (at === undefined) return [...broken];
    broken.add(at);
    const again = await runInProcess(fault);
    expect(again.result, `after ${at} broke: ${again.detail}`).not.toBe('failed');
    await expectRegistered(fault).catch((cause: unknown) => {
      throw new Error(`after ${at} broke`, { cause });
    });
  }
}

async function runBroken(
  fault: FaultScene,
  isMeant: (crossing: Crossing) => boolean,
  happen: (crossing: Crossing) => Fate | Promise<Fate>,
): Promise<string | undefined> {
  let at: string | undefined;
  let happened: Fate | Promise<Fate> = 'pass';
  fault.gate = (crossing) => {
    if (at !== undefined || !isMeant(crossing)) return 'pass';
    at = nameOf(crossing);
    happened = happen(crossing);
    return happened;
  };
  const { result, detail, error } = await runInProcess(fault);
  // It may last longer than the run does.
  await happened;
  fault.gate = () => 'pass';
  if (at === undefined) expect(result, detail).toBe('registered');
  // Nobody has to decide anything.
  for (const kind of [PermanentError, UsageError])
    expect(error, `${at} broke: ${detail}`).not.toBeInstanceOf(kind);
  return at;
}
