import { spawnSync } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { argoCDDefinitions, isNotOfFinalizerName } from './support/argo-cd.ts';
import type { ClusterObject } from './support/cluster.ts';
import { adminToken } from './support/control-plane.ts';
import { type Fleet, healthCheck, settingsFor, startFleet } from './support/fleet.ts';
import { install } from './support/install.ts';
import { objectsOf } from './support/manifests.ts';
import { remainsOf } from './support/org-remains.ts';
import { tool } from './support/tools.ts';

/** What is rendered for Argo CD, held against its own definitions; and orgs in shards, synced by its engine. */

const argocd = { repoURL: 'https://git.example.com/acme/catalogs.git' };
const shards = 2;
const orgs = ['acme', 'globex', 'hooli_labs', 'umbrella'];
const ownNamespaces = { tenancy: 'namespacePerOrg' };

let fleet: Fleet;
beforeAll(async () => {
  fleet = await startFleet();
  await install(fleet.scene.cluster, ...(await argoCDDefinitions()), {
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: { name: 'argocd' },
  });
  for (const org of orgs) await fleet.addOrg(org);
});
afterAll(() => fleet?.[Symbol.asyncDispose]());

const ofPlatform = async () => objectsOf(`${fleet.repository}/dist/platform`);
const settings = (more: object = {}, of: object = {}) => ({
  ...settingsFor(fleet.scene),
  ...of,
  argocd: { ...argocd, ...more },
});

describe.each([
  ['per org', {}, {}],
  ['per shard', { shards }, {}],
  ['per org, a namespace each', {}, ownNamespaces],
  ['per shard, a namespace per org', { shards }, ownNamespaces],
])('one Application %s', (_, argoCD, of) => {
  test('is accepted by the definitions of Argo CD, with strict field validation and without a warning', async () => {
    // The orgs change their namespaces here, and are registered nowhere.
    await fleet.commit(settings(argoCD, { ...of, moves: { confirm: orgs } }));
    const files = await ofPlatform();
    const objects = ['argocd.yaml', 'argocd-health-check.yaml'].flatMap((file) => files.get(file) ?? []);
    expect(objects.map(({ kind }) => kind)).toEqual([
      'AppProject',
      'AppProject',
      'Application',
      'ApplicationSet',
      'ConfigMap',
    ]);
    for (const object of objects) {
      const { status, warnings, body } = await fleet.scene.cluster.apply(object, { dryRun: true });
      const { name } = object.metadata;
      expect({
        name,
        refused: status >= 300 ? body.message : '',
        warnings: warnings.filter(isNotOfFinalizerName),
      }).toEqual({ name, refused: '', warnings: [] });
    }
  });
});

test('a field that Argo CD does not have is refused: the check can fail', async () => {
  const [applicationSet] = ((await ofPlatform()).get('argocd.yaml') ?? []).filter(
    ({ kind }) => kind === 'ApplicationSet',
  );
  const wrong = { ...applicationSet, spec: { ...applicationSet?.spec, goTemplat: true } } as ClusterObject;
  const { status, body } = await fleet.scene.cluster.apply(wrong, { dryRun: true });
  expect(status).toBeGreaterThanOrEqual(400);
  expect(body.message).toContain('.spec.goTemplat: field not declared in schema');
});

test('the commands of the document work, and keep the other keys of argocd-cm', async () => {
  const { cluster, controlPlane } = fleet.scene;
  await install(cluster, {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { namespace: 'argocd', name: 'argocd-cm' },
    data: { url: 'https://argocd.example.com' },
  });
  const commands = (await readFile('docs/argo-cd.md', 'utf8')).match(/^kubectl .*$/gm) ?? [];
  expect(commands).toHaveLength(2);
  const env = {
    PATH: `${dirname(await tool('kubectl'))}:${process.env.PATH}`,
    KUBECONFIG: await controlPlane.kubeconfig(adminToken),
    HOME: fleet.repository,
  };
  for (const command of commands) {
    const { status, stderr } = spawnSync('bash', ['-c', command], {
      cwd: fleet.repository,
      env,
      encoding: 'utf8',
    });
    expect({ command, status, stderr }).toMatchObject({ command, status: 0 });
  }
  const inArgoCD = (apiVersion: string, kind: string, name: string) =>
    cluster.get({ apiVersion, kind, metadata: { namespace: 'argocd', name } });
  expect(await inArgoCD('argoproj.io/v1alpha1', 'ApplicationSet', 'lakekeeper.orgs')).toBeDefined();
  expect((await inArgoCD('v1', 'ConfigMap', 'argocd-cm'))?.data).toEqual({
    url: 'https://argocd.example.com',
    'resource.customizations.health.lakekeeper.k8s.lakekeeper.io_Lakekeeper': await readFile(
      healthCheck,
      'utf8',
    ),
  });
});

describe('orgs in shards, each with a namespace', () => {
  let shard: string;
  beforeAll(async () => {
    await fleet.commit(settings({ shards }, ownNamespaces));
    const files = await ofPlatform();
    for (const [file, objects] of files)
      if (!file.startsWith('argocd')) await install(fleet.scene.cluster, ...objects);
  });

  test('are registered by one sync of each shard', async () => {
    const listed = await fleet.git('ls-tree', '-d', '--name-only', 'HEAD:dist/shards');
    const paths = listed
      .trim()
      .split('\n')
      .map((shard) => `dist/shards/${shard}`);
    expect(paths).toEqual(['dist/shards/000', 'dist/shards/001']);
    for (const path of paths) {
      const { phase, message } = await fleet.sync(path, { healthCheck });
      expect({ path, phase, message }).toMatchObject({ phase: 'Succeeded' });
    }
    const rows = await fleet.sql(
      'SELECT org_id, iceberg_state FROM duckgres_managed_warehouses ORDER BY org_id',
    );
    expect(rows).toEqual(orgs.map((org_id) => ({ org_id, iceberg_state: 'ready' })));
  });

  test('one that comes later changes its own shard alone', async () => {
    await fleet.addOrg('late');
    await fleet.commit(settings({ shards }, ownNamespaces));
    const changed = await fleet.git('diff', '--name-only', 'HEAD~1', 'HEAD', '--', 'dist');
    const [own, ...others] = new Set(
      changed
        .trim()
        .split('\n')
        .map((file) => file.split('/').slice(0, 4).join('/')),
    );
    expect(own).toMatch(/^dist\/shards\/00[01]\/lakekeeper-late$/);
    expect(others).toEqual([]);
    shard = own?.split('/').slice(0, 3).join('/') ?? '';
    const [other] = ['dist/shards/000', 'dist/shards/001'].filter((path) => path !== shard);
    expect(await fleet.sync(other ?? '', { healthCheck })).toMatchObject({ phase: '', outOfSync: [] });
    expect(await fleet.sync(shard, { healthCheck })).toMatchObject({ phase: 'Succeeded' });
  });

  test('one that leaves is retired by a sync of its shard, and the next one removes all but its Secret', async () => {
    const { cluster } = fleet.scene;
    const left = async (kind: string) => {
      const found = ['lakekeeper-late', 'ducklings', 'duckgres'].map((namespace) =>
        cluster.list({ apiVersion: 'rbac.authorization.k8s.io/v1', kind }, namespace),
      );
      const names = (await Promise.all(found)).flat().map(({ metadata }) => metadata.name);
      return names.filter((name) => name.startsWith('lakekeeper-late'));
    };
    await fleet.sql("UPDATE duckgres_managed_warehouses SET iceberg_enabled = false WHERE org_id = 'late'");
    await fleet.commit(settings({ shards }, ownNamespaces));
    expect(await fleet.sync(shard, { healthCheck, confirm: true })).toMatchObject({ phase: 'Succeeded' });
    expect(fleet.scene.kubelet.outputs.get('lakekeeper-late-retire')).toMatchObject([{ code: 0 }]);
    // The Job's rights end with it, once the garbage collector has taken them: Argo CD deletes in the foreground.
    await expect.poll(() => left('RoleBinding'), { timeout: 30_000 }).toEqual([]);
    expect(await left('Role')).not.toEqual([]);

    await fleet.commit(settings({ shards }, ownNamespaces));
    expect(await fleet.git('ls-tree', '-r', '--name-only', 'HEAD:dist/shards')).not.toContain('late');
    expect(await fleet.sync(shard, { healthCheck })).toMatchObject({ phase: 'Succeeded' });
    expect(await left('Role')).toEqual([]);
    const secret = {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { namespace: 'lakekeeper-late', name: 'lakekeeper-late' },
    };
    expect(await cluster.get(secret)).toMatchObject({
      metadata: { labels: { 'lakekeeper-gitops/retired': 'true' } },
    });
    // What is kept is no difference.
    expect(await fleet.sync(shard, { healthCheck })).toMatchObject({ phase: '', outOfSync: [] });
  });

  test('one whose policy is delete is gone after that, and its shard goes on with an org that comes', async () => {
    const withDelete = settings(
      { shards },
      { ...ownNamespaces, retirement: { policy: 'delete', confirm: ['brief'] } },
    );
    const shardOf = async (org: string) => {
      const directories = await fleet.git('ls-tree', '-r', '-d', '--name-only', 'HEAD', 'dist/shards');
      const own = directories.split('\n').find((path) => path.endsWith(`/lakekeeper-${org}`)) ?? '';
      return dirname(own);
    };
    await fleet.addOrg('brief');
    await fleet.commit(withDelete);
    shard = await shardOf('brief');
    expect(await fleet.sync(shard, { healthCheck })).toMatchObject({ phase: 'Succeeded' });
    expect(await remainsOf(fleet, 'brief', 'lakekeeper-brief')).toMatchObject({
      encryptionKey: expect.any(String),
      database: expect.any(Number),
      login: true,
      state: 'ready',
    });

    await fleet.sql("UPDATE duckgres_managed_warehouses SET iceberg_enabled = false WHERE org_id = 'brief'");
    let newcomer = '';
    for (let n = 0; newcomer === '' || (await shardOf(newcomer)) !== shard; n += 1) {
      newcomer = `new-${n}`;
      await fleet.addOrg(newcomer);
      await fleet.commit(withDelete);
    }
    const report = await fleet.sync(shard, { healthCheck, confirm: true });
    expect(report).toMatchObject({ phase: 'Succeeded' });
    expect(await remainsOf(fleet, 'brief', 'lakekeeper-brief')).toEqual({ state: 'retired', endpoint: '' });
    const rows = await fleet.sql('SELECT iceberg_state FROM duckgres_managed_warehouses WHERE org_id = $1', [
      newcomer,
    ]);
    expect(rows).toEqual([{ iceberg_state: 'ready' }]);
  });
});

/**
 * The operator says of a migration whose Job has failed that it is running, for ever: neither a sync without a health
 * check nor one with ours may wait for it. The hook watches the Job.
 */
describe.each([
  ['without a health check', 'none', ['v0.12.2', 'v0.13.3'], {}],
  ['with ours', 'ours', ['v0.13.3', 'v0.13.4'], { healthCheck }],
] as const)('a migration whose Job fails by itself, %s', (_, check, [version, newer], options) => {
  const install = `install-${check}`;
  const upgrade = `upgrade-${check}`;
  const failure = 'the migration 20260101000000 was applied, and is not known';
  const commit = (tag: string) => {
    const { catalog } = settingsFor(fleet.scene);
    return fleet.commit(
      settings({}, { ...ownNamespaces, catalog: { ...catalog, image: `quay.io/lakekeeper/catalog:${tag}` } }),
    );
  };
  const syncOf = (org: string) => fleet.sync(`dist/orgs/lakekeeper-${org}`, options);
  const lastRun = (org: string) => fleet.scene.kubelet.outputs.get(`lakekeeper-${org}-register`)?.at(-1);
  const conditionsOf = async (org: string) => {
    const metadata = { namespace: `lakekeeper-${org}`, name: `lakekeeper-${org}` };
    const kind = { apiVersion: 'lakekeeper.k8s.lakekeeper.io/v1alpha1', kind: 'Lakekeeper' };
    const { conditions } = (await fleet.scene.cluster.get({ ...kind, metadata }))?.status ?? {};
    return conditions.map(({ type, reason }: { type: string; reason: string }) => `${type} ${reason}`);
  };
  const failMigrations = (org: string) =>
    fleet.scene.lakekeeper.failingMigrations.set(`lakekeeper_${org.replaceAll('-', '_')}`, failure);

  const expectFailure = async (org: string) => {
    const { phase, results } = await syncOf(org);
    expect({ phase, hook: results.at(-1) }).toMatchObject({
      phase: 'Failed',
      hook: { hook: 'PostSync', phase: 'Failed' },
    });
    expect(lastRun(org)?.code).toBeGreaterThan(0);
    expect(lastRun(org)?.output).toMatch(new RegExp(`lakekeeper-${org}-migrate-[0-9a-f]{8} failed`));
    // The hook watches the Job, so that it may end before the operator's status is written.
    await expect.poll(() => conditionsOf(org)).toContain('Ready MigrationInProgress');
  };

  beforeAll(async () => {
    await fleet.addOrg(install);
    await fleet.addOrg(upgrade);
    await commit(version);
    await fleet.sync('dist/platform');
  });

  test('the first install ends, and says which Job failed', async () => {
    failMigrations(install);
    await expectFailure(install);
  });

  test('so does an upgrade', async () => {
    expect(await syncOf(upgrade)).toMatchObject({ phase: 'Succeeded' });
    failMigrations(upgrade);
    await commit(newer);
    await expectFailure(upgrade);
  });
});
