import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ClusterObject } from './support/cluster.ts';
import { type Fleet, healthCheck, settingsFor, startFleet } from './support/fleet.ts';

/**
 * A fleet from rows to registered: synth, Git, Argo CD's engine with our health check, operator, registration Jobs
 * under their own rights. Where the engine's small program differs from Argo CD: it has no Application, no projects
 * and no repository server, and it looks when the test says so. What the automated sync of an Application does, it
 * does (`go/engine`).
 */

const uuid = '018d351a-9ff7-0000-eaff-4628875ad045';
const longest = 'x'.repeat(35);
/** Every org: the name of its catalog, its database, and its warehouse. */
const orgs = {
  acme: ['lakekeeper-acme', 'lakekeeper_acme', 'org-acme'],
  globex: ['lakekeeper-globex', 'lakekeeper_globex', 'org-globex'],
  hooli_labs: ['lakekeeper-hooli-labs-ccd58c50', 'lakekeeper_hooli_labs_ccd58c50', 'org-hooli-labs-ccd58c50'],
  umbrella: ['lakekeeper-umbrella', 'lakekeeper_umbrella', 'org-umbrella'],
  [longest]: [`lakekeeper-${longest}`, `lakekeeper_${longest}`, `org-${longest}`],
  [uuid]: [
    'lakekeeper-018d351a9ff70000eaff4628875ad045',
    'lakekeeper_018d351a_9ff7_0000_eaff_4628875ad045',
    `org-${uuid}`,
  ],
} as const;
const names = Object.values(orgs).map(([name]) => name);
const soon = { timeout: 60_000, interval: 200 };

let fleet: Fleet;
let settings: Record<string, Record<string, unknown>>;
beforeAll(async () => {
  fleet = await startFleet();
  await fleet.addOrg('acme');
  await fleet.addOrg('globex', 'cnpg-shard');
  await fleet.addOrg('hooli_labs', 'external', 'external');
  await fleet.addOrg('umbrella');
  await fleet.addOrg(uuid, 'cnpg-shard');
  await fleet.addOrg(longest);
  settings = {
    ...settingsFor(fleet.scene),
    orgs: { umbrella: { authentication: { mode: 'kubernetes' } } },
  };
  await fleet.commit(settings);
});
afterAll(() => fleet?.[Symbol.asyncDispose]());

const syncOrg = (name: string, options = {}) => fleet.sync(`dist/orgs/${name}`, { healthCheck, ...options });
const inNamespace = (apiVersion: string, kind: string, name: string) =>
  fleet.scene.cluster.get({ apiVersion, kind, metadata: { namespace: 'lakekeeper', name } });
const lakekeeper = (name: string) =>
  inNamespace('lakekeeper.k8s.lakekeeper.io/v1alpha1', 'Lakekeeper', name) as Promise<ClusterObject>;
/** The API server, as the registration Job of a catalog. */
const as = async (name: string) =>
  fleet.scene.cluster.as(await fleet.scene.cluster.token('lakekeeper', `${name}.register`));
const rowOf = async (org: string) => {
  const [row] = await fleet.sql('SELECT * FROM duckgres_managed_warehouses WHERE org_id = $1', [org]);
  return row;
};
const runs = (name: string) => fleet.scene.kubelet.outputs.get(`${name}-register`) ?? [];

test('the platform is synced first: namespace, policies, amendments', async () => {
  const { phase, outOfSync } = await fleet.sync('dist/platform');
  expect(phase).toBe('Succeeded');
  expect(outOfSync).toContain('MutatingAdmissionPolicy /lakekeeper-gitops-amendments');
});

describe.each(Object.entries(orgs))('org %s', (org, [name, database, warehouse]) => {
  test('is registered by one sync: resources, then the hook, which succeeds', async () => {
    const { phase, message, results } = await syncOrg(name);
    const [last] = runs(name).slice(-1);
    expect({ phase, message, last: last?.output }).toMatchObject({ phase: 'Succeeded' });
    expect(results.at(-1)).toMatchObject({
      object: `Job lakekeeper/${name}-register`,
      hook: 'PostSync',
      phase: 'Succeeded',
    });
    expect(results.slice(0, -1).every(({ syncPhase }) => syncPhase === 'Sync')).toBe(true);
    expect(runs(name)).toMatchObject([{ code: 0 }]);
  });

  test('has its row, which says where the catalog is', async () => {
    expect(await rowOf(org)).toMatchObject({
      iceberg_lakekeeper_endpoint: `http://${name}.lakekeeper.svc:8181/catalog`,
      iceberg_lakekeeper_warehouse: warehouse,
      iceberg_state: 'ready',
    });
  });

  test('has a catalog that is migrated, ready and has its warehouse', async () => {
    const { status, spec } = await lakekeeper(name);
    expect(spec.database.postgres.database).toBe(database);
    const conditions = status.conditions.map(
      ({ type, status }: { type: string; status: string }) => `${type}=${status}`,
    );
    expect(conditions).toEqual(expect.arrayContaining(['Ready=True', 'Migrated=True', 'Degraded=False']));
    const standIn = fleet.scene.lakekeeper.standIns.get(spec.database.postgres.database);
    expect(standIn?.isBootstrapped).toBe(true);
    expect(standIn?.warehouses).toMatchObject([{ name: warehouse }]);
  });

  test('had its Secret written before its migration began', async () => {
    const secret = (await inNamespace('v1', 'Secret', name)) as ClusterObject;
    const { status } = await lakekeeper(name);
    const job = (await inNamespace('batch/v1', 'Job', status.migrationJob)) as ClusterObject;
    const [written, begun] = [secret, job].map((object) =>
      Date.parse(object.metadata.creationTimestamp ?? ''),
    );
    expect(written).toBeLessThanOrEqual(begun ?? 0);
    // Argo CD would prune what it takes for its own.
    expect(JSON.stringify(secret.metadata)).not.toContain('argocd.argoproj.io');
  });

  test('has pods that were amended: their own identity and what the operator cannot say', async () => {
    const pods = await fleet.scene.cluster.list({ apiVersion: 'v1', kind: 'Pod' }, 'lakekeeper');
    const servers = pods.filter(
      ({ metadata }) =>
        metadata.labels?.['app.kubernetes.io/instance'] === name &&
        metadata.labels?.['app.kubernetes.io/managed-by'] === 'lakekeeper-operator',
    );
    expect(servers).toHaveLength(1);
    for (const { spec } of servers)
      expect(spec).toMatchObject({
        serviceAccountName: name,
        containers: [{ envFrom: [{ configMapRef: { name: `${name}-amendments` } }] }],
      });
  });
});

test('a catalog with authentication refuses who has no token, and its registration has one', async () => {
  const standIn = fleet.scene.lakekeeper.standIns.get('lakekeeper_umbrella');
  const anonymous = standIn?.requests.filter(({ authorization }) => authorization === undefined) ?? [];
  expect(anonymous.length).toBeGreaterThan(0);
  expect(standIn?.settings.tokens).toHaveLength(1);
  expect((await lakekeeper('lakekeeper-umbrella')).status.bootstrappedAt).toBeUndefined();
});

test('a second sync finds nothing out of sync, and runs nothing', async () => {
  const before = await Promise.all(Object.keys(orgs).map(rowOf));
  for (const name of ['platform', ...names.map((name) => `orgs/${name}`)]) {
    const report = await fleet.sync(`dist/${name}`, { healthCheck });
    expect({ name, ...report }).toMatchObject({ name, outOfSync: [], phase: '' });
  }
  for (const name of names) expect(runs(name)).toHaveLength(1);
  expect(await Promise.all(Object.keys(orgs).map(rowOf))).toEqual(before);
});

test('the same rows and settings make no commit: what is rendered is what is there', async () => {
  await fleet.commit(settings);
  expect(await fleet.git('diff', '--stat', 'HEAD~1', 'HEAD')).toBe('');
});

test('another registration image changes the hook alone, and the fingerprint makes Argo CD run it', async () => {
  const registration = {
    ...settings.registration,
    image: 'ghcr.io/lakekeeper-gitops/lakekeeper-gitops:v0.1.1',
  };
  settings = { ...settings, registration };
  await fleet.commit(settings);
  const versions = async () => {
    const objects = await Promise.all([
      lakekeeper('lakekeeper-acme'),
      inNamespace('v1', 'Secret', 'lakekeeper-acme'),
    ]);
    return objects.map((object) => object?.metadata.resourceVersion);
  };
  const before = await versions();
  const { outOfSync, phase } = await syncOrg('lakekeeper-acme');
  expect(await versions()).toEqual(before);
  expect(outOfSync).toEqual(['ConfigMap lakekeeper/lakekeeper-acme-registration']);
  expect(phase).toBe('Succeeded');
  expect(runs('lakekeeper-acme')).toHaveLength(2);
  expect(runs('lakekeeper-acme')[1]?.output).toContain('no changes');
});

test('another image of the catalog migrates first; registration waits for it, with a right on that Job', async () => {
  const catalog = { ...settings.catalog, image: 'quay.io/lakekeeper/catalog:v0.13.3' };
  settings = { ...settings, catalog };
  await fleet.commit(settings);
  const before = (await lakekeeper('lakekeeper-acme')).status.migrationJob;
  const { outOfSync, phase } = await syncOrg('lakekeeper-acme');
  expect(outOfSync).toContain('Lakekeeper lakekeeper/lakekeeper-acme');
  expect({ phase, output: runs('lakekeeper-acme')[2]?.output }).toMatchObject({ phase: 'Succeeded' });
  const after = (await lakekeeper('lakekeeper-acme')).status.migrationJob;
  expect(after).not.toBe(before);
  expect(await inNamespace('batch/v1', 'Job', after)).toMatchObject({ status: { succeeded: 1 } });
  const job = await as('lakekeeper-acme');
  const path = (name: string) => `/apis/batch/v1/namespaces/lakekeeper/jobs/${name}`;
  expect((await job.send('GET', path(after))).status).toBe(200);
  expect((await job.send('GET', path(before))).status).toBe(403);
});

describe('the rights of a registration Job, seen from its own token', () => {
  const secret = (namespace: string, name = '') =>
    `/api/v1/namespaces/${namespace}/secrets${name && `/${name}`}`;

  test.each([
    ["its own org's Secret", secret('lakekeeper', 'lakekeeper-acme'), 200],
    ["the admin credential of its own org's store", secret('ducklings', 'duckling-acme'), 200],
    ['the URL of the warehouse database', secret('duckgres', 'warehouse-database'), 200],
    ["another org's Secret", secret('lakekeeper', 'lakekeeper-globex'), 403],
    ["the admin credential of another org's store", secret('ducklings', 'duckling-globex'), 403],
    ['the list of Secrets, where its own is', secret('lakekeeper'), 403],
    ['the list of Secrets, where the admin credentials are', secret('ducklings'), 403],
    ['a Secret of a namespace that is none of its business', secret('kube-system', 'any'), 403],
    [
      "another org's catalog",
      '/apis/lakekeeper.k8s.lakekeeper.io/v1alpha1/namespaces/lakekeeper/lakekeepers/lakekeeper-globex',
      403,
    ],
    ['the list of catalogs', '/apis/lakekeeper.k8s.lakekeeper.io/v1alpha1/lakekeepers', 403],
    ['the ConfigMaps of all', '/api/v1/namespaces/lakekeeper/configmaps', 403],
  ])('reads %s: %s gives %i', async (_, path, status) => {
    const job = await as('lakekeeper-acme');
    expect((await job.send('GET', path)).status).toBe(status);
  });

  test.each([
    ["writes another org's Secret", 'PATCH', secret('lakekeeper', 'lakekeeper-globex')],
    [
      'deletes its own Secret, and the encryption key with it',
      'DELETE',
      secret('lakekeeper', 'lakekeeper-acme'),
    ],
    ['makes a Secret elsewhere', 'POST', secret('ducklings')],
    [
      "gives itself a ServiceAccount's token",
      'POST',
      '/api/v1/namespaces/lakekeeper/serviceaccounts/default/token',
    ],
    ['starts a pod', 'POST', '/api/v1/namespaces/lakekeeper/pods'],
    [
      'changes its Role',
      'PATCH',
      '/apis/rbac.authorization.k8s.io/v1/namespaces/lakekeeper/roles/lakekeeper-acme.register',
    ],
  ])('never %s', async (_, method, path) => {
    const job = await as('lakekeeper-acme');
    const type = method === 'PATCH' ? 'application/merge-patch+json' : 'application/json';
    expect((await job.send(method, path, {}, type)).status).toBe(403);
  });
});

test('a catalog that is no longer in Git is pruned only when somebody confirms it', async () => {
  await fleet.git(
    'rm',
    '--quiet',
    ...['catalog', 'registration'].map((file) => `dist/orgs/lakekeeper-globex/${file}.yaml`),
  );
  await fleet.git('commit', '--quiet', '--message', 'remove a catalog');
  const held = await syncOrg('lakekeeper-globex');
  expect(held.phase).toBe('Running');
  expect(held.message).toContain(
    'waiting for pruning confirmation of lakekeeper.k8s.lakekeeper.io/Lakekeeper',
  );
  expect((await lakekeeper('lakekeeper-globex')).metadata.deletionTimestamp).toBeUndefined();

  const { phase } = await syncOrg('lakekeeper-globex', { confirm: true });
  expect(phase).toBe('Succeeded');
  await expect.poll(() => lakekeeper('lakekeeper-globex'), soon).toBeUndefined();
  // The Secret is nobody's but registration's, and with it the key to the data.
  expect(await inNamespace('v1', 'Secret', 'lakekeeper-globex')).toBeDefined();
});
