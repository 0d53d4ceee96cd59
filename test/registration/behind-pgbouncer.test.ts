import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { PermanentError } from '../../src/text/errors.ts';
import { type EmbeddedPostgres, startPostgres } from '../support/embedded-postgres.ts';
import { expectRegistered, startFaultScene } from '../support/fault-scene.ts';
import { isPgBouncerAbsent, withPgBouncer } from '../support/pgbouncer.ts';
import { runInProcess } from '../support/run-in-process.ts';

let postgres: EmbeddedPostgres;
beforeAll(async () => {
  postgres = await startPostgres();
});
afterAll(() => postgres.stop());

describe.skipIf(isPgBouncerAbsent)('a metadata store whose admin is reached through PgBouncer', () => {
  test('in transaction mode is refused, with the reason, and nothing is made', async () => {
    await using fault = await startFaultScene(postgres);
    await withPgBouncer(postgres, 'transaction', async (port) => {
      fault.inputs = { ...fault.inputs, metadataStore: { ...fault.inputs.metadataStore, port } };
      const { error, detail } = await runInProcess(fault);
      expect(error).toBeInstanceOf(PermanentError);
      expect(detail).toContain('is a pooler in transaction mode');
    });
    expect(await fault.stores()).toEqual({ databases: [], roles: [] });
    expect(fault.scene.orgSecret()).toBeUndefined();
    expect(await fault.row()).toMatchObject({ iceberg_state: 'failed' });
  });

  test('in session mode is as good as Postgres itself', async () => {
    await using fault = await startFaultScene(postgres);
    await withPgBouncer(postgres, 'session', async (port) => {
      fault.inputs = { ...fault.inputs, metadataStore: { ...fault.inputs.metadataStore, port } };
      for (const expected of ['registered', 'unchanged']) {
        const { result, detail } = await runInProcess(fault);
        expect(result, detail).toBe(expected);
      }
    });
    await expectRegistered(fault);
  });
});
