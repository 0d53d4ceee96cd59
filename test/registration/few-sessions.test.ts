import { writeFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { RegistrationInputs } from '../../src/catalog/registration-inputs.ts';
import type { Crossing, Fate } from '../support/crossing.ts';
import { type EmbeddedPostgres, startPostgres } from '../support/embedded-postgres.ts';
import { expectRegistered, type FaultScene, startFaultScene, type Variant } from '../support/fault-scene.ts';
import { type RunOptions, runInProcess } from '../support/run-in-process.ts';

let postgres: EmbeddedPostgres;
beforeAll(async () => {
  postgres = await startPostgres();
});
afterAll(() => postgres.stop());

/** What an org in order took, by where it went. */
async function costOf(fault: FaultScene, options: RunOptions = {}) {
  const before = fault.crossings.length;
  const requestsBefore = fault.scene.cluster.requests.length;
  const { result, detail } = await runInProcess(fault, options);
  expect(result, detail).toBe('unchanged');
  const asked = fault.crossings.slice(before).filter(({ stage }) => stage === 'request');
  const to = (name: Crossing['server']) => asked.filter(({ server }) => server === name);
  const connections = to('postgres').filter(({ what }) => what === 'connect').length;
  const requests = fault.scene.cluster.requests.slice(requestsBefore);
  const writes = ['create', 'patch', 'delete'];
  return {
    connections,
    roundTrips: to('postgres').length - connections,
    requests: requests.map(({ verb, plural, name = '' }) => `${verb} ${plural} ${name}`),
    lakekeeper: to('lakekeeper').map(({ what }) => what),
    tokens: to('tokens').length,
    writes: [
      ...requests.filter(({ verb }) => writes.includes(verb)),
      ...asked.filter(({ isWrite }) => isWrite),
    ],
  };
}

type Change = (fault: FaultScene, inputs: RegistrationInputs) => RegistrationInputs;

const amendments = { namespace: 'lakekeeper', name: 'lakekeeper-acme-amendments' };
const amended: Change = ({ scene }, inputs) => {
  scene.cluster.put('configmaps', { metadata: amendments, data: { RUST_LOG: 'info' } });
  return { ...inputs, catalog: { ...inputs.catalog, amendments: amendments.name } };
};
/** The token of the Job is in a file. */
const withTokens =
  (authentication: RegistrationInputs['authentication']): Change =>
  ({ scene }, inputs) => {
    scene.lakekeeper.settings = { ...scene.lakekeeper.settings, tokens: ['the-token-of-the-job'] };
    return { ...inputs, authentication };
  };
const audience = 'lakekeeper-acme';
const asIs: Change = (_, inputs) => inputs;
const rowInConfigMap: Change = (_, inputs) => ({
  ...inputs,
  record: {
    ...inputs.record,
    target: { configMap: { namespace: 'lakekeeper', name: 'lakekeeper-acme-row' } },
  },
});

describe('an org in order takes few connections, round trips and requests, and no write', () => {
  const stores = ['superuser', 'cloud admin', 'exchanged credentials'] as const satisfies readonly Variant[];
  const modes: [string, Change][] = [
    ['no authentication', asIs],
    ['amendments', amended],
    [
      'Kubernetes authentication, by amendments',
      (fault, inputs) => withTokens({ mode: 'kubernetes', audience })(fault, amended(fault, inputs)),
    ],
    ["the cluster's issuer", withTokens({ mode: 'openID', issuer: 'cluster', audience })],
    ['a row in a ConfigMap', rowInConfigMap],
  ];
  test.each(stores.flatMap((store) => modes.map(([mode, change]) => [store, mode, change] as const)))(
    '%s, %s',
    async (store, _, change) => {
      await using fault = await startFaultScene(postgres, store);
      fault.inputs = change(fault, fault.inputs);
      const tokenFile = fault.file('token');
      await writeFile(tokenFile, 'the-token-of-the-job');
      const first = await runInProcess(fault, { tokenFile });
      expect(first.result, first.detail).toBe('registered');
      expectFew(await costOf(fault, { tokenFile }), fault, store === 'exchanged credentials');
    },
  );

  test('an external OpenID provider, which is asked for one token', async () => {
    await using fault = await startFaultScene(postgres, 'authentication');
    await runInProcess(fault);
    const cost = await costOf(fault);
    expectFew(cost, fault, false);
    expect(cost.tokens).toBe(1);
  });

  function expectFew(
    cost: Awaited<ReturnType<typeof costOf>>,
    { inputs }: FaultScene,
    wereValuesChanged: boolean,
  ): void {
    // To the metadata store three at most, to the rows one.
    expect(cost.connections).toBeLessThanOrEqual('configMap' in inputs.record.target ? 3 : 4);
    expect(cost.roundTrips).toBeLessThanOrEqual(12);
    // Once their values were changed, pods may be older than that, and are listed; amendments are one more value.
    const mostRequests = wereValuesChanged && inputs.catalog.amendments !== undefined ? 7 : 6;
    expect(cost.requests.length, cost.requests.join(', ')).toBeLessThanOrEqual(mostRequests);
    expect(cost.lakekeeper.length, cost.lakekeeper.join(', ')).toBeLessThanOrEqual(3);
    expect(cost.writes).toEqual([]);
  }
});

test('from nothing to the end, the admin has one session at a time, and so has the role', async () => {
  await using fault = await startFaultScene(postgres, 'cloud admin');
  await fault.sql('ALTER ROLE cloud CONNECTION LIMIT 1');
  fault.gate = async ({ what, stage }): Promise<Fate> => {
    if (what.startsWith('CREATE ROLE') && stage === 'answer')
      await fault.sql('ALTER ROLE lakekeeper_acme CONNECTION LIMIT 1');
    return 'pass';
  };
  const { result, detail, log } = await runInProcess(fault);
  expect(result, detail).toBe('registered');
  expect(log).not.toContain('too many connections');
  await expectRegistered(fault);
});
