import { expect, test } from 'vitest';
import type { ClusterObject } from '../../e2e/support/cluster.ts';
import type { Catalogs, Spec } from './catalogs.ts';

/** What makes the operator look at a catalog at once: the one that waits for its Secret since the beginning. */
export function wakeContract(catalogs: Catalogs): void {
  const { lakekeeperAt, writeSecret, writesOf, jobOf } = catalogs;

  test('an annotation wakes it, however far apart its own looks have become', async () => {
    const found = (await catalogs.scene.cluster.get(lakekeeperAt('waiting'))) as ClusterObject;
    const age = () => Date.now() - Date.parse(found.metadata.creationTimestamp ?? '');
    // From here on it waits for 20 seconds and more: five milliseconds, doubled each time.
    await expect.poll(age, { timeout: 60_000, interval: 500 }).toBeGreaterThan(24_000);
    // Each look writes the status: without the doubling there would be thousands.
    const looks = writesOf('waiting').filter((write) => write === 'PUT lakekeepers/waiting/status');
    expect(looks.length).toBeGreaterThan(8);
    expect(looks.length).toBeLessThan(25);
    await writeSecret('waiting', 'waiting');
    await catalogs.scene.cluster.patch(lakekeeperAt('waiting'), {
      metadata: { annotations: { wake: 'up' } },
    });
    await expect.poll(() => jobOf('waiting', found.spec as Spec), { timeout: 10_000 }).toBeDefined();
  });
}
