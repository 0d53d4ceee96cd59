import { afterAll, beforeAll, expect, test } from 'vitest';
import { parseConnection } from '../../../src/clients/postgres/connection.ts';
import { observeAsRole } from '../../../src/registration/metadata-store/observe.ts';
import { withOrgLock } from '../../../src/registration/metadata-store/org-lock.ts';
import { PermanentError } from '../../../src/text/errors.ts';
import type { Fate } from '../../support/crossing.ts';
import { type EmbeddedPostgres, startPostgres } from '../../support/embedded-postgres.ts';
import { expectRegistered, startFaultScene } from '../../support/fault-scene.ts';
import { startOldPostgres } from '../../support/old-postgres.ts';
import { runInProcess } from '../../support/run-in-process.ts';

let postgres: EmbeddedPostgres;
beforeAll(async () => {
  postgres = await startPostgres();
});
afterAll(() => postgres.stop());

const longerThanAllowed = () => new Promise((resolve) => setTimeout(resolve, 2500));

test("no setting of the admin's role does harm", async () => {
  await using fault = await startFaultScene(postgres, 'cloud admin');
  for (const setting of [
    `statement_timeout = '1500ms'`,
    `lock_timeout = '1500ms'`,
    `transaction_timeout = '1500ms'`,
    `idle_session_timeout = '1500ms'`,
    'default_transaction_read_only = on',
    'search_path = nowhere',
  ])
    await fault.sql(`ALTER ROLE cloud SET ${setting}`);
  // The session is idle while its run writes the Secret.
  fault.gate = async ({ what, stage }): Promise<Fate> => {
    if (what === 'POST lakekeeper/secrets' && stage === 'request') await longerThanAllowed();
    return 'pass';
  };
  // And waits for the lock before that.
  const running = await withOrgLock(parseConnection(postgres.url, {}), 'acme', async () => {
    const run = runInProcess(fault);
    await expect
      .poll(() => fault.sql(`SELECT FROM pg_locks WHERE locktype = 'advisory' AND NOT granted`), {
        timeout: 20_000,
      })
      .toHaveLength(1);
    await longerThanAllowed();
    return { run };
  });
  const { result, detail, log } = await running.run;
  expect(result, detail).toBe('registered');
  expect(log).not.toContain('waiting for a moment');
  await expectRegistered(fault);
});

test.each(['9.6.24', '13.22', '14.19 (Debian 14.19-1)'])(
  'Postgres %s is too old, and is told so before it is asked anything that it may not understand',
  async (version) => {
    await using server = await startOldPostgres(version);
    const connection = parseConnection(`postgres://u:p@127.0.0.1:${server.port}/d?sslmode=disable`, {});
    for (const work of [
      () => withOrgLock(connection, 'acme', async () => {}),
      () => observeAsRole(connection, { database: 'd', postgresRole: 'u' }),
    ]) {
      const error = await work().catch((reason: unknown) => reason);
      expect(error).toBeInstanceOf(PermanentError);
      expect(String(error)).toMatch(/expected Postgres 15 or newer for the metadata store, and found \d+$/);
    }
    expect(server.asked).toEqual([]);
  },
);
