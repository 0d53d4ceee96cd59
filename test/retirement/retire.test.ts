import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { decode, inputsKey } from '../../src/catalog/registration-inputs.ts';
import { synth } from '../../src/synth.ts';
import { PermanentError } from '../../src/text/errors.ts';
import { runCommand } from '../support/command.ts';
import { type EmbeddedPostgres, startPostgres } from '../support/embedded-postgres.ts';
import { expectRegistered, type FaultScene, startFaultScene } from '../support/fault-scene.ts';
import { objectsIn, platform, the } from '../support/fleet.ts';
import { saySecretMissing } from '../support/operate.ts';
import { planRetirementOf, retireInProcess } from '../support/retire-in-process.ts';
import { runInProcess } from '../support/run-in-process.ts';
import { withDirectory } from '../support/tree.ts';

let postgres: EmbeddedPostgres;
let fault: FaultScene;

beforeAll(async () => {
  postgres = await startPostgres();
});
afterAll(() => postgres.stop());
/** An org that an admin without superuser rights has registered. */
beforeEach(async () => {
  fault = await startFaultScene(postgres, 'cloud admin');
  expect((await runInProcess(fault)).result).toBe('registered');
});
afterEach(() => fault[Symbol.asyncDispose]());

const rowOf = (change: string) =>
  fault.sql(`UPDATE duckgres_managed_warehouses SET ${change} WHERE org_id = 'acme'`);
/** What Argo CD does once a person confirms, and then the operator and the garbage collector. */
const prune = () => {
  const { cluster } = fault.scene;
  for (const kind of ['lakekeepers', 'deployments', 'jobs', 'pods'])
    for (const { metadata } of cluster.all(kind, 'lakekeeper'))
      cluster.delete(kind, 'lakekeeper', metadata.name);
};
/** What Argo CD applies again when the org comes back. */
const restore = () => {
  fault.scene.cluster.put('lakekeepers', {
    apiVersion: 'lakekeeper.k8s.lakekeeper.io/v1alpha1',
    metadata: { namespace: 'lakekeeper', name: 'lakekeeper-acme' },
    spec: { replicas: 2 },
  });
  saySecretMissing(fault.scene.catalog);
};
const leave = async () => {
  await rowOf('iceberg_enabled = false');
  prune();
};
const labels = () => fault.scene.cluster.get('secrets', 'lakekeeper', 'lakekeeper-acme')?.metadata.labels;
const login = (held = fault.scene.orgSecret() ?? {}) => {
  const { 'db-user': user = '', 'db-password': password = '' } = held;
  return fault.scene.connect(user, password, 'lakekeeper_acme');
};

test('nothing is changed while the custom resource is there, or the row is enabled', async () => {
  const writes = fault.scene.writes();
  const before = await fault.row();
  expect(await retireInProcess(fault, { policy: 'delete' })).toMatchObject({
    outcome: 'stopped',
    detail: 'its row was enabled again',
  });
  await rowOf('iceberg_enabled = false');
  const waits = await retireInProcess(fault, { policy: 'delete' });
  expect(waits).toMatchObject({ outcome: 'failed', detail: expect.stringContaining('is still there') });
  expect(waits.error).not.toBeInstanceOf(PermanentError);
  await rowOf('iceberg_enabled = true');
  const { status_message: _, updated_at: __, ...columns } = before;
  expect(await fault.row()).toMatchObject(columns);
  expect(fault.scene.writes()).toBe(writes);
  await (await login()).end();
});

test('a retained org is locked out, and comes back with the same key and database', async () => {
  const session = await login();
  const ended = new Promise((resolve) => session.on('error', resolve));
  const { 'db-password': password = '', ...kept } = fault.scene.orgSecret() ?? {};
  await leave();

  const first = await retireInProcess(fault);
  expect(first).toMatchObject({ outcome: 'retired', detail: '' });
  expect(first.actions).toEqual(['disableLogin', 'endConnections', 'labelSecret', 'writeRecord']);
  await ended;
  await expect(login({ ...kept, 'db-password': password })).rejects.toThrow(/not permitted to log in/);
  expect(fault.scene.orgSecret()).toEqual(kept);
  expect(labels()).toMatchObject({ 'lakekeeper-gitops/retired': 'true' });
  expect(await fault.row()).toMatchObject({
    iceberg_state: 'retired',
    iceberg_lakekeeper_endpoint: '',
    status_message: expect.stringMatching(/^lakekeeper-gitops: retired; .*lakekeeper_acme.*s3:\/\//),
  });
  const writes = fault.scene.writes();
  expect(await retireInProcess(fault)).toMatchObject({ outcome: 'retired', actions: [] });
  expect(fault.scene.writes()).toBe(writes);

  await rowOf('iceberg_enabled = true');
  restore();
  const again = await runInProcess(fault);
  expect(again.result, again.detail).toBe('registered');
  expect(again.actions.map(({ kind }) => kind)).toEqual(
    expect.arrayContaining(['enableLogin', 'updateSecret', 'writeRecord']),
  );
  expect(labels()).not.toHaveProperty('lakekeeper-gitops/retired');
  expect(fault.scene.orgSecret()).toMatchObject(kept);
  await expectRegistered(fault);
});

test('a database that an interrupted DROP DATABASE left is dropped: nobody can connect to it', async () => {
  await leave();
  await fault.sql("UPDATE pg_database SET datconnlimit = -2 WHERE datname = 'lakekeeper_acme'");
  const deleted = await retireInProcess(fault, { policy: 'delete' });
  expect(deleted).toMatchObject({ outcome: 'retired', detail: '' });
  expect(deleted.actions).toContain('dropDatabase');
  expect(await fault.sql("SELECT FROM pg_database WHERE datname = 'lakekeeper_acme'")).toEqual([]);
});

test('a database that allows no connections is not dropped unseen', async () => {
  await leave();
  await fault.sql('ALTER DATABASE lakekeeper_acme ALLOW_CONNECTIONS false');
  const refused = await retireInProcess(fault, { policy: 'delete' });
  expect(refused.error).toBeInstanceOf(PermanentError);
  expect(refused.detail).toContain('ALTER DATABASE "lakekeeper_acme" ALLOW_CONNECTIONS true');
  await fault.sql('ALTER DATABASE lakekeeper_acme ALLOW_CONNECTIONS true');
  expect(await retireInProcess(fault, { policy: 'delete' })).toMatchObject({ outcome: 'retired' });
});

test('a database that is marked as a template is not dropped, and the message has the statement for it', async () => {
  await leave();
  await fault.sql('ALTER DATABASE lakekeeper_acme IS_TEMPLATE true');
  const refused = await retireInProcess(fault, { policy: 'delete' });
  expect(refused.error).toBeInstanceOf(PermanentError);
  await fault.sql(/ALTER DATABASE .* IS_TEMPLATE false/.exec(refused.detail)?.[0] ?? 'the message has none');
  expect(await retireInProcess(fault, { policy: 'delete' })).toMatchObject({ outcome: 'retired' });
});

test('an org that is enabled again while the Job runs is not recorded as retired, and can be registered', async () => {
  const before = await fault.row();
  const kept = fault.scene.orgSecret();
  await leave();
  fault.gate = async ({ stage, what }) => {
    if (stage === 'request' && /^PATCH .*secrets/.test(what)) await rowOf('iceberg_enabled = true');
    return 'pass' as const;
  };
  expect(await retireInProcess(fault)).toMatchObject({
    outcome: 'stopped',
    actions: ['disableLogin', 'labelSecret'],
  });
  const { updated_at: _, ...columns } = before;
  expect(await fault.row()).toMatchObject(columns);
  fault.gate = () => 'pass';
  restore();
  expect(await runInProcess(fault)).toMatchObject({ result: 'registered' });
  const { 'db-password': __, ...others } = kept ?? {};
  expect(fault.scene.orgSecret()).toMatchObject(others);
  await expectRegistered(fault);
});

test('delete is refused while tables are registered; after it, an org that comes back starts clean', async () => {
  const inside = await login();
  await inside.query("INSERT INTO tabular VALUES ('00000000-0000-0000-0000-000000000001')");
  await inside.end();
  const former = fault.scene.orgSecret();
  await leave();

  const refused = await retireInProcess(fault, { policy: 'delete' });
  expect(refused.error).toBeInstanceOf(PermanentError);
  expect(refused).toMatchObject({
    actions: [],
    detail: expect.stringContaining('1 registered table or view'),
  });
  await (await login()).end();

  const told = { policy: 'delete', evenWithTables: true } as const;
  const plan = await planRetirementOf(fault, told);
  const deleted = await retireInProcess(fault, told);
  expect(deleted).toMatchObject({ outcome: 'retired', detail: '' });
  expect(deleted.actions).toEqual([
    'disableLogin',
    'dropDatabase',
    'dropRole',
    'deleteSecret',
    'writeRecord',
  ]);
  expect(plan.kind === 'act' && plan.actions).toHaveLength(deleted.actions.length);
  expect(await fault.stores()).toEqual({ databases: [], roles: [] });
  expect(fault.scene.orgSecret()).toBeUndefined();
  expect(await fault.row()).toMatchObject({ iceberg_state: 'retired', iceberg_lakekeeper_endpoint: '' });
  expect(await retireInProcess(fault, told)).toMatchObject({ outcome: 'retired', actions: [] });

  await rowOf('iceberg_enabled = true');
  restore();
  // The new database is empty.
  fault.scene.lakekeeper.warehouses.length = 0;
  fault.scene.lakekeeper.isBootstrapped = false;
  const again = await runInProcess(fault);
  expect(again.result, again.detail).toBe('registered');
  expect(fault.scene.orgSecret()?.['encryption-key']).not.toBe(former?.['encryption-key']);
  await expectRegistered(fault);
});

test('a failure is written into the row, which keeps its state, and goes when the org is retired', async () => {
  await rowOf('iceberg_enabled = false');
  const { iceberg_state: state, iceberg_lakekeeper_endpoint: endpoint } = await fault.row();
  expect(state).toBe('ready');
  const written = async (change: Parameters<typeof retireInProcess>[1] = {}) => {
    expect((await retireInProcess(fault, change)).outcome).toBe('failed');
    const row = await fault.row();
    expect(row).toMatchObject({ iceberg_state: state, iceberg_lakekeeper_endpoint: endpoint });
    return row.status_message;
  };
  expect(await written()).toMatch(/^lakekeeper-gitops: its retirement is not done yet: .*is still there/);
  prune();
  const inside = await login();
  await inside.query("INSERT INTO tabular VALUES ('00000000-0000-0000-0000-000000000001')");
  await inside.end();
  expect(await written({ policy: 'delete' })).toMatch(
    /^lakekeeper-gitops: its retirement failed: .*1 registered table/,
  );
  const updated = (await fault.row()).updated_at;
  await written({ policy: 'delete' });
  expect((await fault.row()).updated_at).toEqual(updated);

  expect(await retireInProcess(fault)).toMatchObject({ outcome: 'retired' });
  const record = await fault.row();
  expect(record.status_message).toMatch(/^lakekeeper-gitops: retired;/);
  // What is recorded stays, whatever a later run meets.
  fault.scene.putSecret('ducklings', 'duckling-acme-postgres', { password: 'wrong' });
  expect((await retireInProcess(fault)).outcome).toBe('failed');
  expect(await fault.row()).toEqual(record);
  await rowOf("iceberg_enabled = true, status_message = ''");
  expect((await retireInProcess(fault)).outcome).toBe('failed');
  expect(await fault.row()).toMatchObject({ status_message: '' });
});

test('where the row is gone, a failure is written into the ConfigMap, and then the record', async () => {
  await fault.sql("DELETE FROM duckgres_managed_warehouses WHERE org_id = 'acme'");
  const map = () => fault.scene.cluster.get('configmaps', 'lakekeeper', 'lakekeeper-acme-endpoint')?.data;
  expect((await retireInProcess(fault)).outcome).toBe('failed');
  const failure = { status_message: expect.stringMatching(/is not done yet: .*is still there/) };
  expect(map()).toEqual(failure);
  expect((await retireInProcess(fault)).outcome).toBe('failed');
  expect(map()).toEqual(failure);
  prune();
  expect(await retireInProcess(fault)).toMatchObject({ outcome: 'retired', detail: '' });
  const record = map();
  expect(record).toMatchObject({ iceberg_state: 'retired' });
  fault.scene.putSecret('ducklings', 'duckling-acme-postgres', { password: 'wrong' });
  expect((await retireInProcess(fault)).outcome).toBe('failed');
  expect(map()).toEqual(record);
});

test('delete drops an empty catalog, and records it in a ConfigMap where the row is gone', async () => {
  await fault.sql("DELETE FROM duckgres_managed_warehouses WHERE org_id = 'acme'");
  prune();
  const { cluster } = fault.scene;
  const secret = cluster.get('secrets', 'lakekeeper', 'lakekeeper-acme') ?? expect.unreachable();
  cluster.put('secrets', { ...secret, metadata: { ...secret.metadata, finalizers: ['a.example/b'] } });
  // The role has a right elsewhere. The message has the statements for it.
  await fault.sql('GRANT CONNECT ON DATABASE postgres TO lakekeeper_acme');
  const refused = await retireInProcess(fault, { policy: 'delete' });
  expect(refused.error).toBeInstanceOf(PermanentError);
  expect(await fault.stores()).toEqual({ databases: [], roles: ['lakekeeper_acme'] });
  await fault.sql(/REASSIGN OWNED .*; DROP OWNED BY .*;/.exec(refused.detail)?.[0] ?? 'the message has none');
  const awaits = {
    outcome: 'failed',
    detail: expect.stringMatching(/Secret .* is being deleted, .*a\.example\/b/),
  };
  expect(await retireInProcess(fault, { policy: 'delete' })).toMatchObject(awaits);
  expect(await fault.stores()).toEqual({ databases: [], roles: [] });
  expect(await retireInProcess(fault, { policy: 'delete' })).toMatchObject({ ...awaits, actions: [] });
  cluster.delete('secrets', 'lakekeeper', 'lakekeeper-acme');
  expect(await retireInProcess(fault, { policy: 'delete' })).toMatchObject({
    ...{ outcome: 'retired', detail: '' },
    actions: ['writeRecord'],
  });
  expect(fault.scene.cluster.get('configmaps', 'lakekeeper', 'lakekeeper-acme-endpoint')).toMatchObject({
    metadata: { annotations: { 'lakekeeper-gitops/org': 'acme' } },
    data: { iceberg_state: 'retired', status_message: expect.stringContaining('are deleted') },
  });
  expect(await retireInProcess(fault, { policy: 'delete' })).toMatchObject({ actions: [] });
});

test('the command retires an org with exactly what synth rendered for it, and synth then removes its directory', () =>
  withDirectory(async (out) => {
    const { metadataStore } = fault.inputs;
    if (metadataStore.provisioning !== 'admin') throw new Error('the scene has an admin');
    const { host, port, admin } = metadataStore;
    await rowOf(`metadata_store_endpoint = '${host}', metadata_store_port = ${port},
      metadata_store_username = '${admin.user}', data_store_bucket_name = 'lake-bucket',
      duckling_name = 'duckling-acme'`);
    const settings = platform({
      metadataStores: { external: { provisioning: 'admin', sslMode: 'disable', admin } },
    });
    const run = async () =>
      synth({
        records: [{ at: 'warehouses[acme]', columns: await fault.row() }],
        ...{ platform: settings, ducklings: new Map(), out, check: false, allowRemoval: true },
      });
    const inputsIn = async (file: string, config: string) => {
      const path = join(out, 'orgs/lakekeeper-acme', file);
      const objects = objectsIn({ path, text: await readFile(path, 'utf8') });
      return the<{ data: Record<string, string> }>(objects, 'ConfigMap', config).data[inputsKey] ?? '';
    };
    await run();
    // What registered it is what synth renders; the name of the Job depends on the port of the gate.
    const catalog = { ...fault.inputs.catalog, migrationJob: expect.any(String) };
    const rendered = decode(await inputsIn('registration.yaml', 'lakekeeper-acme-registration'));
    expect(rendered).toEqual({ ...fault.inputs, catalog });

    await leave();
    await run();
    await writeFile(
      fault.file('inputs.json'),
      await inputsIn('retirement.yaml', 'lakekeeper-acme-retirement'),
    );
    const command = ['retire', '--inputs', fault.file('inputs.json'), '--output', 'json'];
    const { code, stdout, stderr } = await runCommand([
      ...command,
      ...['--kubeconfig', fault.file('kubeconfig')],
    ]);
    expect(code, stderr).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject([
      {
        ...{ org: 'acme', result: 'retired' },
        actions: [{ kind: 'disableLogin' }, { kind: 'labelSecret' }, { kind: 'writeRecord' }],
      },
    ]);
    expect(await fault.row()).toMatchObject({ iceberg_state: 'retired', iceberg_lakekeeper_endpoint: '' });
    expect((await run()).removed).toMatchObject([{ org: 'acme' }]);
  }));
