import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Fleet, healthCheck, type SyncReport, settingsFor, startFleet } from './support/fleet.ts';

/**
 * Whether registration and a health check can wait for each other (shared rules of Argo CD: a PostSync hook waits for
 * everything to be Healthy, and the catalog waits for the Secret that the hook makes).
 */

const arrangements = ['postSync', 'split'] as const;
/** What a platform team writes first. */
const naive = `
if obj.status ~= nil and obj.status.bootstrappedAt ~= nil then return { status = "Healthy" } end
return { status = "Progressing", message = "not bootstrapped" }`;

let fleet: Fleet;
let checks: Record<'none' | 'ours' | 'naive', { healthCheck?: string }>;
beforeAll(async () => {
  fleet = await startFleet();
  const file = join(fleet.scene.controlPlane.directory, 'naive.lua');
  await writeFile(file, naive);
  checks = { none: {}, ours: { healthCheck }, naive: { healthCheck: file } };
  for (const arrangement of arrangements)
    for (const check of Object.keys(checks)) await fleet.addOrg(`${arrangement.toLowerCase()}-${check}`);
});
afterAll(() => fleet?.[Symbol.asyncDispose]());

const stateOf = async (org: string) => {
  const [row] = await fleet.sql('SELECT iceberg_state FROM duckgres_managed_warehouses WHERE org_id = $1', [
    org,
  ]);
  return row?.iceberg_state;
};

/** The Secret is made in an earlier wave than the catalog, by a hook of its own. */
function expectSecretBeforeCatalog(results: SyncReport['results']): void {
  const order = results.map(({ object, hook }) => `${object.split(' ')[0]}${hook ? ` ${hook}` : ''}`);
  const at = (wanted: string) => order.indexOf(wanted);
  expect(at('RoleBinding')).toBeLessThan(at('Job Sync'));
  expect(at('ConfigMap')).toBeLessThan(at('Job Sync'));
  expect(at('Job Sync')).toBeGreaterThan(0);
  expect(at('Lakekeeper')).toBeGreaterThan(at('Job Sync'));
  expect(at('Job PostSync')).toBeGreaterThan(at('Lakekeeper'));
}

describe.each(arrangements)('arrangement %s', (arrangement) => {
  beforeAll(async () => {
    const settings = settingsFor(fleet.scene);
    await fleet.commit({ ...settings, registration: { ...settings.registration, hookMode: arrangement } });
    const { phase, message } = await fleet.sync('dist/platform', { validate: true });
    // Nothing differs where another arrangement was synced before.
    expect(['Succeeded', ''], message).toContain(phase);
  });
  const nameOf = (check: string) => `${arrangement.toLowerCase()}-${check}`;
  const sync = (check: keyof typeof checks, timeout?: string) =>
    fleet.sync(`dist/orgs/lakekeeper-${nameOf(check)}`, {
      ...checks[check],
      validate: check === 'ours',
      ...(timeout ? { timeout } : {}),
    });

  const inOrder = arrangement === 'split' ? ', and makes the Secret before the catalog' : '';
  test.each(['none', 'ours'] as const)(`registers with the health check: %s${inOrder}`, async (check) => {
    const { phase, message, results } = await sync(check);
    expect({ phase, message }).toMatchObject({ phase: 'Succeeded' });
    expect(await stateOf(nameOf(check))).toBe('ready');
    if (arrangement === 'split') expectSecretBeforeCatalog(results);
  });

  if (arrangement === 'split') {
    test('registers with a naive health check, too', async () => {
      const { phase, message } = await sync('naive');
      expect({ phase, message }).toMatchObject({ phase: 'Succeeded' });
      expect(await stateOf(nameOf('naive'))).toBe('ready');
    });
  } else {
    test('waits for ever with a naive health check: the deadlock that ours avoids', async () => {
      const { phase, message } = await sync('naive', '15s');
      expect(phase).toBe('Running');
      expect(message).toContain('waiting for healthy state of lakekeeper.k8s.lakekeeper.io/Lakekeeper');
      expect(fleet.scene.kubelet.outputs.get(`lakekeeper-${nameOf('naive')}-register`)).toBeUndefined();
      expect(await stateOf(nameOf('naive'))).toBeNull();
    });
  }
});

test('a migration that failed for good fails the sync with our health check, and says why', async () => {
  await fleet.addOrg('failing');
  await fleet.commit(settingsFor(fleet.scene));
  const [name, path] = ['lakekeeper-failing', 'dist/orgs/lakekeeper-failing'];
  expect(await fleet.sync(path, checks.ours)).toMatchObject({ phase: 'Succeeded' });
  // Another image, whose migration has failed three times already when the operator looks.
  const settings = settingsFor(fleet.scene);
  const catalog = { ...settings.catalog, image: 'quay.io/lakekeeper/catalog:v0.13.3' };
  await fleet.commit({ ...settings, catalog });
  const listing = await fleet.git('show', `HEAD:${path}/registration.yaml`);
  const [job] = /lakekeeper-failing-migrate-[0-9a-f]{8}/.exec(listing) ?? [''];
  const metadata = { namespace: 'lakekeeper', name: job };
  const pod = { restartPolicy: 'Never', containers: [{ name: 'a', image: 'nothing:1' }] };
  const { cluster } = fleet.scene;
  await cluster.create({
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata,
    spec: { suspend: true, template: { spec: pod } },
  });
  await cluster.patch({ apiVersion: 'batch/v1', kind: 'Job', metadata }, { status: { failed: 3 } }, 'status');
  const { phase, results } = await fleet.sync(path, checks.ours);
  expect(phase).toBe('Failed');
  const catalogResult = results.find(({ object }) => object === `Lakekeeper lakekeeper/${name}`);
  expect(catalogResult).toMatchObject({ phase: 'Failed' });
  expect(catalogResult?.message).toContain(job);
  expect(results.some(({ hook }) => hook)).toBe(false);
});
