import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { deriveFleet } from '../../src/catalog/fleet.ts';
import { registrationInputs } from '../../src/catalog/registration-inputs.ts';
import { kubernetesClient } from '../../src/clients/kubernetes/kubernetes-client.ts';
import { type RecordsByOrg, withRecords } from '../../src/mapping/with-records.ts';
import { openRecords } from '../../src/open-fleet.ts';
import { readRecorded } from '../../src/recorded/read-recorded.ts';
import { openRow } from '../../src/registration/row/open-row.ts';
import { recordOfRegistration } from '../../src/registration/row/registration-record.ts';
import { recordOfRetirement } from '../../src/registration/row/retirement-record.ts';
import { type ParsedRecord, parseWarehouseRecord } from '../../src/source/warehouse-record.ts';
import { UsageError } from '../../src/text/errors.ts';
import { Redactions } from '../../src/text/redactions.ts';
import { catalog, platform, type Row, rawRecords } from '../support/fleet.ts';
import { type KubernetesStandIn, startKubernetesStandIn } from '../support/kubernetes-stand-in.ts';
import { withKubeconfig } from '../support/listed-cluster.ts';
import { lakekeeperGitops } from '../support/program.ts';
import { withDirectory } from '../support/tree.ts';

const inConfigMaps = platform({ registration: { record: { configMap: true } } });

/** The fleet of rows, with what is recorded of their orgs elsewhere. */
async function fleetWith(byOrg: RecordsByOrg, ...rows: Row[]) {
  const records: ParsedRecord[] = [];
  for await (const one of withRecords(rawRecords(rows), byOrg)) records.push(parseWarehouseRecord(one));
  return deriveFleet(records, inConfigMaps, new Map());
}

describe('in ConfigMaps', () => {
  let cluster: KubernetesStandIn;
  beforeEach(async () => {
    cluster = await startKubernetesStandIn();
  });
  afterEach(() => cluster[Symbol.asyncDispose]());

  const registered = async () => {
    const inputs = registrationInputs(catalog('acme', inConfigMaps), inConfigMaps);
    const options = async () => ({ headers: { authorization: 'Bearer admin-token' } });
    const kubernetes = kubernetesClient({ server: cluster.server, options });
    const sources = { kubernetes, environment: {}, redactions: new Redactions(), secrets: new Map() };
    const { signal } = new AbortController();
    const row = await openRow(inputs, { sources, signal, shutdownClient: kubernetes });
    expect(await row.recordSuccess(recordOfRegistration(inputs))).toBe('created');
  };
  const read = (from = 'cluster') =>
    withKubeconfig(cluster.server, 'admin-token', () => readRecorded(from, inConfigMaps));
  const record = (org: string, data: object, name = `lakekeeper-${org}-endpoint`) =>
    cluster.put('configmaps', {
      metadata: {
        namespace: 'lakekeeper',
        name,
        labels: { 'app.kubernetes.io/part-of': 'lakekeeper-gitops' },
        annotations: { 'lakekeeper-gitops/org': org },
      },
      data,
    });
  const endpoint = 'http://old-name.lakekeeper.svc:8181/catalog';

  test('what registration wrote is read by attach, from the cluster of the kubeconfig', async () => {
    await registered();
    await withKubeconfig(cluster.server, 'admin-token', (kubeconfig) =>
      withDirectory(async (directory) => {
        await writeFile(join(directory, 'tenants.json'), JSON.stringify([{ id: 'acme' }, { id: 'new' }]));
        const attach = (org: string) =>
          lakekeeperGitops(
            [
              ...['attach', '--org', org, '--warehouses', join(directory, 'tenants.json')],
              ...['--platform', 'examples/control-planes/tenants.yaml'],
            ],
            { env: { KUBECONFIG: kubeconfig } },
          );
        const attached = await attach('acme');
        expect(attached.stderr).toContain('there is no column bucket');
        expect(attached.stdout).toContain("ENDPOINT 'http://lakekeeper-acme.lakekeeper.svc:8181/catalog'");
        expect(await attach('new')).toMatchObject({
          code: 2,
          stderr: expect.stringContaining('org "new" is not registered'),
        });
      }),
    );
  });

  test('a recorded name is kept by synth, whatever the settings would make of the org', async () => {
    record('acme', { iceberg_state: 'ready', iceberg_lakekeeper_endpoint: endpoint });
    const { catalogs } = await fleetWith(await read(), { org_id: 'acme' }, { org_id: 'globex' });
    expect(catalogs.map(({ org, names }) => [org, names.kubernetes])).toEqual([
      ['globex', 'lakekeeper-globex'],
      ['acme', 'old-name'],
    ]);
  });

  test('commands read it when a flag or the environment says so, and not without', async () => {
    record('acme', { iceberg_state: 'ready', iceberg_lakekeeper_endpoint: endpoint });
    await withKubeconfig(cluster.server, 'admin-token', (kubeconfig) =>
      withDirectory(async (directory) => {
        const warehouses = join(directory, 'warehouses.json');
        await writeFile(warehouses, JSON.stringify({ warehouses: [{ org_id: 'acme' }] }));
        const endpoints = async (named: object, env: NodeJS.ProcessEnv = {}) => {
          const found: unknown[] = [];
          for await (const raw of await openRecords({ warehouses, ...named }, inConfigMaps, env)) {
            const parsed = parseWarehouseRecord(raw);
            found.push(parsed.ok && parsed.record.recorded.endpoint);
          }
          return found;
        };
        vi.stubEnv('KUBECONFIG', '/nowhere');
        expect(await endpoints({})).toEqual([undefined]);
        expect(await endpoints({ records: 'cluster', kubeconfig })).toEqual([endpoint]);
        vi.stubEnv('KUBECONFIG', kubeconfig);
        expect(await endpoints({}, { LAKEKEEPER_GITOPS_RECORDS: 'cluster' })).toEqual([endpoint]);
      }),
    );
  });

  test('a recorded retirement ends the retirement of the org', async () => {
    record('acme', recordOfRetirement('done'));
    const { skipped } = await fleetWith(await read(), { org_id: 'acme', iceberg_enabled: false });
    expect(skipped).toMatchObject([{ org: 'acme', isRetired: true }]);
  });

  test('a file with the output of kubectl has the same; other ConfigMaps have no part in it', async () => {
    record('acme', { iceberg_lakekeeper_endpoint: endpoint });
    record('globex', { 'inputs.json': '{}' }, 'lakekeeper-globex-registration');
    const found = await read();
    expect([...found.keys()]).toEqual(['acme']);
    await withDirectory(async (directory) => {
      const file = join(directory, 'records.json');
      await writeFile(file, JSON.stringify({ items: cluster.all('configmaps', '') }));
      expect(await read(file)).toEqual(found);
      await writeFile(file, '{}');
      await expect(read(file)).rejects.toThrow(/records\.json: is not a list of ConfigMaps/);
    });
  });

  test('of two names of an org, the retired one does not count; two that serve are an error', async () => {
    record('acme', { iceberg_state: 'ready', iceberg_lakekeeper_endpoint: endpoint }, 'b-endpoint');
    record('acme', recordOfRetirement('done'), 'c-endpoint');
    record('acme', recordOfRetirement('done'), 'a-endpoint');
    expect((await read()).get('acme')).toMatchObject({ iceberg_state: 'ready' });
    record('acme', { iceberg_state: 'ready' }, 'd-endpoint');
    await expect(read()).rejects.toThrow(
      /org acme has two records: ConfigMap lakekeeper\/b-endpoint, and lakekeeper\/d-endpoint; delete the one/,
    );
  });
});

const url = { namespace: 'lakekeeper', name: 'warehouse-database', key: 'url' };
test.each([
  [
    'postgres://u:hunter2@db/ctl',
    { configMap: true },
    /are recorded in ConfigMaps .* expected cluster, or a file/,
  ],
  [
    'records.json',
    { table: { url, sameDatabase: false } },
    /in a table .* expected a postgres:\/\/ URL, or cluster/,
  ],
  [
    'cluster',
    { table: { url: { ...url, name: '{org}-database' }, sameDatabase: false } },
    /the Secret "?lakekeeper\/\{org\}-database"? is one for each org; expected a postgres:\/\/ URL/,
  ],
] as const)(
  '%s is no place for a record in %j, and the error says which is',
  async (from, record, message) => {
    const reading = readRecorded(from, platform({ registration: { record } }));
    await expect(reading).rejects.toThrow(UsageError);
    await expect(reading).rejects.toThrow(message);
    await expect(reading).rejects.not.toThrow(/hunter2/);
  },
);

test('what the settings record in resources is read with them: there is no other place', async () => {
  const source = {
    resource: { apiVersion: 'example.org/v1', plural: 'tenants' },
    mapping: { org: 'metadata.name', icebergEnabled: { constant: true } },
  };
  const settings = platform({ source, registration: { record: { resource: 'annotations' } } });
  await expect(readRecorded('cluster', settings)).rejects.toThrow(/is in the resources themselves/);
});
