import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { RegistrationInputs } from '../../src/catalog/registration-inputs.ts';
import { RecentSecrets } from '../../src/registration/objects/recent-secrets.ts';
import { createAuthority } from '../support/certificates.ts';
import type { Crossing, Fate } from '../support/crossing.ts';
import { type EmbeddedPostgres, startPostgres } from '../support/embedded-postgres.ts';
import { expectRegistered, type FaultScene, startFaultScene, type Variant } from '../support/fault-scene.ts';
import type { RegistrationScene } from '../support/registration-scene.ts';
import { type RunOptions, runInProcess } from '../support/run-in-process.ts';

const authority = createAuthority('contract');
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
  const connections = to('postgres').filter(({ what }) => what.startsWith('connect ')).length;
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

/** What the settings have, and what the cluster has for it. */
type Change = (fault: FaultScene, inputs: RegistrationInputs) => RegistrationInputs;

const amendments = { namespace: 'lakekeeper', name: 'lakekeeper-acme-amendments' };
const amended: Change = ({ scene }, inputs) => {
  scene.cluster.put('configmaps', { metadata: amendments, data: { RUST_LOG: 'info' } });
  return { ...inputs, catalog: { ...inputs.catalog, amendments: amendments.name } };
};
const token = 'the-token-of-the-job';
const wantsToken = ({ lakekeeper }: RegistrationScene) => {
  lakekeeper.settings = { ...lakekeeper.settings, tokens: [token] };
};
/** The token of the Job is in a file. */
const withTokens =
  (authentication: RegistrationInputs['authentication']): Change =>
  ({ scene }, inputs) => {
    wantsToken(scene);
    return { ...inputs, authentication };
  };
const audience = 'lakekeeper-acme';
/** The client's credential is in a Secret. */
const externalProvider: Change = ({ scene, urls }, inputs) => {
  wantsToken(scene);
  scene.putSecret('duckgres', 'oidc', { secret: 'the client secret' });
  const client = { id: 'the-job', secret: { namespace: 'duckgres', name: 'oidc', key: 'secret' } };
  const issuer = { issuer: 'external', tokenEndpoint: urls.tokens } as const;
  return { ...inputs, authentication: { mode: 'openID', audience, client, ...issuer } };
};
const podIdentity: Change = ({ scene: { lakekeeper } }, inputs) => {
  lakekeeper.settings = { ...lakekeeper.settings, systemIdentities: ['aws'] };
  const { dataStore, ...warehouse } = inputs.lakekeeperWarehouse;
  if (dataStore.type !== 's3') throw new Error('the scene has S3');
  const credential = { type: 'systemIdentity' } as const;
  return { ...inputs, lakekeeperWarehouse: { ...warehouse, dataStore: { ...dataStore, credential } } };
};
const certificateInSecret: Change = ({ scene }, inputs) => {
  scene.putSecret('lakekeeper', 'postgres-ca', { 'ca.crt': authority.cert });
  const sslRootCertSecret = { name: 'postgres-ca', key: 'ca.crt' };
  return { ...inputs, metadataStore: { ...inputs.metadataStore, sslRootCertSecret } };
};
const recordInConfigMap: Change = (_, inputs) => ({
  ...inputs,
  record: {
    ...inputs.record,
    target: { configMap: { namespace: 'lakekeeper', name: 'lakekeeper-acme-row' } },
  },
});

/** A Deployment before Kubernetes 1.35, which was rolled out long ago. */
function beforeTerminatingReplicas({ scene: { cluster } }: FaultScene): void {
  const found = cluster.get('deployments', 'lakekeeper', 'lakekeeper-acme') ?? expect.unreachable();
  const { terminatingReplicas: _, ...status } = found.status as Record<string, unknown>;
  const lastUpdateTime = new Date(Date.now() - 600_000).toISOString();
  const conditions = [
    { type: 'Progressing', status: 'True', reason: 'NewReplicaSetAvailable', lastUpdateTime },
  ];
  cluster.put('deployments', { ...found, status: { ...status, conditions } });
}

describe('an org in order takes few connections, round trips and requests, and no write', () => {
  const stores = ['superuser', 'cloud admin', 'exchanged credentials'] as const satisfies readonly Variant[];
  const kubernetes = withTokens({ mode: 'kubernetes', audience });
  const modes: [string, Change[]][] = [
    ['no authentication', []],
    [
      'Kubernetes authentication, and the identity of its pods, by amendments',
      [amended, kubernetes, podIdentity],
    ],
    ["the cluster's issuer", [withTokens({ mode: 'openID', issuer: 'cluster', audience })]],
    [
      'an external provider, amendments, a certificate of Postgres, and a row in a table',
      [externalProvider, amended, certificateInSecret],
    ],
    [
      'an external provider, amendments, a certificate of Postgres, and a record in a ConfigMap',
      [externalProvider, amended, certificateInSecret, recordInConfigMap],
    ],
  ];
  const kinds = stores.flatMap((store) => modes.map(([mode, changes]) => [store, mode, changes] as const));
  test.each(kinds)('%s, %s', async (store, _, changes) => {
    await using fault = await startFaultScene(postgres, store);
    for (const change of changes) fault.inputs = change(fault, fault.inputs);
    const options = await mounts(fault);
    const first = await runInProcess(fault, options);
    expect(first.result, first.detail).toBe('registered');
    const cost = await costOf(fault, options);
    expectFew(cost, fault);
    expect(cost.tokens).toBe(changes.includes(externalProvider) ? 1 : 0);
    beforeTerminatingReplicas(fault);
    expectFew(await costOf(fault, options), fault);
  });

  test('of what orgs share, a run of a fleet takes what another org has read', async () => {
    await using fault = await startFaultScene(postgres);
    fault.inputs = certificateInSecret(fault, externalProvider(fault, fault.inputs));
    const options = { recentSecrets: new RecentSecrets(60_000) };
    await runInProcess(fault, options);
    await costOf(fault, options);
    expect((await costOf(fault, options)).requests).toEqual([
      'get secrets lakekeeper-acme',
      'get lakekeepers lakekeeper-acme',
      'get deployments lakekeeper-acme',
    ]);
  });

  /** What the kubelet mounts into the pod of the Job. */
  async function mounts({ scene, file, inputs }: FaultScene): Promise<RunOptions> {
    const files = { amendments: file('amendments'), metadataStoreCA: file('ca.crt') };
    await mkdir(files.amendments);
    const found = scene.cluster.get('configmaps', 'lakekeeper', amendments.name);
    for (const [name, value] of Object.entries(Object(found?.data)))
      await writeFile(join(files.amendments, name), String(value));
    await writeFile(files.metadataStoreCA, authority.cert);
    if ('tokenEndpoint' in inputs.authentication) return { files };
    await writeFile(file('token'), token);
    return { files, tokenFile: file('token') };
  }

  function expectFew(cost: Awaited<ReturnType<typeof costOf>>, { inputs }: FaultScene): void {
    // To the metadata store three at most, to the rows one.
    expect(cost.connections).toBeLessThanOrEqual('configMap' in inputs.record.target ? 3 : 4);
    expect(cost.roundTrips).toBeLessThanOrEqual(12);
    expect(cost.requests.length, cost.requests.join(', ')).toBeLessThanOrEqual(6);
    expect(cost.lakekeeper.length, cost.lakekeeper.join(', ')).toBeLessThanOrEqual(3);
    expect(cost.writes).toEqual([]);
  }
});

test('the catalog of an org in order is checked while its metadata store has not answered', async () => {
  await using fault = await startFaultScene(postgres);
  await runInProcess(fault);
  let isAsked = () => {};
  const asked = new Promise<void>((resolve) => {
    isAsked = resolve;
  });
  fault.gate = async ({ what }): Promise<Fate> => {
    if (what.includes('/lakekeepers/')) isAsked();
    if (what.startsWith('connect to lakekeeper_acme')) await asked;
    return 'pass';
  };
  const { result, detail } = await runInProcess(fault);
  expect(result, detail).toBe('unchanged');
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
