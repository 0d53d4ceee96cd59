import { expect, test } from 'vitest';
import { connectLakekeeper } from '../../../../src/clients/lakekeeper/lakekeeper-client.ts';
import { observeConfig } from '../../../../src/registration/catalog/proof/observe.ts';
import { StaleCacheError } from '../../../../src/registration/catalog/warehouse/stale-cache.ts';
import { Redactions } from '../../../../src/text/redactions.ts';
import { startLakekeeper } from '../../../support/lakekeeper-stand-in.ts';
import { untilServed } from '../../../support/until-served.ts';

const id = '11111111-2222-3333-4444-555555555555';

test('a warehouse that was activated and is served as inactive is waited for', async () => {
  const server = await startLakekeeper({ staleConfigs: 15 });
  server.warehouses.push({ id, name: 'w', isActive: false, profile: {}, credential: undefined });
  const lakekeeper = connectLakekeeper({
    serverURL: server.url,
    token: async () => undefined,
    redactions: new Redactions(),
  });
  await lakekeeper.activateWarehouse(id);
  await expect(observeConfig(lakekeeper, 'w')).rejects.toThrow(
    /^waiting until the Lakekeeper warehouse w is served: the server may use its cache for a minute/,
  );
  const waits: number[] = [];
  const config = await untilServed(
    () => observeConfig(lakekeeper, 'w'),
    async (milliseconds) => waits.push(milliseconds),
  );
  expect(config).toMatchObject({ prefix: id });
  expect(waits.length).toBeGreaterThan(10);
  await server.stop();
});

test('longer than a cache lives is no waiting any more, and says what to look at', async () => {
  const waits: number[] = [];
  const never = untilServed(
    () => Promise.reject(new StaleCacheError('it is served')),
    async (milliseconds) => waits.push(milliseconds),
  );
  await expect(never).rejects.toMatchObject({
    message: expect.stringMatching(/^waited 9\d s, longer than it should take$/),
    cause: { message: expect.stringContaining('uses another database') },
  });
  expect(waits.reduce((sum, one) => sum + one, 0)).toBeGreaterThanOrEqual(60_000);
});
