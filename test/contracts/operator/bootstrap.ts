import { expect, test } from 'vitest';
import { type Catalogs, soon } from './catalogs.ts';

/** When the operator bootstraps, and what it says of a server that it cannot see. */
export function bootstrapContract(catalogs: Catalogs): void {
  const { lakekeeperAt, apply, start, untilCondition } = catalogs;

  test('told not to bootstrap, it does not, and sees it when somebody else did', async () => {
    const spec = await start('by-us', { bootstrap: { enabled: false, checkInterval: '1s' } });
    await untilCondition('by-us', 'Bootstrapped', 'False NotBootstrapped');
    const standIn = catalogs.scene.lakekeeper.standIns.get(spec.database.postgres.database);
    expect(standIn?.isBootstrapped).toBe(false);
    if (standIn) standIn.isBootstrapped = true;
    await untilCondition('by-us', 'Bootstrapped', 'True Bootstrapped');
  });

  test('one worker: a server that does not answer makes the others wait for as long', async () => {
    const spec = await start('silent', { bootstrap: { enabled: false, checkInterval: '1s' } });
    await untilCondition('silent', 'Bootstrapped', 'False NotBootstrapped');
    const standIn = catalogs.scene.lakekeeper.standIns.get(spec.database.postgres.database);
    let isAsked = false;
    standIn?.before('GET /management/v1/info', () => (isAsked = true));
    // More than once, because it looks again after a second, and what it said is over then.
    for (let i = 0; i < 3; i += 1) standIn?.fail('GET /management/v1/info', { kind: 'silence' });
    await expect.poll(() => isAsked, { timeout: 60_000, interval: 5 }).toBe(true);
    await apply('behind', 'behind');
    const finalizers = async () =>
      (await catalogs.scene.cluster.get(lakekeeperAt('behind')))?.metadata.finalizers;
    expect(await finalizers()).toBeUndefined();
    await untilCondition('silent', 'Bootstrapped', 'False ServerNotReachable');
    await expect.poll(finalizers, soon).toHaveLength(1);
  });
}
