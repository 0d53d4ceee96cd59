import { writeFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { encodeRetirement } from '../../src/catalog/retirement-inputs.ts';
import { type EmbeddedPostgres, startPostgres } from '../support/embedded-postgres.ts';
import { type FaultScene, startFaultScene } from '../support/fault-scene.ts';
import { killableInProcess, killableProcess, runUntilNext } from '../support/kill-suite.ts';
import { startLakekeeperGitops } from '../support/program.ts';
import { retireInProcess } from '../support/retire-in-process.ts';
import { runInProcess } from '../support/run-in-process.ts';

/** As `describeKills`, which registers: killed before the first side effect, and after each. `delete` is a process. */

let postgres: EmbeddedPostgres;
beforeAll(async () => {
  postgres = await startPostgres();
});
afterAll(() => postgres.stop());

const disable = `UPDATE duckgres_managed_warehouses SET iceberg_enabled = false WHERE org_id = 'acme'`;
const remove = `DELETE FROM duckgres_managed_warehouses WHERE org_id = 'acme'`;
const login = 'postgres ALTER ROLE "lakekeeper_acme" NOLOGIN';
const sessions = 'postgres SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity';

test.each([
  {
    policy: 'retain' as const,
    start: (fault: FaultScene) =>
      killableInProcess(async (signal) => {
        const { outcome, detail, error } = await retireInProcess(fault, { policy: 'retain' }, signal);
        return { isDone: outcome === 'retired', detail: `${detail} ${error}` };
      }),
    leave: disable,
    sideEffects: [login, sessions, 'kubernetes PATCH lakekeeper/secrets/lakekeeper-acme', 'postgres UPDATE'],
    end: {
      stores: { databases: ['lakekeeper_acme'], roles: ['lakekeeper_acme'] },
      secret: ['db-user', 'encryption-key', 'oauth2-client-secret'],
      labels: { 'lakekeeper-gitops/retired': 'true' },
      row: { iceberg_state: 'retired', iceberg_lakekeeper_endpoint: '' },
    },
  },
  {
    policy: 'delete' as const,
    start: (fault: FaultScene) => {
      const [inputs, kubeconfig] = [fault.file('retirement.json'), fault.file('kubeconfig')];
      writeFileSync(inputs, encodeRetirement({ version: 1, policy: 'delete', registration: fault.inputs }));
      return killableProcess(
        startLakekeeperGitops(['retire', '--inputs', inputs, '--kubeconfig', kubeconfig]),
      );
    },
    leave: remove,
    sideEffects: [
      ...[login, sessions, 'postgres DROP DATABASE', 'postgres DROP ROLE'],
      'kubernetes DELETE lakekeeper/secrets/lakekeeper-acme',
      'kubernetes POST lakekeeper/configmaps',
    ],
    end: {
      stores: { databases: [], roles: [] },
      secret: null,
      record: { iceberg_state: 'retired', iceberg_lakekeeper_endpoint: '' },
      row: {},
    },
  },
])('$policy: killed at any side effect, the next run ends as one that was not disturbed', async (given) => {
  const { policy, start, leave, sideEffects, end } = given;
  const killedAt = new Set<string>();
  const ends: unknown[] = [];
  for (let at: string | undefined = ''; at !== undefined; ) {
    await using fault = await startFaultScene(postgres, 'cloud admin');
    expect((await runInProcess(fault)).result).toBe('registered');
    const session = await sessionOf(fault);
    await fault.sql(leave);
    fault.scene.cluster.delete('lakekeepers', 'lakekeeper', 'lakekeeper-acme');
    at = await runUntilNext(fault, killedAt, ['postgres', 'kubernetes'], start);
    if (at !== undefined) {
      const next = await retireInProcess(fault, { policy });
      expect(next, `killed ${at}`).toMatchObject({ outcome: 'retired', detail: '' });
    }
    await session.ended;
    ends.push(await endOf(fault));
    expect(ends.at(-1), at).toMatchObject(end);
    const again = await retireInProcess(fault, { policy });
    expect(again, `killed ${at}`).toMatchObject({ outcome: 'retired', actions: [] });
  }
  for (const one of ends) expect(one).toEqual(ends.at(-1));
  expect([...killedAt]).toEqual(
    [`before ${login}`, ...sideEffects.map((what) => `after ${what}`)].map((what) =>
      expect.stringContaining(what),
    ),
  );
});

/** A session that the catalog has left behind. */
async function sessionOf({ scene }: FaultScene): Promise<{ readonly ended: Promise<unknown> }> {
  const { 'db-user': user = '', 'db-password': password = '' } = scene.orgSecret() ?? {};
  const client = await scene.connect(user, password, 'lakekeeper_acme');
  return { ended: new Promise((resolve) => client.on('error', resolve)) };
}

/** All that a retirement leaves behind, without what differs from scene to scene. */
async function endOf({ scene, inputs, stores, row, sql }: FaultScene): Promise<unknown> {
  const { cluster } = scene;
  const secret = scene.orgSecret();
  const { created_at: _, updated_at: __, ...columns } = await row();
  const end = {
    stores: await stores(),
    roles: await sql(`SELECT rolcanlogin FROM pg_roles WHERE rolname = 'lakekeeper_acme'`),
    secret: secret === undefined ? null : Object.keys(secret).sort(),
    labels: cluster.get('secrets', 'lakekeeper', 'lakekeeper-acme')?.metadata.labels,
    record: cluster.get('configmaps', 'lakekeeper', 'lakekeeper-acme-endpoint')?.data,
    row: columns,
  };
  return JSON.parse(JSON.stringify(end).replaceAll(`:${inputs.metadataStore.port}`, ''));
}
