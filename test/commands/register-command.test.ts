import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type pg from 'pg';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { encode, type RegistrationInputs } from '../../src/catalog/registration-inputs.ts';
import { runCommand } from '../support/command.ts';
import { type EmbeddedPostgres, startPostgres } from '../support/embedded-postgres.ts';
import { kubeconfigOf } from '../support/kubeconfig.ts';
import type { Ended } from '../support/program.ts';
import { type RegistrationScene, startScene } from '../support/registration-scene.ts';
import { withDirectory } from '../support/tree.ts';

let postgres: EmbeddedPostgres;
let scene: RegistrationScene;
let owner: pg.Client;

beforeAll(async () => {
  postgres = await startPostgres();
});
afterAll(() => postgres.stop());
beforeEach(async () => {
  scene = await startScene(postgres);
  owner = await scene.connect(postgres.user, postgres.password, postgres.database);
  await owner.query(await readFile('examples/fleet/warehouses.sql', 'utf8'));
});
afterEach(async () => {
  await owner.query('DROP TABLE duckgres_managed_warehouses');
  await owner.end();
  await scene.end();
});

const row = async () =>
  (await owner.query(`SELECT * FROM duckgres_managed_warehouses WHERE org_id = 'acme'`)).rows[0];

/** Runs the command as the Job does, but for where the cluster and the catalog are. */
async function register(inputs: RegistrationInputs = scene.inputs(), ...args: string[]): Promise<Ended> {
  return withDirectory(async (directory) => {
    await writeFile(join(directory, 'inputs.json'), encode(inputs));
    await writeFile(join(directory, 'kubeconfig'), kubeconfigOf(scene.cluster.server));
    return runCommand([
      'register',
      '--inputs',
      join(directory, 'inputs.json'),
      '--kubeconfig',
      join(directory, 'kubeconfig'),
      '--server-url',
      scene.lakekeeper.url,
      ...args,
    ]);
  });
}
const lastLine = ({ stderr }: Ended) => stderr.trimEnd().split('\n').at(-1);
const everySecret = () => [
  ...Object.entries(scene.orgSecret() ?? {}).flatMap(([key, value]) => (key === 'db-user' ? [] : [value])),
  postgres.password,
  'the-secret-key',
  'admin-token',
];

describe('an org that can be registered', () => {
  test('is, and its row says so', async () => {
    const ended = await register();
    expect(ended.code).toBe(0);
    expect(lastLine(ended)).toBe(
      'org "acme" is registered: http://lakekeeper-acme.lakekeeper.svc:8181/catalog',
    );
    expect(await row()).toMatchObject({
      iceberg_lakekeeper_endpoint: 'http://lakekeeper-acme.lakekeeper.svc:8181/catalog',
      iceberg_lakekeeper_warehouse: 'org-acme',
      iceberg_state: 'ready',
    });
    for (const secret of everySecret()) expect(ended.stdout + ended.stderr).not.toContain(secret);
  });

  test('a second time: nothing changes', async () => {
    await register();
    const before = { row: await row(), writes: scene.writes(), secret: scene.orgSecret() };
    const ended = await register();
    expect(ended.code).toBe(0);
    expect(lastLine(ended)).toMatch(/\(no changes\)$/);
    expect({ row: await row(), writes: scene.writes(), secret: scene.orgSecret() }).toEqual(before);
  });

  test('by the first Job of hook mode split: as far as the credentials', async () => {
    scene.cluster.delete('lakekeepers', 'lakekeeper', 'lakekeeper-acme');
    const ended = await register(scene.inputs(), '--until', 'credentials');
    expect(ended.code).toBe(0);
    expect(lastLine(ended)).toBe('the credentials of org "acme" are in place');
    expect(scene.orgSecret()).toBeDefined();
    expect((await row()).iceberg_lakekeeper_endpoint).toBeNull();
  });

  test('by a Job of the former version, which spells --until another way', async () => {
    const ended = await register(scene.inputs(), '--through', 'credentials');
    expect(lastLine(ended)).toBe('the credentials of org "acme" are in place');
  });

  test('into a ConfigMap, when the warehouses come from a file', async () => {
    const ended = await register(scene.inputs({ registration: { record: { configMap: true } } }));
    expect(ended.code).toBe(0);
    expect(scene.cluster.get('configmaps', 'lakekeeper', 'lakekeeper-acme-endpoint')).toMatchObject({
      data: {
        iceberg_lakekeeper_endpoint: 'http://lakekeeper-acme.lakekeeper.svc:8181/catalog',
        iceberg_state: 'ready',
      },
    });
  });
});

test.each([
  ['disabled', 'UPDATE duckgres_managed_warehouses SET iceberg_enabled = false', 'Iceberg is disabled'],
  ['being deleted', `UPDATE duckgres_managed_warehouses SET state = 'deleting'`, 'the warehouse is deleting'],
  ['gone', 'DELETE FROM duckgres_managed_warehouses', 'the org has no row any more'],
])(
  'an org that is %s meanwhile: exit code 0, nothing is touched, and it says so',
  async (_, change, reason) => {
    await owner.query(change);
    const ended = await register();
    expect(ended.code).toBe(0);
    expect(lastLine(ended)).toBe(`nothing was done for org "acme": ${reason}`);
    expect(scene.writes()).toBe(0);
    expect(scene.orgSecret()).toBeUndefined();
  },
);

test('a dry run prints what would be done, does nothing, and is empty afterwards', async () => {
  const planned = await register(scene.inputs(), '--dry-run');
  expect(planned.code).toBe(0);
  expect(planned.stdout).toMatch(/acme +metadata store +create the database: lakekeeper_acme/);
  expect(planned.stdout).toMatch(/acme +secret +create the Secret: lakekeeper\/lakekeeper-acme/);
  expect(planned.stdout).toMatch(/acme +record +write the record: acme \(.*iceberg_lakekeeper_endpoint/);
  expect(planned.stdout).toMatch(/8 actions to do for 1 org; nothing was changed\n$/);
  expect(scene.writes()).toBe(0);
  const done = await register(scene.inputs(), '--output', 'json');
  const [{ actions }] = JSON.parse(done.stdout);
  expect(actions.map(({ kind }: { kind: string }) => kind)).toContain('createWarehouse');
  const after = await register(scene.inputs(), '--dry-run', '--output', 'json');
  expect(JSON.parse(after.stdout)).toEqual([{ org: 'acme', result: 'planned', detail: '', actions: [] }]);
});

describe('Events on the custom resource', () => {
  const events = () =>
    scene.cluster.requests
      .filter(({ verb, plural }) => verb === 'create' && plural === 'events')
      .map(({ body }) => body as { type: string; reason: string; note: string; regarding: { name: string } });

  test('say that the org is registered, once', async () => {
    await register();
    await register();
    expect(events()).toMatchObject([
      {
        type: 'Normal',
        reason: 'Registered',
        note: 'registered as http://lakekeeper-acme.lakekeeper.svc:8181/catalog',
        regarding: { name: 'lakekeeper-acme' },
      },
    ]);
  });

  test('say why it failed', async () => {
    scene.cluster.delete('secrets', 'ducklings', 'duckling-acme-postgres');
    await register();
    expect(events()).toMatchObject([
      { type: 'Warning', reason: 'RegistrationFailed', note: expect.stringMatching(/there is no Secret/) },
    ]);
  });

  test('that cannot be emitted fail nothing', async () => {
    scene.cluster.faults.push(({ plural }) => (plural === 'events' ? { code: 403 } : undefined));
    const ended = await register();
    expect(ended.code).toBe(0);
    expect(ended.stderr).toMatch(/could not emit an Event/);
  });
});

describe('an org that cannot be registered', () => {
  test('yet: exit code 1, what is missing is named, and the row says so', async () => {
    scene.cluster.delete('secrets', 'ducklings', 'duckling-acme-postgres');
    const ended = await register();
    expect(ended.code).toBe(1);
    expect(lastLine(ended)).toMatch(
      /^error: registering org "acme" failed: there is no Secret .*; to run it now, sync the org in Argo CD, or: kubectl /,
    );
    expect(await row()).toMatchObject({
      iceberg_state: 'provisioning',
      status_message: expect.stringMatching(/^lakekeeper-gitops: there is no Secret/),
    });
  });

  test('that a person fixes outside of Git: row, Event and last line say how to start the Job', async () => {
    const command =
      'kubectl -n lakekeeper apply view-last-applied job/lakekeeper-acme-register -o yaml | kubectl ' +
      'replace --force --save-config -f -';
    const key = 'k'.repeat(253);
    const inputs = scene.inputs();
    if (!('warehouseDatabase' in inputs.record.target)) throw new Error('the scene has a database of rows');
    const dataStore = { ...inputs.lakekeeperWarehouse.dataStore } as Record<string, unknown>;
    dataStore.credential = {
      type: 'accessKey',
      accessKeyId: { namespace: 'ducklings', name: 'n'.repeat(253), key },
      secretAccessKey: { namespace: 'ducklings', name: 'n'.repeat(253), key },
    };
    const lakekeeperWarehouse = {
      ...inputs.lakekeeperWarehouse,
      dataStore,
    } as typeof inputs.lakekeeperWarehouse;
    const ended = await register({ ...inputs, lakekeeperWarehouse });
    expect(ended.code).toBe(1);
    expect(lastLine(ended)).toContain(command);
    const { status_message: message } = await row();
    expect(String(message).endsWith(command)).toBe(true);
    expect(String(message).length).toBeLessThanOrEqual(1024);
    const [event] = scene.cluster.requests.filter(
      ({ verb, plural }) => verb === 'create' && plural === 'events',
    );
    expect(event?.body.note).toMatch(/- -f -$|kubectl replace --force --save-config -f -$/);
  });

  test('yet: what the ConfigMap says in place of a row is the same, until it is registered', async () => {
    const inputs = scene.inputs({ registration: { record: { configMap: true } } });
    const told = () => scene.cluster.get('configmaps', 'lakekeeper', 'lakekeeper-acme-endpoint')?.data;
    scene.cluster.delete('secrets', 'ducklings', 'duckling-acme-s3');
    expect((await register(inputs)).code).toBe(1);
    expect(told()).toEqual({
      iceberg_state: 'provisioning',
      status_message: expect.stringMatching(/there is no Secret ducklings\/duckling-acme-s3/),
    });
  });

  test('without a person: what the ConfigMap says of a registered org stays ready, with the message', async () => {
    const inputs = scene.inputs({ registration: { record: { configMap: true } } });
    const told = () => scene.cluster.get('configmaps', 'lakekeeper', 'lakekeeper-acme-endpoint')?.data;
    await register(inputs);
    const before = told();
    scene.cluster.delete('secrets', 'lakekeeper', 'lakekeeper-acme');
    expect((await register(inputs)).code).toBe(4);
    const message = expect.stringContaining('--accept-new-encryption-key');
    expect(told()).toEqual({ ...(before as object), status_message: message });
    expect((await register(inputs, '--accept-new-encryption-key')).code).toBe(0);
    expect(told()).toEqual(before);
  });

  test('without a person: exit code 4, with what to do', async () => {
    await register();
    scene.cluster.delete('secrets', 'lakekeeper', 'lakekeeper-acme');
    const ended = await register();
    expect(ended.code).toBe(4);
    expect(ended.stderr).toMatch(/--accept-new-encryption-key/);
    // The catalog serves: only the message changes.
    expect(await row()).toMatchObject({
      iceberg_state: 'ready',
      status_message: expect.stringContaining('--accept-new-encryption-key'),
    });
    expect((await register(scene.inputs(), '--accept-new-encryption-key')).code).toBe(0);
    expect(await row()).toMatchObject({ iceberg_state: 'ready', status_message: null });
  });
});

describe('wrong usage', () => {
  test.each([
    [['register'], /give exactly one of --inputs <file>, --org <id> and --all/],
    [['register', '--inputs', 'x', '--all'], /give exactly one of/],
    [['register', '--all', '--concurrency', '0'], /expected a number from 1 to 999/],
    [['register', '--inputs', 'none.json'], /cannot read none\.json: there is no such file/],
    [['register', '--inputs', 'x', '--deadline', 'soon'], /expected whole seconds or minutes/],
    [
      ['register', '--inputs', 'x', '--until', 'nowhere'],
      /Allowed choices are authentication, credentials, proof/,
    ],
  ])('%j is exit code 2', async (args, message) => {
    const { code, stderr } = await runCommand(args);
    expect(code).toBe(2);
    expect(stderr).toMatch(message);
  });

  test('inputs of another version: exit code 4, because trying again cannot help', async () => {
    const { code, stderr } = await runCommand(['register', '--inputs', 'package.json']);
    expect(code).toBe(4);
    expect(stderr).toMatch(/use the same version for synth and for the Job/);
  });
});
