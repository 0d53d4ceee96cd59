import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { lakekeeperGitops } from '../support/program.ts';
import { type Fleet, healthCheck, settingsFor, startFleet } from './support/fleet.ts';
import { install } from './support/install.ts';
import { serverUnderTest, versionOf } from './support/lakekeeper-executable.ts';
import { objectStoreUnderTest } from './support/object-store.ts';
import { operatorUnderTest } from './support/operator.ts';

/**
 * One org from its row to an engine's INSERT and SELECT, with as much of the world as is given: operator, server, object store, DuckDB.
 * docs/end-to-end.md says by which variables, and what has met what.
 */

const org = 'engine';
const store = objectStoreUnderTest;
const duckdb = process.env.LAKEKEEPER_DUCKDB || undefined;

let fleet: Fleet;
let version: string;
beforeAll(async () => {
  version = serverUnderTest ? await versionOf(serverUnderTest) : '0.12.2';
  fleet = await startFleet({ server: 'asGiven' });
  await fleet.addOrg(org, 'external', 'external');
  const settings = settingsFor(fleet.scene);
  const { external } = settings.dataStores as { external: object };
  if (store) {
    await fleet.sql('UPDATE duckgres_managed_warehouses SET data_store_bucket_name = $1', [store.bucket]);
    await install(fleet.scene.cluster, {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { namespace: 'ducklings', name: `duckling-${org}` },
      stringData: { password: 'cloud', id: store.accessKeyId, secret: store.secretAccessKey },
    });
  }
  await fleet.commit({
    ...settings,
    catalog: { ...settings.catalog, image: `quay.io/lakekeeper/catalog:v${version}` },
    dataStores: {
      ...settings.dataStores,
      ...(store && { external: { ...external, endpoint: store.endpoint, region: store.region } }),
    },
  });
  await fleet.sync('dist/platform');
});
afterAll(() => fleet?.[Symbol.asyncDispose]());

const given = [
  `operator: ${operatorUnderTest ? 'real' : 'stand-in'}`,
  `server: ${serverUnderTest ? 'real' : 'stand-in'}`,
  `object store: ${store ? 'given' : 'none'}`,
].join(', ');

test(`an org is registered by one sync, and a second one finds nothing to do (${given})`, async () => {
  const name = `lakekeeper-${org}`;
  const { phase, message } = await fleet.sync(`dist/orgs/${name}`, { healthCheck });
  const runs = () => fleet.scene.kubelet.outputs.get(`${name}-register`) ?? [];
  expect({ phase, message, runs: runs() }).toMatchObject({ phase: 'Succeeded', runs: [{ code: 0 }] });
  process.stdout.write(`${given}, version ${version}: ${runs()[0]?.output.trimEnd().split('\n').at(-1)}\n`);
  const [row] = await fleet.sql('SELECT * FROM duckgres_managed_warehouses WHERE org_id = $1', [org]);
  expect(row).toMatchObject({
    iceberg_lakekeeper_endpoint: `http://${name}.lakekeeper.svc:8181/catalog`,
    iceberg_lakekeeper_warehouse: `org-${org}`,
    iceberg_state: 'ready',
  });
  expect(await fleet.sync(`dist/orgs/${name}`, { healthCheck })).toMatchObject({ phase: '', outOfSync: [] });
});

if (duckdb && serverUnderTest && store)
  test('DuckDB attaches it by the SQL that attach prints, and reads what it wrote', async () => {
    const attached = await lakekeeperGitops([
      'attach',
      '--org',
      org,
      '--warehouses',
      fleet.scene.postgres.url,
    ]);
    expect(attached).toMatchObject({ code: 0 });
    const { host, protocol } = new URL(store.endpoint);
    // The process has no /etc/hosts of its own: the name's address stands in its place.
    const service = await fleet.scene.kubelet.names.hosts('lakekeeper', `lakekeeper-${org}`, 8181);
    const address = service.split(' ')[0] ?? '';
    const sql = `
      ${(process.env.LAKEKEEPER_DUCKDB_EXTENSIONS ?? '')
        .split(':')
        .map((file) => (file ? `LOAD '${file}';` : ''))
        .join('\n')}
      CREATE SECRET store (TYPE s3, KEY_ID '${store.accessKeyId}', SECRET '${store.secretAccessKey}',
        REGION '${store.region}', ENDPOINT '${host}', URL_STYLE 'path', USE_SSL ${protocol === 'https:'});
      ${attached.stdout.replaceAll(`lakekeeper-${org}.lakekeeper.svc`, address)}
      CREATE SCHEMA ${'lake'}.sales;
      CREATE TABLE lake.sales.orders (id INTEGER, name VARCHAR);
      INSERT INTO lake.sales.orders VALUES (1, 'one'), (2, 'two');
      SELECT count(*) AS orders, max(name) AS last FROM lake.sales.orders;`;
    const child = spawn(duckdb, ['-json', '-bail', ':memory:'], { stdio: 'pipe' });
    child.stdin.end(sql);
    const [stdout, stderr, [code]] = await Promise.all([
      text(child.stdout),
      text(child.stderr),
      once(child, 'close'),
    ]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toContain('"orders":2');
    expect(stdout).toContain('"last":"two"');
    process.stdout.write(`DuckDB: ${stdout.trim()}\n`);
  });
