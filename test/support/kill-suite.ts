import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Crossing, nameOf } from './crossing.ts';
import { type EmbeddedPostgres, startPostgres } from './embedded-postgres.ts';
import { expectRegistered, type FaultScene, startFaultScene, type Variant } from './fault-scene.ts';
import type { Run } from './program.ts';
import { type RunOptions, runInProcess } from './run-in-process.ts';

/**
 * Kills the program (SIGKILL) before the first of its side effects, when the request is not there yet, and after each,
 * when it was carried out but the program does not know: one run for each. Before any other one, all is as it is after
 * the former one. The side effects are counted on the wire, so none can be forgotten.
 *
 * @param servers whose side effects: those of a variant that others have too are counted there.
 * @param known side effects that must be among them, as proof that the gate sees them.
 */
export function describeKills(
  variant: Variant,
  servers: readonly Crossing['server'][],
  known: readonly string[],
): void {
  let postgres: EmbeddedPostgres;
  beforeAll(async () => {
    postgres = await startPostgres();
  });
  afterAll(() => postgres.stop());

  // Only what is killed has to be a process: to start one takes longer than a run does.
  const options: RunOptions = { acceptNewEncryptionKey: variant === 'new encryption key' };

  test(`${variant}: killed before the first side effect or after any, the next run completes it once`, async () => {
    const killedAt = new Set<string>();
    for (;;) {
      await using fault = await startFaultScene(postgres, variant);
      const at = await runUntilNext(fault, killedAt, servers);
      const afterKill = fault.scene.orgSecret();
      if (at === undefined) {
        await expectRegistered(fault);
        break;
      }
      const next = await runInProcess(fault, options);
      expect(next.result, `killed ${at}: ${next.detail}`).toMatch(/^(registered|unchanged)$/);
      await expectRegistered(fault).catch((cause: unknown) => {
        throw new Error(`killed ${at}`, { cause });
      });
      // What the catalog may run with already is kept.
      if (variant !== 'exchanged credentials') expect(fault.scene.orgSecret()).toMatchObject(afterKill ?? {});
      if (at.startsWith('after')) await expectNothingLeft(fault, at, options);
    }
    expect([...killedAt]).toEqual(
      expect.arrayContaining([expect.stringMatching(/^before /), ...known.map((what) => `after ${what}`)]),
    );
  });
}

/**
 * Runs the program and kills it after the first of its side effects that no former run was killed after; the very first
 * run, before its first one. They are told apart by name and not by their place, because a run may send one more than
 * another: a pod that the watch still shows is evicted again.
 *
 * @param killedAt where former runs were killed; this one is added.
 * @returns at which crossing; undefined when the run came to its end.
 */
export async function runUntilNext(
  fault: FaultScene,
  killedAt: Set<string>,
  servers: readonly Crossing['server'][],
  start: () => Run = fault.start,
): Promise<string | undefined> {
  const stage = killedAt.size === 0 ? 'request' : 'answer';
  const times = new Map<string, number>();
  let at: string | undefined;
  fault.gate = async (crossing) => {
    if (at !== undefined || !crossing.isWrite || !servers.includes(crossing.server)) return 'pass';
    if (crossing.stage !== stage) return 'pass';
    const name = nameOf(crossing);
    const time = (times.get(name) ?? 0) + 1;
    times.set(name, time);
    const which = time === 1 ? name : `${name} (${time})`;
    if (killedAt.has(which)) return 'pass';
    at = which;
    killedAt.add(which);
    run.child.kill('SIGKILL');
    await run.ended;
    return 'cut';
  };
  const run = start();
  const { code, stderr } = await run.ended;
  fault.gate = () => 'pass';
  if (at === undefined) expect(code, stderr).toBe(0);
  return at;
}

async function expectNothingLeft(fault: FaultScene, at: string, options: RunOptions): Promise<void> {
  const before = fault.crossings.length;
  const { result, detail } = await runInProcess(fault, options);
  expect(result, `killed ${at}: ${detail}`).toBe('unchanged');
  const writes = fault.crossings.slice(before).filter(({ isWrite, stage }) => isWrite && stage === 'request');
  // The guarded UPDATE is one statement, whether it finds something to write or not.
  expect(writes.filter(({ what }) => !what.startsWith('UPDATE')).map(nameOf), at).toEqual([]);
}
