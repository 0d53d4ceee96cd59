import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createAuthority } from '../support/certificates.ts';
import { type Fleet, healthCheck, settingsFor, startFleet } from './support/fleet.ts';
import { type Client, type IdentityProvider, startIdentityProvider } from './support/identity-provider.ts';
import { install } from './support/install.ts';
import { serverUnderTest, versionOf } from './support/lakekeeper-executable.ts';
import { loginScript } from './support/login-script.ts';
import { objectStoreUnderTest as store } from './support/object-store.ts';
import { attachSQL, makeOrders, query, writesTables } from './support/query.ts';
import { startWorker } from './support/worker.ts';

/**
 * An org whose tokens come from an OpenID provider outside of the cluster, which has a certificate of a private
 * authority: registration logs in as one client of it, workers as another. The provider is real, the rest is as in
 * engine.test.ts.
 */

const org = 'federated';
const name = `lakekeeper-${org}`;
const audience = `lakekeeper-${org}`;
const job: Client = { id: 'registration', secret: 'the-secret-of-the-job', sends: 'client_secret_basic' };
const worker: Client = { id: `duckling-${org}`, secret: "the-worker's-secret", sends: 'client_secret_post' };

const authority = createAuthority('private');
let provider: IdentityProvider;
let fleet: Fleet;
beforeAll(async () => {
  provider = await startIdentityProvider(authority.issue('idp', ['127.0.0.1']), audience, [job, worker]);
  fleet = await startFleet({ server: 'asGiven', objectStore: store });
  await fleet.addOrg(org, 'external', 'external');
  const settings = settingsFor(fleet.scene, store);
  const version = serverUnderTest ? await versionOf(serverUnderTest) : '0.13.3';
  await fleet.commit({
    ...settings,
    catalog: { ...settings.catalog, image: `quay.io/lakekeeper/catalog:v${version}` },
    trustedCertificates: { configMap: { name: 'private-ca', key: 'ca.crt' } },
    network: { ...settings.network, openID: [{ cidr: '127.0.0.0/8' }] },
    authentication: {
      mode: 'openID',
      issuer: 'external',
      providerURI: provider.issuer,
      tokenEndpoint: provider.tokenEndpoint,
      client: { id: job.id, secret: { namespace: 'duckgres', name: 'registration-client', key: 'secret' } },
    },
  });
  await fleet.sync('dist/platform');
  const of = (kind: string, namespace: string, name: string, fields: object) => ({
    apiVersion: 'v1',
    kind,
    metadata: { namespace, name },
    ...fields,
  });
  await install(
    fleet.scene.cluster,
    of('ConfigMap', 'lakekeeper', 'private-ca', { data: { 'ca.crt': authority.cert } }),
    of('Secret', 'duckgres', 'registration-client', { stringData: { secret: job.secret } }),
  );
});
afterAll(async () => {
  await fleet?.[Symbol.asyncDispose]();
  await provider?.[Symbol.asyncDispose]();
});

test('one sync registers it: registration logs in at the provider, whose keys the server reads', async () => {
  const { phase, message } = await fleet.sync(`dist/orgs/${name}`, { healthCheck });
  const runs = fleet.scene.kubelet.outputs.get(`${name}-register`) ?? [];
  expect({ phase, message, runs }).toMatchObject({ phase: 'Succeeded', runs: [{ code: 0 }] });
  for (const { output } of runs) expect(output).not.toContain(job.secret);
  const [row] = await fleet.sql('SELECT * FROM duckgres_managed_warehouses WHERE org_id = $1', [org]);
  expect(row).toMatchObject({
    iceberg_state: 'ready',
    iceberg_lakekeeper_client_id: worker.id,
    iceberg_lakekeeper_o_auth2_server_uri: provider.tokenEndpoint,
  });
});

test('nobody gets in without a token, a worker does with its own, and may not rename the warehouse', async () => {
  const config = `http://${name}.lakekeeper.svc:8181/catalog/v1/config?warehouse=org-${org}`;
  const client = { client_id: worker.id, client_secret: worker.secret };
  const login = loginScript(config, JSON.stringify(provider.tokenEndpoint), client);
  await using pod = await startWorker(fleet, org, false);
  const insecure = ['--no-warnings', '--input-type=module'];
  const command = ['env', 'NODE_TLS_REJECT_UNAUTHORIZED=0', process.execPath, ...insecure, '-e', login];
  expect(await pod.run(command)).toEqual({ code: 0, output: '401 200 403\n' });
});

test('attach prints a login with a variable for the secret, and no secret', async () => {
  const sql = await attachSQL(fleet, org);
  expect(sql).toContain(`CLIENT_ID '${worker.id}'`);
  expect(sql).toContain("CLIENT_SECRET getvariable('lakekeeper_client_secret')");
  expect(sql).toContain(`OAUTH2_SERVER_URI '${provider.tokenEndpoint}'`);
});

if (writesTables)
  test('DuckDB logs in at the provider by that, and reads what it wrote', async () => {
    const certificates = join(fleet.scene.controlPlane.directory, 'private-ca.crt');
    await writeFile(certificates, authority.cert);
    const before = `
      SET ca_cert_file = '${certificates}';
      SET VARIABLE lakekeeper_client_secret = '${worker.secret.replaceAll("'", "''")}';`;
    const { code, output } = await query(fleet, org, makeOrders, { hasBroker: false, before });
    expect({ code, output }).toMatchObject({ code: 0, output: expect.stringContaining('"orders":2') });
  });
