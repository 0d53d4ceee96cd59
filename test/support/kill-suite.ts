import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Crossing, nameOf } from './crossing.ts';
import { type EmbeddedPostgres, startPostgres } from './embedded-postgres.ts';
import { expectRegistered, type FaultScene, startFaultScene, type Variant } from './fault-scene.ts';
import type { Run } from './program.ts';
import { type RunOptions, runInProcess } from './run-in-process.ts';

/** A run that can be killed. */
export interface Killable {
  kill(): void;
  /** Whether it came to its end by itself, and why not. */
  readonly ended: Promise<{ readonly isDone: boolean; readonly detail: string }>;
}

/** What a server sees of SIGKILL, without a process: the run is ended, and the gate cuts all that it still sends. */
export function killableInProcess(
  run: (signal: AbortSignal) => Promise<{ readonly isDone: boolean; readonly detail: string }>,
): Killable {
  const killed = new AbortController();
  return { kill: () => killed.abort(new Error('killed')), ended: run(killed.signal) };
}

/** Killed by SIGKILL. */
export function killableProcess({ child, ended }: Run): Killable {
  return {
    kill: () => child.kill('SIGKILL'),
    ended: ended.then(({ code, stderr }) => ({ isDone: code === 0, detail: stderr })),
  };
}

/**
 * Kills the program before the first of its side effects, when the request is not there yet, and after each, when it
 * was carried out but the program does not know: one run for each. Before any other one, all is as it is after the
 * former one. The side effects are counted on the wire, so none can be forgotten.
 *
 * @param servers whose side effects: those of a variant that others have too are counted there.
 * @param known side effects that must be among them, as proof that the gate sees them.
 * @param by SIGKILL for a process of its own. To start one takes longer than a run does, so this is for one variant.
 */
export function describeKills(
  variant: Variant,
  servers: readonly Crossing['server'][],
  known: readonly string[],
  by: 'SIGKILL' | 'cutting it off' = 'cutting it off',
): void {
  let postgres: EmbeddedPostgres;
  beforeAll(async () => {
    postgres = await startPostgres();
  });
  afterAll(() => postgres.stop());

  const options: RunOptions = { acceptNewEncryptionKey: variant === 'new encryption key' };
  const start = (fault: FaultScene): Killable => {
    if (by !== 'SIGKILL')
      return killableInProcess(async (signal) => {
        const { result, detail } = await runInProcess(fault, { ...options, signal });
        return { isDone: result === 'registered', detail };
      });
    return killableProcess(fault.start());
  };

  test(`${variant}: killed before the first side effect or after any, the next run completes it once`, async () => {
    const killedAt = new Set<string>();
    for (;;) {
      await using fault = await startFaultScene(postgres, variant);
      const at = await runUntilNext(fault, killedAt, servers, start);
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
  start: (fault: FaultScene) => Killable,
): Promise<string | undefined> {
  const stage = killedAt.size === 0 ? 'request' : 'answer';
  const times = new Map<string, number>();
  let at: string | undefined;
  fault.gate = (crossing) => {
    if (at !== undefined) return 'cut';
    if (!crossing.isWrite || !servers.includes(crossing.server) || crossing.stage !== stage) return 'pass';
    const name = nameOf(crossing);
    const time = (times.get(name) ?? 0) + 1;
    times.set(name, time);
    const which = time === 1 ? name : `${name} (${time})`;
    if (killedAt.has(which)) return 'pass';
    at = which;
    killedAt.add(which);
    run.kill();
    return 'cut';
  };
  const run = start(fault);
  const { isDone, detail } = await run.ended;
  fault.gate = () => 'pass';
  if (at === undefined) expect(isDone, detail).toBe(true);
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
