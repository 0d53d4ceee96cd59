import { afterAll, beforeAll, expect, test } from 'vitest';
import { type BreakingProxy, fatesOf, startBreakingProxy } from './support/breaking-proxy.ts';
import type { ClusterObject } from './support/cluster.ts';
import { type Fleet, settingsFor, startFleet } from './support/fleet.ts';
import { runProgram } from './support/gitops-image.ts';
import { install } from './support/install.ts';
import { objectsOf } from './support/manifests.ts';
import type { Pod } from './support/pod.ts';

/**
 * Registration with the real API server behind a network that refuses, cuts and delays: it ends, or says to try
 * again, and nothing is lost.
 */

const seeds = [1, 2, 3, 4, 5, 6];
const nobodys = 'registry.example.com/run-by-the-test:v1';

let fleet: Fleet;
let proxy: BreakingProxy;
beforeAll(async () => {
  fleet = await startFleet();
  proxy = await startBreakingProxy(fleet.scene.controlPlane.server, () => ({ kind: 'pass' }));
  for (const seed of seeds) await fleet.addOrg(`org-${seed}`);
  const settings = settingsFor(fleet.scene);
  // The kubelet's stand-in leaves pods of this image to us.
  await fleet.commit({ ...settings, registration: { ...settings.registration, image: nobodys } });
  await fleet.sync('dist/platform');
});
afterAll(async () => {
  await proxy?.[Symbol.asyncDispose]();
  await fleet?.[Symbol.asyncDispose]();
});

/** Everything of an org but its Job, whose pod is made without it. */
async function applyOrg(name: string): Promise<Pod> {
  const { cluster } = fleet.scene;
  const objects = [...(await objectsOf(`${fleet.repository}/dist/orgs/${name}`)).values()].flat();
  const job = objects.find(({ kind }) => kind === 'Job') as ClusterObject;
  await install(cluster, ...objects.filter(({ kind }) => kind !== 'Job'));
  const { metadata, spec } = job.spec.template;
  return cluster.create({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { ...metadata, namespace: 'lakekeeper', name: `${name}-by-hand` },
    spec,
  }) as Promise<unknown> as Promise<Pod>;
}

test.each(seeds)('with the network of seed %i', async (seed) => {
  const [org, name] = [`org-${seed}`, `lakekeeper-org-${seed}`];
  const { cluster, controlPlane, kubelet, lakekeeper } = fleet.scene;
  const pod = await applyOrg(name);
  const run = () =>
    runProgram(pod, {
      cluster,
      server: proxy.url,
      directory: controlPlane.directory,
      names: kubelet.names,
      signal: AbortSignal.timeout(120_000),
    });
  const secret = () =>
    cluster.get({ apiVersion: 'v1', kind: 'Secret', metadata: { namespace: 'lakekeeper', name } });

  proxy.fate = fatesOf(seed);
  const endings: { code: number; last: string | undefined }[] = [];
  let first: ClusterObject | undefined;
  do {
    const { code, output } = await run();
    endings.push({ code, last: output.trimEnd().split('\n').at(-1) });
    const now = await secret();
    first ??= now;
    // Whatever happened: never another key over the same database.
    expect(now?.data['encryption-key']).toBe(first?.data['encryption-key']);
  } while (endings.at(-1)?.code === 1 && endings.length < 20);
  // 2 and 4 would tell Kubernetes that trying again cannot help.
  expect(endings.slice(0, -1).filter(({ code }) => code !== 1)).toEqual([]);
  expect(endings.at(-1)).toMatchObject({ code: 0 });

  const [row] = await fleet.sql('SELECT * FROM duckgres_managed_warehouses WHERE org_id = $1', [org]);
  expect(row).toMatchObject({ iceberg_state: 'ready', iceberg_lakekeeper_warehouse: `org-${org}` });
  const standIn = lakekeeper.standIns.get(`lakekeeper_org_${seed}`);
  expect(standIn?.warehouses.map(({ name }) => name)).toEqual([`org-${org}`]);

  proxy.fate = () => ({ kind: 'pass' });
  const again = await run();
  expect(again).toMatchObject({ code: 0, output: expect.stringContaining('no changes') });
});

test('the network was bad in every way', () => {
  process.stdout.write(`connections: ${JSON.stringify(proxy.met)}\n`);
  expect(proxy.met.refuse).toBeGreaterThan(0);
  expect(proxy.met.cut).toBeGreaterThan(0);
  expect(proxy.met.delay).toBeGreaterThan(0);
});
