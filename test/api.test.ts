import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { apiReport } from '../scripts/types.mjs';
import { deriveCatalog, plan, register, synth, UsageError } from '../src/api.ts';
import { withPostgres } from './support/embedded-postgres.ts';
import { baseSettings } from './support/fleet.ts';
import { kubeconfigOf } from './support/kubeconfig.ts';
import { startScene } from './support/registration-scene.ts';
import { readTree, withDirectory } from './support/tree.ts';

const settings = parse(await readFile('examples/fleet/platform.yaml', 'utf8'));
const { warehouses } = parse(await readFile('examples/fleet/warehouses.yaml', 'utf8'));

test('the report of the interface is up to date; otherwise run npm run schema (docs/releases.md)', async () => {
  expect(await readFile('docs/api.d.ts', 'utf8')).toBe(apiReport());
});

test('synth and plan do with data what the commands do with files', () =>
  withDirectory(async (out) => {
    const fleet = { platform: settings, warehouses, out };
    expect(await plan(fleet)).toMatchObject({ orgs: { desired: 6, added: 6 } });
    const { rendered, rejected } = await synth(fleet);
    expect(await readTree(out)).toEqual(await readTree('dist'));
    expect(rendered.map(({ org }) => org)).toContain('acme');
    expect(rejected).toMatchObject([{ org: 'wonka' }]);
    const files = { platform: 'examples/fleet/platform.yaml', warehouses: 'examples/fleet/warehouses.yaml' };
    expect((await synth({ ...files, out, check: true })).changes).toEqual([]);
    expect(await plan({ ...files, out })).toMatchObject({ risk: 'none', changes: [] });
    await expect(plan({ ...files, out, against: 'no-such-ref' })).rejects.toThrow(UsageError);
  }));

test('what is odd about the settings and the rows is passed on, as the commands print it', () =>
  withDirectory(async (directory) => {
    const file = join(directory, 'warehouses.yaml');
    const [first] = warehouses;
    await writeFile(file, JSON.stringify({ warehouses: [{ ...first, data_store_regoin: 'eu-west-1' }] }));
    const network = { ...settings.network, policies: 'cilium', dns: [{ cidr: '169.254.20.10/32' }] };
    const warnings: string[] = [];
    await synth({
      platform: { ...settings, network },
      warehouses: file,
      out: join(directory, 'dist'),
      check: true,
      warn: (message) => warnings.push(message),
    });
    expect(warnings).toEqual([
      expect.stringMatching(/^platform: network\.dns 169\.254\.20\.10\/32 is of the node/),
      expect.stringMatching(/data_store_regoin.*data_store_region/),
    ]);
  }));

test('a source that gives rows one after the other is as good as a list', () =>
  withDirectory(async (out) => {
    async function* rows() {
      yield* warehouses;
    }
    const { rendered } = await synth({ platform: settings, warehouses: rows(), out, check: true });
    expect(rendered).toHaveLength(6);
  }));

test('rows go through the mapping of the settings: of a table, or Kubernetes objects', () =>
  withDirectory(async (out) => {
    const mapping = {
      org: 'id',
      icebergEnabled: { constant: true },
      metadataStoreKind: { constant: 'external' },
      metadataStoreHost: { constant: 'pg.example.com' },
      dataStoreBucket: 'bucket',
    };
    const inConfigMaps = { ...baseSettings, registration: { record: { configMap: true } } };
    const platform = { ...inConfigMaps, source: { mapping } };
    const tenants = [{ id: 'acme', bucket: 'acme-lake' }, { id: 7 }];
    const { rendered, rejected } = await synth({ platform, warehouses: tenants, out, check: true });
    expect(rendered.map(({ org }) => org)).toEqual(['acme']);
    expect(rejected[0]?.problems[0]?.at).toBe('warehouses[1].id');
    await expect(synth({ platform, warehouses: [{ name: 'acme' }], out, check: true })).rejects.toThrow(
      /source\.mapping does not fit warehouses, .*\n {2}source\.mapping\.org: there is no column id/,
    );
    const resource = { apiVersion: 'example.org/v1', plural: 'tenants' };
    const ofObjects = {
      resource,
      mapping: { ...mapping, org: 'metadata.name', dataStoreBucket: 'status.bucket' },
    };
    const object = { metadata: { name: 'acme', namespace: 'tenants' }, status: { bucket: 'acme-lake' } };
    const derived = { ok: true, catalog: { org: 'acme', dataStore: { bucket: 'acme-lake' } } };
    expect(await deriveCatalog(object, { ...inConfigMaps, source: ofObjects })).toMatchObject(derived);
    expect(await deriveCatalog({ id: 7 }, platform)).toMatchObject({
      ok: false,
      problems: [{ at: 'warehouse.id', message: 'is a number (7); expected a string, in quotes' }],
    });
  }));

test('deriveCatalog gives the names that synth renders, or every problem of the row', async () => {
  const of = (id: string) => warehouses.find(({ org_id }: { org_id: string }) => org_id === id);
  expect(await deriveCatalog(of('hooli_labs'), settings)).toMatchObject({
    ok: true,
    catalog: {
      org: 'hooli_labs',
      names: { kubernetes: 'lakekeeper-hooli-labs-ccd58c50', lakekeeperWarehouse: 'org-hooli-labs-ccd58c50' },
      metadataStore: { database: 'lakekeeper_hooli_labs_ccd58c50' },
    },
  });
  const { ok, problems } = (await deriveCatalog(of('wonka'), settings)) as { ok: false; problems: object[] };
  expect({ ok, count: problems.length }).toEqual({ ok: false, count: 2 });
  expect(await deriveCatalog({ org_id: 7 }, settings)).toMatchObject({
    ok: false,
    problems: [{ at: 'warehouse.org_id', message: 'is a number (7); expected a string, in quotes' }],
  });
  await expect(deriveCatalog(of('acme'), { catalogue: {} })).rejects.toThrow(/^platform has \d+ problems:/);
});

test('register does what the Jobs do, and says what became of each org', () =>
  withPostgres({}, async (postgres) => {
    const scene = await startScene(postgres);
    try {
      await withDirectory(async (directory) => {
        const kubeconfig = join(directory, 'kubeconfig');
        await writeFile(kubeconfig, kubeconfigOf(scene.cluster.server));
        const { external } = baseSettings.metadataStores;
        const options = {
          platform: {
            ...baseSettings,
            metadataStores: {
              external: {
                ...external,
                sslMode: 'disable',
                admin: { user: postgres.user, ...external.admin },
              },
            },
            registration: { record: { configMap: true } },
          },
          warehouses: [
            {
              org_id: 'acme',
              state: 'ready',
              iceberg_enabled: true,
              metadata_store_kind: 'external',
              metadata_store_endpoint: postgres.host,
              metadata_store_port: postgres.port,
              data_store_bucket_name: 'lake-bucket',
              duckling_name: 'duckling-acme',
            },
          ],
          kubeconfig,
          serverUrl: scene.lakekeeper.url,
        };
        const [planned] = await register({ ...options, dryRun: true });
        expect(planned).toMatchObject({ org: 'acme', result: 'planned' });
        expect(await register(options)).toMatchObject([{ org: 'acme', result: 'registered' }]);
        expect(await register({ ...options, orgs: ['acme'] })).toMatchObject([{ result: 'unchanged' }]);
        await expect(register({ ...options, orgs: ['acne'] })).rejects.toThrow(/did you mean "acme"\?$/);
      });
    } finally {
      await scene.end();
    }
  }));
