import { writeFile } from 'node:fs/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { encode } from '../../src/catalog/registration-inputs.ts';
import { type RepairedOrg, repairFleet } from '../../src/repair/repair-fleet.ts';
import { runCommand } from '../support/command.ts';
import { type EmbeddedPostgres, startPostgres } from '../support/embedded-postgres.ts';
import { expectRegistered, type FaultScene, startFaultScene } from '../support/fault-scene.ts';
import { catalog, fleetObjects, platform } from '../support/fleet.ts';
import { kubeconfigOf } from '../support/kubeconfig.ts';

let postgres: EmbeddedPostgres;
let fault: FaultScene;
beforeAll(async () => {
  postgres = await startPostgres();
});
afterAll(() => postgres.stop());
beforeEach(async () => {
  fault = await startFaultScene(postgres);
  const { users } = fault.scene.cluster;
  users.set('token-of-the-repair', 'system:serviceaccount:lakekeeper:lakekeeper-gitops-repair');
  await writeFile(
    fault.file('kubeconfig-of-the-repair'),
    kubeconfigOf(fault.urls.kubernetes, 'token-of-the-repair'),
  );
  apply();
});
afterEach(() => fault[Symbol.asyncDispose]());

/** What Argo CD applies: accounts, rights, and the inputs. */
function apply(inputs = fault.inputs): void {
  const { host, port, user } = postgres;
  const password = { secret: { namespace: 'ducklings', name: 'duckling-acme-postgres', key: 'password' } };
  const settings = platform({
    metadataStores: {
      external: { provisioning: 'admin', host, port, sslMode: 'disable', admin: { user, password } },
    },
    repair: { schedule: '@hourly' },
  });
  const desired = catalog('acme', settings, { metadata_store_endpoint: host, metadata_store_port: port });
  const kinds: Readonly<Record<string, string>> = {
    ServiceAccount: 'serviceaccounts',
    Role: 'roles',
    RoleBinding: 'rolebindings',
    ConfigMap: 'configmaps',
  };
  for (const object of fleetObjects([desired], settings)) {
    const plural = kinds[object.kind];
    const isInputs = object.metadata.name === 'lakekeeper-acme-registration';
    if (plural)
      fault.scene.cluster.put(
        plural,
        isInputs ? { ...object, data: { 'inputs.json': encode(inputs) } } : object,
      );
  }
}

async function repair(shard = { index: 0, count: 1 }): Promise<RepairedOrg[]> {
  const results: RepairedOrg[] = [];
  const settings = {
    kubeconfig: fault.file('kubeconfig-of-the-repair'),
    namespace: 'lakekeeper',
    shard,
    concurrency: 4,
    apiRequestsPerSecond: 500,
    postgresConnectionsPerSecond: 500,
    deadline: 30,
    jitter: 0,
    serverUrl: fault.urls.lakekeeper,
  };
  await repairFleet(settings, (one) => results.push(one));
  return results;
}

const rows = (set: string) => () => fault.sql(`UPDATE duckgres_managed_warehouses SET ${set}`);
const warehouse = () => fault.scene.lakekeeper.warehouses[0] ?? expect.unreachable();
const loseSecret = () => fault.scene.cluster.delete('secrets', 'lakekeeper', 'lakekeeper-acme');
const events = () => fault.scene.cluster.all('events', 'lakekeeper').map(({ reason }) => reason);

/** What would change something, but for the tokens, of which the API server keeps nothing. */
function writes(): string[] {
  const { cluster, lakekeeper } = fault.scene;
  return [
    ...cluster.requests
      .filter(({ verb, subresource }) => ['create', 'patch'].includes(verb) && subresource !== 'token')
      .map(({ verb, plural }) => `${verb} ${plural}`),
    ...lakekeeper.writes().map(({ method, url }) => `${method} ${url}`),
  ];
}

describe('with the rights that are rendered, and no others', () => {
  test('an org is registered from what Argo CD has applied, and then nothing is written', async () => {
    expect(await repair()).toMatchObject([{ org: 'acme', catalog: 'lakekeeper-acme', result: 'registered' }]);
    await expectRegistered(fault);
    const before = writes();
    const requests = fault.scene.cluster.requests.length;
    expect(await repair()).toMatchObject([{ org: 'acme', result: 'unchanged', actions: [] }]);
    expect(writes()).toEqual(before);
    // The list and the token; the others are those of the registration itself.
    expect(fault.scene.cluster.requests.length - requests).toBeLessThanOrEqual(2 + 6);
  });

  test('what is lost or changed beside Git comes back without a commit', async () => {
    await repair();
    const losses: readonly [what: string, lose: () => unknown][] = [
      ['the password of the role', () => fault.sql(`ALTER ROLE lakekeeper_acme PASSWORD 'another'`)],
      ['the endpoint in the row', rows(`iceberg_lakekeeper_endpoint = ''`)],
      ['the warehouse is deactivated', () => Object.assign(warehouse(), { isActive: false })],
      ['the name of the warehouse', () => Object.assign(warehouse(), { name: 'renamed' })],
      ['the role, of a database without tables', dropRole],
      ['the Secret, while the database is empty', loseSecretOfEmptyDatabase],
    ];
    for (const [what, lose] of losses) {
      await lose();
      const repaired = await repair();
      expect(repaired, `${what}: ${repaired[0]?.detail}`).toMatchObject([
        { org: 'acme', result: 'registered' },
      ]);
      await expectRegistered(fault);
    }
    expect(await repair()).toMatchObject([{ org: 'acme', result: 'unchanged' }]);
    // Eight runs, one after the other.
  }, 180_000);
});

async function asSuperuser(sql: string): Promise<void> {
  const inside = await fault.scene.connect(postgres.user, postgres.password, 'lakekeeper_acme');
  await inside.query(sql).finally(() => inside.end());
}
async function dropRole(): Promise<void> {
  await asSuperuser('DROP SCHEMA public CASCADE; CREATE SCHEMA public');
  await fault.sql('ALTER DATABASE lakekeeper_acme OWNER TO CURRENT_USER');
  await fault.sql('DROP ROLE lakekeeper_acme');
}
async function loseSecretOfEmptyDatabase(): Promise<void> {
  await asSuperuser('DROP SCHEMA public CASCADE; CREATE SCHEMA public');
  fault.scene.lakekeeper.warehouses.splice(0);
  loseSecret();
}

test('what needs a person is reported once, in the row and by an Event, however often a run meets it', async () => {
  await repair();
  loseSecret();
  expect(await repair()).toMatchObject([
    { result: 'failed', detail: expect.stringMatching(/encryption key/) },
  ]);
  const reported = await fault.row();
  expect(reported).toMatchObject({
    iceberg_state: 'ready',
    status_message: expect.stringMatching(/^lakekeeper-gitops: .*encryption key/),
  });
  expect(events()).toEqual(['CredentialsReady', 'Registered', 'RegistrationFailed'].slice(-events().length));
  const before = writes();
  expect(await repair()).toMatchObject([{ result: 'failed' }]);
  expect(writes()).toEqual(before);
  expect(await fault.row()).toEqual(reported);
});

test("an org's catalog is asked with a token of the org's own account, for its own audience", async () => {
  const token = 'token-of-lakekeeper-acme.register-for-the-audience';
  fault.scene.lakekeeper.settings = { ...fault.scene.lakekeeper.settings, tokens: [token] };
  apply({ ...fault.inputs, authentication: { mode: 'kubernetes', audience: 'the-audience' } });
  const [result] = await repair();
  expect(result).toMatchObject({ org: 'acme', result: 'registered' });
});

test('each org is in one shard', async () => {
  const shards = await Promise.all([0, 1, 2].map((index) => repair({ index, count: 3 })));
  expect(shards.map((results) => results.length).sort()).toEqual([0, 0, 1]);
});

test('inputs that name another catalog than their ConfigMap are refused: no account acts for another', async () => {
  apply({ ...fault.inputs, catalog: { ...fault.inputs.catalog, name: 'lakekeeper-globex' } });
  expect(await repair()).toMatchObject([
    { org: 'lakekeeper-acme', result: 'rejected', detail: expect.stringMatching(/lakekeeper-globex/) },
  ]);
  expect(writes()).toEqual([]);
});

test('inputs of another version, or none that can be read, are of one org: the others are repaired', async () => {
  const inputs = fault.scene.cluster.get('configmaps', 'lakekeeper', 'lakekeeper-acme-registration');
  const texts = [
    '{',
    'null',
    JSON.stringify({ ...fault.inputs, version: 2, later: {} }),
    encode(fault.inputs),
  ];
  for (const [i, text] of texts.entries()) {
    const metadata = { ...inputs?.metadata, name: `lakekeeper-${i}-registration` };
    fault.scene.cluster.put('configmaps', { ...inputs, metadata, data: { 'inputs.json': text } } as never);
  }
  expect((await repair()).map(({ catalog: name, result }) => `${name} ${result}`).sort()).toEqual([
    ...texts.map((_, i) => `lakekeeper-${i} rejected`),
    'lakekeeper-acme registered',
  ]);
});

test('no org is always the last one, which a run that is ended early leaves out', async () => {
  const inputs = fault.scene.cluster.get('configmaps', 'lakekeeper', 'lakekeeper-acme-registration');
  for (let i = 10; i < 30; i += 1) {
    const metadata = { ...inputs?.metadata, name: `lakekeeper-${i}-registration` };
    fault.scene.cluster.put('configmaps', { ...inputs, metadata, data: { 'inputs.json': '' } } as never);
  }
  const order = async () =>
    (await repair()).filter(({ result }) => result === 'rejected').map((one) => one.catalog);
  const [first, second] = [await order(), await order()];
  expect(first).not.toEqual(second);
  expect(first.sort()).toEqual(second.sort());
});

test('runs at the same time, also of another number of shards, wait for each other and a busy API server', async () => {
  await repair();
  await fault.sql(`ALTER ROLE lakekeeper_acme PASSWORD 'another'`);
  let busy = 20;
  fault.scene.cluster.faults.push(() => {
    busy -= 1;
    return busy < 0 || busy % 2 === 0 ? undefined : { code: 429, retryAfter: 0 };
  });
  const runs = await Promise.all([
    repair(),
    repair(),
    repair({ index: 0, count: 2 }),
    repair({ index: 1, count: 2 }),
  ]);
  const results = runs.flat().map(({ result, detail }) => `${result} ${detail}`);
  expect(results.filter((one) => !/^(registered|unchanged)/.test(one))).toEqual([]);
  expect(results).toHaveLength(3);
  await expectRegistered(fault);
  expect((await repair()).map(({ result }) => result)).toEqual(['unchanged']);
});

test('the command prints a line for each org and the totals, and ends with 3 when a person is needed', async () => {
  await repair();
  loseSecret();
  const { code, stdout, stderr } = await runCommand([
    ...['repair', '--namespace', 'lakekeeper', '--kubeconfig', fault.file('kubeconfig-of-the-repair')],
    ...['--server-url', fault.urls.lakekeeper],
  ]);
  expect(code).toBe(3);
  const lines = stdout.trim().split('\n');
  expect(lines.map((line) => JSON.parse(line))).toMatchObject([
    { org: 'acme', catalog: 'lakekeeper-acme', outcome: 'needs a person', actions: [] },
    { shard: '0/1', orgs: 1, actions: 0, outcomes: { 'needs a person': 1, registered: 0 } },
  ]);
  expect(stdout + stderr).not.toContain(postgres.password);
});
