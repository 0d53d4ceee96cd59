import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Connection, parseConnection } from '../../../src/clients/postgres/connection.ts';
import { withClient } from '../../../src/clients/postgres/postgres-client.ts';
import { lockKey, withOrgLock } from '../../../src/registration/metadata-store/org-lock.ts';
import { type EmbeddedPostgres, startPostgres } from '../../support/embedded-postgres.ts';

let server: EmbeddedPostgres;
let connection: Connection;
beforeAll(async () => {
  server = await startPostgres();
  connection = parseConnection(server.url, {});
});
afterAll(() => server?.stop());

const sleep = (milliseconds: number): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, milliseconds));

/** Ends every session that holds or awaits an advisory lock. */
const terminateHolders = (): Promise<unknown> =>
  withClient(connection, (client) =>
    client.query("SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND granted"),
  );

describe('the lock of an org', () => {
  test('lets one run work at a time, and the others wait for their turn', async () => {
    let working = 0;
    let most = 0;
    const done = await Promise.all(
      Array.from({ length: 6 }, (_, run) =>
        withOrgLock(connection, 'acme', async ({ assertHeld }) => {
          most = Math.max(most, ++working);
          await sleep(20);
          await assertHeld();
          working--;
          return run;
        }),
      ),
    );
    expect(most).toBe(1);
    expect(done).toEqual([0, 1, 2, 3, 4, 5]);
  });

  test('keeps orgs apart', async () => {
    const inner = await withOrgLock(connection, 'acme', () =>
      withOrgLock(connection, 'other', async ({ assertHeld }) => {
        await assertHeld();
        return 'both';
      }),
    );
    expect(inner).toBe('both');
    expect(new Set(['acme', 'acme ', 'Acme', ''].map(lockKey)).size).toBe(4);
    // Two versions of this program must lock each other out, so the number may never change.
    expect(lockKey('acme')).toBe(1374203425581721070n);
  });

  test('lets one run work at a time also from different databases of the server', async () => {
    let working = 0;
    let most = 0;
    const runs = Array.from({ length: 3 }, () => [connection, connection.to('template1')]);
    await Promise.all(
      runs.flat().map((at) =>
        withOrgLock(at, 'acme', async ({ assertHeld }) => {
          most = Math.max(most, ++working);
          await sleep(20);
          await assertHeld();
          working--;
        }),
      ),
    );
    expect(most).toBe(1);
  });

  test.each([
    ['template1', 'postgres'],
    ['postgres', 'template1'],
  ])('held in %s is waited for in %s, which is said, and ends with the signal', async (held, waits) => {
    const end = new AbortController();
    const waiting = parseConnection(server.url, {}, { signal: end.signal }).to(waits);
    let work: Promise<string> = Promise.resolve('never began');
    await withOrgLock(connection.to(held), 'acme', async () => {
      await new Promise<void>((onWait) => {
        work = withOrgLock(waiting, 'acme', async () => 'mine', onWait);
      });
      end.abort(new Error('the deadline has passed'));
      await expect(work).rejects.toThrow('the deadline has passed');
      await new Promise<void>((onWait) => {
        work = withOrgLock(connection.to(waits), 'acme', async ({ waited }) => `mine, ${waited}`, onWait);
      });
    });
    expect(await work).toBe('mine, true');
  });

  test('is released when the work fails', async () => {
    await expect(withOrgLock(connection, 'acme', () => Promise.reject(new Error('broken')))).rejects.toThrow(
      'broken',
    );
    expect(await withOrgLock(connection, 'acme', async () => 'free')).toBe('free');
  });

  test('that is lost makes the next check fail, for a reason that trying again may help', async () => {
    const work = withOrgLock(connection, 'acme', async ({ assertHeld }) => {
      await assertHeld();
      await terminateHolders();
      await assertHeld();
    });
    await expect(work).rejects.toThrow('the lock of acme on 127.0.0.1');
    await expect(work).rejects.not.toMatchObject({ name: 'PermanentError' });
  });

  test('of another org is not lost with it', async () => {
    const work = withOrgLock(connection, 'acme', async ({ assertHeld }) =>
      withOrgLock(connection, 'other', async (other) => {
        await withClient(connection, (client) =>
          client.query(
            `SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND objid = $1::oid`,
            [BigInt.asUintN(32, lockKey('acme')).toString()],
          ),
        );
        await other.assertHeld();
        await assertHeld();
      }),
    );
    await expect(work).rejects.toThrow('the lock of acme');
  });

  test('ends with a process that is killed', async () => {
    const module = (path: string): string =>
      JSON.stringify(fileURLToPath(new URL(`../../../src/${path}`, import.meta.url)));
    const script = `
      const { withOrgLock } = await import(${module('registration/metadata-store/org-lock.ts')});
      const { parseConnection } = await import(${module('clients/postgres/connection.ts')});
      await withOrgLock(parseConnection(${JSON.stringify(server.url)}, {}), 'acme', async () => {
        console.log('held');
        await new Promise((resolve) => setTimeout(resolve, 60_000));
      });`;
    const holder = spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', script], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    await once(holder.stdout, 'data');
    let waited: Promise<string> = Promise.resolve('never began');
    await new Promise<void>((onWait) => {
      waited = withOrgLock(connection, 'acme', async () => 'mine', onWait);
    });
    holder.kill('SIGKILL');
    expect(await waited).toBe('mine');
  });
});
