import { randomInt } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { lakekeeperGitops } from '../support/program.ts';
import { type Fleet, healthCheck, settingsFor, startFleet } from './support/fleet.ts';
import { serverUnderTest, versionOf } from './support/lakekeeper-executable.ts';
import { objectStoreUnderTest } from './support/object-store.ts';
import { operatorUnderTest } from './support/operator.ts';
import { startWorker } from './support/worker.ts';

/**
 * Orgs from their rows to an engine's INSERT and SELECT, with as much of the world as is given: operator, server,
 * object store, DuckDB. docs/end-to-end.md says by which variables, and what has met what.
 */

const orgs = {
  open: ['external', 'none'],
  provided: ['cnpg-shard', 'none'],
  reviewed: ['external', 'kubernetes'],
  issued: ['external', 'openID'],
} as const;
const duckdb = process.env.LAKEKEEPER_DUCKDB || undefined;
const store = objectStoreUnderTest;

let fleet: Fleet;
let version: string;
beforeAll(async () => {
  version = serverUnderTest ? await versionOf(serverUnderTest) : '0.12.2';
  fleet = await startFleet({ server: 'asGiven', objectStore: store });
  for (const [org, [metadataStore]] of Object.entries(orgs))
    await fleet.addOrg(org, metadataStore, 'external');
  const settings = settingsFor(fleet.scene, store);
  await fleet.commit({
    ...settings,
    catalog: { ...settings.catalog, image: `quay.io/lakekeeper/catalog:v${version}` },
    // The port is the same in every pod, and pods have one network here.
    workers: {
      ...settings.workers,
      tokenURL: `http://127.${randomInt(1, 255)}.${randomInt(1, 255)}.9:9876/token`,
    },
    orgs: {
      reviewed: { authentication: { mode: 'kubernetes' } },
      issued: {
        authentication: { mode: 'openID', issuer: 'cluster', providerURI: fleet.scene.controlPlane.issuer },
      },
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

describe.each(Object.entries(orgs))(`org %s (${given})`, (org, [metadataStore, authentication]) => {
  const name = `lakekeeper-${org}`;

  test(`with metadata store ${metadataStore}, authentication ${authentication}: one sync registers it`, async () => {
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
    expect(await fleet.sync(`dist/orgs/${name}`, { healthCheck })).toMatchObject({
      phase: '',
      outOfSync: [],
    });
  });

  if (authentication !== 'none')
    test('answers nobody without a token, and its worker with one', async () => {
      await using worker = await startWorker(fleet, org, true);
      const config = `http://${name}.lakekeeper.svc:8181/catalog/v1/config?warehouse=org-${org}`;
      const ask = `
        const { access_token: token } = await (await fetch(process.env.LAKEKEEPER_TOKEN_URL, {
          method: 'POST',
          headers: { 'content-type': 'application/x-www-form-urlencoded' },
          body: 'grant_type=client_credentials',
        })).json();
        const status = async (headers) => (await fetch('${config}', { headers })).status;
        console.log(await status({}), await status({ authorization: 'Bearer ' + token }));`;
      const { code, output } = await worker.run([process.execPath, '--input-type=module', '-e', ask]);
      expect({ code, output }).toEqual({ code: 0, output: '401 200\n' });
    });

  if (duckdb && serverUnderTest && store)
    test('DuckDB in a worker attaches it by the SQL that attach prints, and reads what it wrote', async () => {
      const attach = ['attach', '--org', org, '--warehouses', fleet.scene.postgres.url];
      const attached = await lakekeeperGitops(attach);
      expect(attached).toMatchObject({ code: 0 });
      const { host, protocol } = new URL(store.endpoint);
      const extensions = (process.env.LAKEKEEPER_DUCKDB_EXTENSIONS ?? '').split(':').filter(Boolean);
      const sql = `
        ${extensions.map((file) => `LOAD '${file}';`).join('\n')}
        CREATE SECRET store (TYPE s3, KEY_ID '${store.accessKeyId}', SECRET '${store.secretAccessKey}',
          REGION '${store.region}', ENDPOINT '${host}', URL_STYLE 'path', USE_SSL ${protocol === 'https:'});
        ${attached.stdout}
        CREATE SCHEMA lake.sales;
        CREATE TABLE lake.sales.orders (id INTEGER, name VARCHAR);
        INSERT INTO lake.sales.orders VALUES (1, 'one'), (2, 'two');
        SELECT count(*) AS orders, max(name) AS last FROM lake.sales.orders;`;
      await using worker = await startWorker(fleet, org, authentication !== 'none');
      const { code, output } = await worker.run([duckdb, '-json', '-bail', ':memory:', sql]);
      expect({ code, output }).toMatchObject({ code: 0, output: expect.stringContaining('"orders":2') });
      expect(output).toContain('"last":"two"');
      process.stdout.write(`DuckDB, org ${org}: ${output.trim()}\n`);
    });
});
