import { expect, test } from 'vitest';
import { connectLakekeeper } from '../../../../src/clients/lakekeeper/lakekeeper-client.ts';
import { observeConfig } from '../../../../src/registration/catalog/proof/observe.ts';
import { staleCache } from '../../../../src/registration/catalog/warehouse/stale-cache.ts';
import { Redactions } from '../../../../src/text/redactions.ts';
import { startLakekeeper } from '../../../support/lakekeeper-stand-in.ts';

const id = '11111111-2222-3333-4444-555555555555';

test('a warehouse that was activated and is served as inactive is waited for', async () => {
  const server = await startLakekeeper({ staleConfigs: 20 });
  server.warehouses.push({ id, name: 'w', isActive: false, profile: {}, credential: undefined });
  const lakekeeper = connectLakekeeper({
    serverURL: server.url,
    token: async () => undefined,
    redactions: new Redactions(),
  });
  await lakekeeper.activateWarehouse(id);
  expect(await lakekeeper.catalogConfig('w')).toBeUndefined();
  const waits: number[] = [];
  const said: string[] = [];
  const cache = staleCache({
    progress: (text) => said.push(text),
    wait: async (milliseconds) => waits.push(milliseconds),
  });
  expect(await observeConfig(lakekeeper, 'w', cache)).toMatchObject({ prefix: id });
  expect(waits.length).toBeGreaterThan(10);
  expect(said).toEqual(['waiting until the Lakekeeper warehouse w is served; the server may take a minute']);
  await server.stop();
});

test('longer than a cache lives is no waiting any more, and the end of the run is its own reason', async () => {
  const never = async () => undefined;
  const waits: number[] = [];
  const patient = staleCache({ wait: async (milliseconds) => waits.push(milliseconds) });
  await expect(patient.outlast('it is served', never)).rejects.toThrow(/waited 90 s until it is served/);
  expect(waits.reduce((sum, one) => sum + one, 0)).toBeGreaterThanOrEqual(60_000);
  const stop = new AbortController();
  const ended = staleCache({ signal: stop.signal, progress: () => stop.abort(new Error('SIGTERM')) });
  await expect(ended.outlast('it is served', never)).rejects.toThrow('SIGTERM');
});
