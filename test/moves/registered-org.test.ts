import pg from 'pg';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { RegistrationInputs } from '../../src/catalog/registration-inputs.ts';
import { PermanentError } from '../../src/text/errors.ts';
import { type EmbeddedPostgres, startPostgres } from '../support/embedded-postgres.ts';
import { type FaultScene, startFaultScene } from '../support/fault-scene.ts';
import { operate, saySecretMissing } from '../support/operate.ts';
import { type RunOptions, runInProcess } from '../support/run-in-process.ts';

/** What the registration of a registered org does with the inputs of each move of docs/moves.md. */

let postgres: EmbeddedPostgres;
let fault: FaultScene;

beforeAll(async () => {
  postgres = await startPostgres();
});
afterAll(() => postgres.stop());
beforeEach(async () => {
  fault = await startFaultScene(postgres);
  expect((await runInProcess(fault)).result).toBe('registered');
});
afterEach(() => fault[Symbol.asyncDispose]());

type Change = Partial<Omit<RegistrationInputs, 'lakekeeperWarehouse' | 'metadataStore' | 'catalog'>> & {
  readonly lakekeeperWarehouse?: Partial<RegistrationInputs['lakekeeperWarehouse']>;
  readonly metadataStore?: Partial<Pick<RegistrationInputs['metadataStore'], 'host' | 'port'>>;
  readonly catalog?: Partial<RegistrationInputs['catalog']>;
};
const register = (change: Change = {}, options: RunOptions = {}) => {
  const { inputs } = fault;
  const changed = {
    ...inputs,
    ...change,
    catalog: { ...inputs.catalog, ...change.catalog },
    metadataStore: { ...inputs.metadataStore, ...change.metadataStore },
    lakekeeperWarehouse: { ...inputs.lakekeeperWarehouse, ...change.lakekeeperWarehouse },
  };
  return runInProcess({ ...fault, inputs: changed }, options);
};
const warehouses = () => fault.scene.lakekeeper.warehouses.map(({ name }) => name);
const recorded = async () => {
  const { iceberg_state, iceberg_lakekeeper_endpoint, iceberg_lakekeeper_warehouse } = await fault.row();
  return { iceberg_state, iceberg_lakekeeper_endpoint, iceberg_lakekeeper_warehouse };
};

test('a new bucket is refused; with another name it is a second warehouse, and the way back is open', async () => {
  const before = await recorded();
  const { dataStore, name } = fault.inputs.lakekeeperWarehouse;
  const elsewhere = { ...dataStore, bucket: 'new-lake' } as typeof dataStore;
  const refused = await register({ lakekeeperWarehouse: { dataStore: elsewhere } });
  expect(refused.error).toBeInstanceOf(PermanentError);
  expect(refused.detail).toMatch(/org-acme lies elsewhere, and Lakekeeper cannot move/);
  expect(await recorded()).toEqual(before);

  const second = await register({ lakekeeperWarehouse: { dataStore: elsewhere, name: 'org-acme-2' } });
  expect(second.result, second.detail).toBe('registered');
  expect(warehouses()).toEqual([name, 'org-acme-2']);
  expect(await recorded()).toMatchObject({ iceberg_lakekeeper_warehouse: 'org-acme-2' });

  expect((await register()).result).toBe('registered');
  expect(warehouses()).toEqual([name, 'org-acme-2']);
  expect(await recorded()).toEqual(before);
});

test('a renamed org keeps database, Secret and warehouse', async () => {
  const secret = fault.scene.orgSecret();
  await fault.sql("UPDATE duckgres_managed_warehouses SET org_id = 'new-acme' WHERE org_id = 'acme'");
  const renamed = await register({
    org: 'new-acme',
    record: { ...fault.inputs.record, oauthClientId: 'duckling-new-acme' },
    lakekeeperWarehouse: { mustExist: true },
  });
  expect(renamed.result, renamed.detail).toBe('registered');
  expect(renamed.actions.map(({ kind }) => kind)).toEqual(['writeRecord']);
  expect(fault.scene.orgSecret()).toEqual(secret);
  const [row] = await fault.sql(`SELECT * FROM duckgres_managed_warehouses WHERE org_id = 'new-acme'`);
  expect(row).toMatchObject({ iceberg_state: 'ready', iceberg_lakekeeper_client_id: 'duckling-new-acme' });
});

test('in another namespace it is refused until its Secret is there, and then it has the same key', async () => {
  const { scene } = fault;
  const [namespace, name] = ['duckgres', 'catalog-of-acme'];
  const moved = { ...scene.catalog, namespace, name };
  scene.cluster.put('lakekeepers', {
    apiVersion: 'lakekeeper.k8s.lakekeeper.io/v1alpha1',
    metadata: { namespace, name },
    spec: { replicas: 2 },
  });
  saySecretMissing(moved);
  scene.cluster.faults.push(({ verb, plural, namespace: where }) => {
    if (verb === 'patch' && plural === 'lakekeepers' && where === namespace)
      setImmediate(() => operate(moved));
    return undefined;
  });
  const baseURI = `http://${name}.${namespace}.svc:8181`;
  const change: Change = {
    catalog: { namespace, name, serverURL: baseURI, catalogEndpoint: `${baseURI}/catalog` },
    lakekeeperWarehouse: { mustExist: true },
  };
  const refused = await register(change);
  expect(refused.error).toBeInstanceOf(PermanentError);
  expect(refused.detail).toContain(
    `there is no Secret ${namespace}/${name}, but the database already holds a catalog`,
  );

  const former = scene.orgSecret() ?? {};
  scene.putSecret(namespace, name, former);
  scene.lakekeeper.settings = { ...scene.lakekeeper.settings, baseURI };
  const registered = await register(change);
  expect(registered.result, registered.detail).toBe('registered');
  expect(registered.actions.map(({ kind }) => kind)).not.toContain('createWarehouse');
  expect(warehouses()).toEqual(['org-acme']);
  expect(await recorded()).toMatchObject({ iceberg_lakekeeper_endpoint: `${baseURI}/catalog` });
  expect(scene.orgSecret()).toEqual(former);
});

describe('on a new host', () => {
  let other: EmbeddedPostgres;
  let metadataStore: { host: string; port: number };
  beforeAll(async () => {
    other = await startPostgres();
    metadataStore = { host: other.host, port: other.port };
  });
  afterAll(() => other.stop());

  test('without a copy no warehouse is made, and the row stays as it is', async () => {
    const before = await recorded();
    const { scene } = fault;
    scene.putSecret('ducklings', 'duckling-acme-postgres', { password: other.password });
    const absent = await register({ metadataStore, lakekeeperWarehouse: { mustExist: true } });
    expect(absent).toMatchObject({ actions: [], detail: expect.stringContaining('no database') });
    expect(absent.error).toBeInstanceOf(PermanentError);

    expect((await register({ metadataStore }, { until: 'credentials' })).result).toBe('credentials');
    // What the server says over the empty database.
    scene.lakekeeper.warehouses.splice(0);
    const refused = await register({ metadataStore, lakekeeperWarehouse: { mustExist: true } });
    expect(refused.error).toBeInstanceOf(PermanentError);
    expect(refused.detail).toMatch(/no active warehouse org-acme, which should have come with its database/);
    expect(warehouses()).toEqual([]);
    expect(await recorded()).toEqual(before);
  });

  test('a run that begins while one on the old host writes the Secret: both end with one Secret', async () => {
    const { scene } = fault;
    const { cluster } = scene;
    // As before its registration. The lock of a run is in its metadata store, so that the two do not wait.
    cluster.delete('secrets', 'lakekeeper', 'lakekeeper-acme');
    await fault.sql('DROP DATABASE lakekeeper_acme WITH (FORCE)');
    await fault.sql('DROP ROLE lakekeeper_acme');
    scene.putSecret('ducklings', 'duckling-acme-postgres', { password: other.password });
    let inBetween: ReturnType<typeof register> | undefined;
    fault.gate = ({ stage, what }) => {
      if (stage !== 'request' || !/^POST .*\/secrets$/.test(what) || inBetween !== undefined) return 'pass';
      inBetween = register({ metadataStore }, { until: 'credentials' });
      return inBetween.then(() => 'pass' as const);
    };
    const former = await register({}, { until: 'credentials' });
    expect([former, await inBetween]).toMatchObject([{ result: 'credentials' }, { result: 'credentials' }]);
    const { 'db-user': user = '', 'db-password': password = '' } = scene.orgSecret() ?? {};
    await (await scene.connect(user, password, 'lakekeeper_acme')).end();
    const client = new pg.Client({ ...metadataStore, user, password, database: 'lakekeeper_acme' });
    await client.connect();
    await client.end();
  });
});
