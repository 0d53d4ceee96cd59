import pg from 'pg';
import { expect, test } from 'vitest';
import { type Catalogs, soon } from './catalogs.ts';

/** What goes with a catalog, and what stays. */
export function deletionContract(catalogs: Catalogs): void {
  const { lakekeeperAt, get, untilCondition } = catalogs;

  test('deleted, it goes with all that it made; Secret and database stay', async () => {
    await untilCondition('by-us', 'Bootstrapped', 'True Bootstrapped');
    await catalogs.scene.cluster.delete(lakekeeperAt('by-us'));
    for (const [apiVersion, kind] of [
      ['lakekeeper.k8s.lakekeeper.io/v1alpha1', 'Lakekeeper'],
      ['apps/v1', 'Deployment'],
      ['v1', 'Service'],
    ] as const)
      await expect.poll(() => get(apiVersion, kind, 'by-us'), soon).toBeUndefined();
    expect(await get('v1', 'Secret', 'by-us')).toBeDefined();
    const client = new pg.Client({ ...catalogs.scene.postgres, database: 'by_us' });
    await client.connect();
    expect((await client.query('SELECT FROM _sqlx_migrations')).rowCount).toBe(0);
    await client.end();
  });

  test('of all that happened it created no Event', () => {
    const { requests } = catalogs.scene.operatorWatches;
    expect(requests.length).toBeGreaterThan(100);
    expect(requests.filter((request) => /^P\w+ .*\/events(\/|$)/.test(request))).toEqual([]);
  });

  test('deleted while no operator runs, the resource stays, and its pods serve', async () => {
    await catalogs.scene.operator.stop();
    await catalogs.scene.cluster.delete(lakekeeperAt('stuck'));
    const found = await catalogs.scene.cluster.get(lakekeeperAt('stuck'));
    expect(found?.metadata.deletionTimestamp).toBeDefined();
    expect(found?.metadata.finalizers).toEqual(['lakekeeper.k8s.lakekeeper.io/finalizer']);
    expect((await get('apps/v1', 'Deployment', 'stuck'))?.status.readyReplicas).toBe(1);
  });
}
