import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startValuesKeys } from '../../src/registration/secret/start-values.ts';
import { type EmbeddedPostgres, startPostgres } from '../support/embedded-postgres.ts';
import { expectRegistered, type FaultScene, startFaultScene } from '../support/fault-scene.ts';
import type { SimulatedCatalog } from '../support/operate.ts';
import { podsOf, startPod } from '../support/roll-out.ts';
import { runInProcess } from '../support/run-in-process.ts';

let postgres: EmbeddedPostgres;
beforeAll(async () => {
  postgres = await startPostgres();
});
afterAll(() => postgres.stop());

const rows = (set: string) => (fault: FaultScene) =>
  fault.sql(`UPDATE duckgres_managed_warehouses SET ${set}`);
const inside = (sql: string) => async (fault: FaultScene) => {
  const client = await fault.scene.connect(postgres.user, postgres.password, 'lakekeeper_acme');
  await client.query(sql).finally(() => client.end());
};
const warehouse = ({ scene }: FaultScene) => scene.lakekeeper.warehouses[0] ?? expect.unreachable();
const secretOf = ({ scene }: FaultScene) =>
  scene.cluster.get('secrets', 'lakekeeper', 'lakekeeper-acme') ?? expect.unreachable();
const encoded = (text: string) => Buffer.from(text).toString('base64');
function replacePods(catalog: SimulatedCatalog): void {
  for (const { metadata } of podsOf(catalog)) {
    catalog.cluster.delete('pods', catalog.namespace, metadata.name);
    startPod(catalog);
  }
}

describe('an org is not in order when', () => {
  // One org for all: each run puts it in order again.
  let fault: FaultScene;
  beforeAll(async () => {
    fault = await startFaultScene(postgres);
    expect((await runInProcess(fault)).result).toBe('registered');
    expect((await runInProcess(fault)).result).toBe('unchanged');
  });
  afterAll(() => fault[Symbol.asyncDispose]());

  test.each<[string, (fault: FaultScene) => unknown, string[]]>([
    ['the row says that it failed', rows(`iceberg_state = 'failed'`), ['writeRecord']],
    ['the row has a message of ours', rows(`status_message = 'lakekeeper-gitops: no'`), ['writeRecord']],
    ['the row has another endpoint', rows(`iceberg_lakekeeper_endpoint = 'http://other'`), ['writeRecord']],
    [
      'the database is open to PUBLIC',
      (fault) => fault.sql('GRANT CONNECT ON DATABASE lakekeeper_acme TO PUBLIC'),
      ['revokePublicConnect'],
    ],
    ['the schema has another owner', inside('ALTER SCHEMA public OWNER TO CURRENT_USER'), ['setSchemaOwner']],
    [
      'the login of the role ends',
      (fault) => fault.sql(`ALTER ROLE lakekeeper_acme VALID UNTIL '2100-01-01'`),
      ['enableLogin', 'setPassword'],
    ],
    [
      'a value of the Secret is gone',
      (fault) => {
        const { 'oauth2-client-secret': _, ...data } = secretOf(fault).data as Record<string, string>;
        fault.scene.cluster.put('secrets', { ...secretOf(fault), data });
      },
      ['updateSecret'],
    ],
    [
      'pods are older than their values',
      (fault) => {
        const { metadata } = fault.scene.cluster.put('configmaps', {
          metadata: { namespace: 'lakekeeper', name: 'now' },
        });
        const changedAt = String(metadata.creationTimestamp);
        const { metadata: of, ...secret } = secretOf(fault);
        const annotations = { ...(of.annotations as object), [startValuesKeys.changedAt]: changedAt };
        // As registration itself: an annotation that another client wrote may be of a backup.
        fault.scene.cluster.put(
          'secrets',
          { ...secret, metadata: { ...of, annotations } },
          'lakekeeper-gitops',
        );
      },
      ['replacePods', 'notePods'],
    ],
    [
      'the Secret has no note of its values',
      (fault) => {
        const { metadata: of, ...secret } = secretOf(fault);
        const { [startValuesKeys.credentials]: _, ...annotations } = of.annotations as Record<string, string>;
        fault.scene.cluster.put('secrets', { ...secret, metadata: { ...of, annotations } });
      },
      ['noteChange'],
    ],
    [
      'a value was changed that all pods have read since',
      async (fault) => {
        const { 'db-user': user = '', 'db-password': password = '' } = fault.scene.orgSecret() ?? {};
        await fault.sql(`ALTER ROLE ${user} PASSWORD '${password}2'`);
        const data = { ...(secretOf(fault).data as object), 'db-password': encoded(`${password}2`) };
        fault.scene.cluster.put('secrets', { ...secretOf(fault), data });
        replacePods(fault.scene.catalog);
      },
      ['noteChange', 'notePods'],
    ],
    ['the warehouse is gone', ({ scene }) => scene.lakekeeper.warehouses.splice(0), ['createWarehouse']],
    [
      'the warehouse is inactive',
      (fault) => {
        warehouse(fault).isActive = false;
      },
      ['activateWarehouse'],
    ],
    [
      'its storage is another',
      (fault) => {
        warehouse(fault).profile = { ...warehouse(fault).profile, 'remote-signing-enabled': true };
      },
      ['updateStorage'],
    ],
    [
      'the key of the data store was exchanged',
      ({ scene }) => scene.putSecret('ducklings', 'duckling-acme-s3', { id: 'new-id', secret: 'new-secret' }),
      ['replaceCredential'],
    ],
  ])('%s', async (_, change, kinds) => {
    await change(fault);
    const { result, detail, actions } = await runInProcess(fault);
    expect(result, detail).toBe('registered');
    expect(actions.map(({ kind }) => kind)).toEqual(kinds);
    expect((await runInProcess(fault)).result).toBe('unchanged');
    await expectRegistered(fault);
  });
});

test.each<[string, (fault: FaultScene) => unknown, RegExp]>([
  ['the role may do more', ({ sql }) => sql('ALTER ROLE lakekeeper_acme CREATEDB'), /found CREATEDB/],
  [
    'the catalog is open to everyone',
    ({ scene }) => {
      const { tokens: _, ...settings } = scene.lakekeeper.settings;
      scene.lakekeeper.settings = settings;
    },
    /the catalog is open to everyone/,
  ],
  [
    'the catalog sends engines elsewhere',
    ({ scene: { lakekeeper } }) => {
      lakekeeper.settings = { ...lakekeeper.settings, baseURI: 'http://elsewhere' };
    },
    /the catalog sends engines to http:\/\/elsewhere/,
  ],
])('nor when %s, and the run says so', async (_, change, message) => {
  await using fault = await startFaultScene(postgres, 'authentication');
  expect((await runInProcess(fault)).result).toBe('registered');
  await change(fault);
  const { result, detail } = await runInProcess(fault);
  expect({ result, detail }).toEqual({ result: 'failed', detail: expect.stringMatching(message) });
});
