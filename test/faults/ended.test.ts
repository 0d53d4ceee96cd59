import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Crossing, type Fate, type Gate, nameOf } from '../support/crossing.ts';
import { type EmbeddedPostgres, startPostgres } from '../support/embedded-postgres.ts';
import { expectRegistered, type FaultScene, startFaultScene } from '../support/fault-scene.ts';
import { moment } from '../support/moment.ts';
import type { Ended } from '../support/program.ts';
import { runInProcess } from '../support/run-in-process.ts';

let postgres: EmbeddedPostgres;
beforeAll(async () => {
  postgres = await startPostgres();
});
afterAll(() => postgres.stop());

const lastLine = ({ stderr }: Ended) => stderr.trimEnd().split('\n').at(-1);

/** Kubernetes waits for 30 s; what takes longer than 25 s hangs, also where others have the cores. */
async function within25Seconds<T>(what: string, promise: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${what}: still running after 25 s`)), 25_000);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}

/** Holds what is meant, and tells when it is there. */
function holdAt(isMeant: (crossing: Crossing) => boolean): { gate: Gate; reached: Promise<string> } {
  const { reached, come } = moment<string>();
  const gate: Gate = (crossing) => {
    if (!isMeant(crossing)) return 'pass';
    come(nameOf(crossing));
    return 'hold';
  };
  return { gate, reached };
}

/**
 * Holds the first request of a run that no run before it was held at: what the program waits for when it is ended. It
 * has no effect, so the next run goes on from there. The Event comes when all is done.
 *
 * @param held where runs were held; this request is added.
 * @param keyOf requests with the same key are held once.
 */
function holdNext(
  fault: FaultScene,
  held: Set<string>,
  keyOf: (crossing: Crossing) => string,
): Promise<string> {
  let isHeld = false;
  const { gate, reached } = holdAt((crossing) => {
    if (isHeld || crossing.stage !== 'request' || crossing.what.endsWith('/events')) return false;
    isHeld = !held.has(keyOf(crossing));
    held.add(keyOf(crossing));
    return isHeld;
  });
  fault.gate = gate;
  return reached;
}

/** Nothing holds the lock of the org, once Postgres has ended the session whose connection is closed. */
async function expectNoLock(fault: FaultScene, at: string): Promise<void> {
  const locks = () => fault.sql(`SELECT pid FROM pg_locks WHERE locktype = 'advisory'`);
  await expect.poll(locks, { message: at, timeout: 10_000 }).toEqual([]);
}

test('a run ends, whatever it waits for, and the next run goes on from there', async () => {
  await using fault = await startFaultScene(postgres, 'authentication');
  const held = new Set<string>();
  for (;;) {
    const reached = holdNext(fault, held, nameOf);
    const termination = new AbortController();
    const run = runInProcess(fault, { signal: termination.signal });
    const at = await Promise.race([reached, run.then(() => undefined)]);
    if (at === undefined) {
      const { result, detail } = await run;
      expect(result, `ended ${[...held].at(-1)}: ${detail}`).toBe('registered');
      break;
    }
    termination.abort(new Error('the run was ended by SIGTERM'));
    expect({ at, ...(await within25Seconds(`ended ${at}`, run)) }).toMatchObject({
      at,
      result: 'failed',
      detail: expect.stringContaining('ended by SIGTERM'),
    });
    await expectNoLock(fault, at);
  }
  await expectRegistered(fault);
  expect(held.size).toBeGreaterThan(30);
});

/** What keeps a process from its end is the same for all requests of a kind. */
function kindOf({ server, what }: Crossing): string {
  const [verb = ''] = what.split(' ');
  return `${server} ${server === 'postgres' && verb !== 'connect' ? 'statement' : verb}`;
}

test('SIGTERM ends the program, and the last line says so', async () => {
  await using fault = await startFaultScene(postgres, 'authentication');
  const held = new Set<string>();
  for (;;) {
    const reached = holdNext(fault, held, kindOf);
    const run = fault.start();
    const at = await Promise.race([reached, run.ended.then(() => undefined)]);
    if (at === undefined) {
      const { code, stderr } = await run.ended;
      expect(code, `ended ${[...held].at(-1)}: ${stderr}`).toBe(0);
      break;
    }
    run.child.kill('SIGTERM');
    const ended = await within25Seconds(`SIGTERM ${at}`, run.ended);
    expect({ at, code: ended.code, line: lastLine(ended) }).toEqual({
      at,
      code: 1,
      line: expect.stringMatching(/^ {2}because: the run was ended by SIGTERM$|ended by SIGTERM/),
    });
    await expectNoLock(fault, at);
  }
  await expectRegistered(fault);
  expect(held.size).toBeGreaterThan(6);
});

describe('servers that fall silent', () => {
  test.each([
    ['the metadata store', 'before postgres CREATE DATABASE', 'postgres'],
    ['the API server', 'before kubernetes GET lakekeeper/jobs', 'kubernetes'],
    ['all of them', 'before lakekeeper POST /management/v1/warehouse', ''],
  ] as const)('%s: SIGTERM ends the program all the same', async (_, from, server) => {
    await using fault = await startFaultScene(postgres);
    let isSilent = false;
    const { gate, reached } = holdAt((crossing) => {
      isSilent ||= nameOf(crossing).startsWith(from);
      return isSilent && crossing.server.startsWith(server);
    });
    fault.gate = gate;
    const run = fault.start();
    await Promise.race([reached, run.ended]);
    run.child.kill('SIGTERM');
    const ended = await within25Seconds(from, run.ended);
    expect(ended.code).toBe(1);
    expect(ended.stderr).toContain('ended by SIGTERM');
  });

  test('the deadline ends the program, and its last line says what it waited for', async () => {
    await using fault = await startFaultScene(postgres);
    const { gate } = holdAt(({ what }) => what.startsWith('CREATE DATABASE'));
    fault.gate = gate;
    const ended = await fault.start('--deadline', '2s').ended;
    expect(ended.code).toBe(1);
    expect(ended.stderr).toContain('the deadline of 2 s has passed; run register again');
    expect(await fault.row()).toMatchObject({ iceberg_state: 'provisioning' });
  });
});

test('a run that waits for another run of the org is ended by SIGTERM, and leaves the other one alone', async () => {
  await using fault = await startFaultScene(postgres);
  const [creating, waiting, released] = [moment(), moment(), moment()];
  fault.gate = async ({ what, stage }): Promise<Fate> => {
    if (what.startsWith('SELECT pg_catalog.pg_advisory_lock')) waiting.come();
    if (!what.startsWith('CREATE ROLE') || stage !== 'request') return 'pass';
    creating.come();
    await released.reached;
    return 'pass';
  };
  const first = fault.start();
  await creating.reached;
  const second = fault.start();
  await waiting.reached;
  second.child.kill('SIGTERM');
  expect((await within25Seconds('the second run', second.ended)).code).toBe(1);
  released.come();
  expect((await first.ended).code).toBe(0);
  await expectRegistered(fault);
});
