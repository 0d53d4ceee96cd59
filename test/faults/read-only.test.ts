import { afterEach, beforeEach, expect, test } from 'vitest';
import { PermanentError } from '../../src/text/errors.ts';
import type { Fate } from '../support/crossing.ts';
import { type EmbeddedPostgres, startPostgres } from '../support/embedded-postgres.ts';
import { expectRegistered, startFaultScene } from '../support/fault-scene.ts';
import { runInProcess } from '../support/run-in-process.ts';

let postgres: EmbeddedPostgres;
beforeEach(async () => {
  postgres = await startPostgres({ settings: { synchronous_commit: 'on' } });
});
afterEach(() => postgres.stop());

test('a server that is a standby for a while is nothing that a person has to decide about', async () => {
  await using fault = await startFaultScene(postgres);
  await postgres.restart({ isStandby: true });
  const during = await runInProcess(fault);
  expect(during.result).toBe('failed');
  expect(during.detail).toContain('read-only transaction');
  expect(during.error).not.toBeInstanceOf(PermanentError);
  expect(fault.scene.orgSecret()).toBeUndefined();
  await postgres.restart();
  expect((await runInProcess(fault)).result).toBe('registered');
  await expectRegistered(fault);
});

test('a server that becomes a standby after any write of ours costs one more run', async () => {
  for (const write of ['CREATE ROLE', 'CREATE DATABASE', 'REVOKE', 'ALTER SCHEMA']) {
    await using fault = await startFaultScene(postgres);
    let isDone = false;
    const failover: Promise<void>[] = [];
    fault.gate = async ({ what, stage }): Promise<Fate> => {
      if (isDone || stage !== 'answer' || !what.startsWith(write)) return 'pass';
      isDone = true;
      failover.push(postgres.restart({ isStandby: true }));
      await Promise.all(failover);
      return 'pass';
    };
    const during = await runInProcess(fault);
    await Promise.all(failover);
    expect({ write, isDone, result: during.result }).toEqual({ write, isDone: true, result: 'failed' });
    expect(during.error, write).not.toBeInstanceOf(PermanentError);
    await postgres.restart();
    expect((await runInProcess(fault)).result, write).toBe('registered');
    await expectRegistered(fault);
  }
});

test('default_transaction_read_only, as a database whose disk is full has it, is not the end either', async () => {
  await using fault = await startFaultScene(postgres);
  await fault.sql('ALTER SYSTEM SET default_transaction_read_only = on');
  await fault.sql('SELECT pg_reload_conf()');
  await expect
    .poll(async () => fault.sql('SHOW default_transaction_read_only'))
    .toEqual([{ default_transaction_read_only: 'on' }]);
  const during = await runInProcess(fault);
  expect(during.result).toBe('failed');
  expect(during.error).not.toBeInstanceOf(PermanentError);
  await fault.sql('ALTER SYSTEM RESET default_transaction_read_only');
  await postgres.restart();
  expect((await runInProcess(fault)).result).toBe('registered');
  await expectRegistered(fault);
});
