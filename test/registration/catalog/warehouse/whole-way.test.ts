import { expect, test } from 'vitest';
import type { S3DataStore } from '../../../../src/catalog/data-store-inputs.ts';
import { connectLakekeeper } from '../../../../src/clients/lakekeeper/lakekeeper-client.ts';
import { parseConnection } from '../../../../src/clients/postgres/connection.ts';
import { observeConfig, observeServer } from '../../../../src/registration/catalog/proof/observe.ts';
import {
  type EnsureWarehouse,
  ensureWarehouse,
  type WarehousePorts,
} from '../../../../src/registration/catalog/warehouse/ensure-warehouse.ts';
import { readStoredWarehouses } from '../../../../src/registration/catalog/warehouse/stored-warehouses.ts';
import { Redactions } from '../../../../src/text/redactions.ts';
import { when } from '../../../contracts/when.ts';
import { nilProject } from '../../../support/lakekeeper-answer.ts';
import { startLakekeeper } from '../../../support/lakekeeper-stand-in.ts';
import { untilServed } from '../../../support/until-served.ts';

/** A server without authentication, and what of it is not behind its API. */
interface Subject {
  readonly url: string;
  readonly endpoint: string;
  readonly storedWarehouses: WarehousePorts['storedWarehouses'];
}

const run = `real-${Date.now().toString(36)}`;
const key = { namespace: 'n', name: 's', key: 'k' };
const dataStoreAt = (endpoint: string): S3DataStore => ({
  type: 's3',
  flavor: 's3-compat',
  bucket: 'contract-bucket',
  region: 'local-01',
  endpoint,
  pathStyleAccess: true,
  keyPrefix: run,
  stsEnabled: false,
  remoteSigningEnabled: false,
  credential: { type: 'accessKey', accessKeyId: key, secretAccessKey: key },
});
const wanted: Omit<EnsureWarehouse, 'dataStore'> = {
  name: run,
  defaultProject: nilProject,
  credential: {
    type: 's3',
    'credential-type': 'access-key',
    'aws-access-key-id': 'test',
    'aws-secret-access-key': 'test',
  },
};

async function theWholeWay({ url, endpoint, storedWarehouses }: Subject): Promise<void> {
  const dataStore = dataStoreAt(endpoint);
  const lakekeeper = connectLakekeeper({
    serverURL: url,
    token: async () => undefined,
    redactions: new Redactions(),
  });
  const call = (id: string, action: string) =>
    fetch(`${url}/management/v1/warehouse/${id}/${action}`, { method: 'POST' });
  const memory: { fingerprint: string | undefined; warehouseId: string | undefined; key: string } = {
    fingerprint: undefined,
    warehouseId: undefined,
    key: 'the-encryption-key',
  };
  const actions: string[] = [];
  const ports: WarehousePorts = {
    lakekeeper,
    sentCredentials: {
      read: async () => memory,
      write: async (sent) => void Object.assign(memory, sent),
    },
    storedWarehouses,
    onAction: ({ kind }) => actions.push(kind),
  };
  const ensure = async (changes: Partial<S3DataStore> = {}) => {
    actions.length = 0;
    const made = await untilServed(() =>
      ensureWarehouse({ ...wanted, dataStore: { ...dataStore, ...changes } }, ports),
    );
    expect((await untilServed(() => observeConfig(lakekeeper, made.name))).prefix).toBe(made.id);
    return made.id;
  };

  const server = await observeServer(lakekeeper, { asksWithToken: false });
  if (server.info?.bootstrapped === false) await lakekeeper.bootstrap();
  const id = await ensure();
  expect(actions.at(-1)).toBe('createWarehouse');
  await ensure();
  expect(actions).toEqual([]);

  await call(id, 'deactivate');
  expect(await ensure({ remoteSigningEnabled: true })).toBe(id);
  expect(actions).toEqual(['activateWarehouse', 'updateStorage']);
  await ensure({ remoteSigningEnabled: true });
  expect(actions).toEqual([]);

  await call(id, 'deactivate');
  Object.assign(memory, { fingerprint: undefined, warehouseId: undefined });
  expect(await ensure({ remoteSigningEnabled: true })).toBe(id);
  expect(actions).toEqual(['activateWarehouse', 'replaceCredential']);
  await ensure({ remoteSigningEnabled: true });
  expect(actions).toEqual([]);
}

const what =
  'a warehouse is made, left alone when in order, found when inactive by its id and in the database, and corrected';

test.each(['0.11.6', '0.12.2', '0.13.3'] as const)(`${what}: stand-in of %s`, async (version) => {
  const server = await startLakekeeper({ version });
  await theWholeWay({
    url: server.url,
    endpoint: 'http://127.0.0.1:9',
    storedWarehouses: async () =>
      server.warehouses.map(({ id, name }) => ({ id, name, project: nilProject, status: 'inactive' })),
  }).finally(server.stop);
});

/**
 * LAKEKEEPER_URL goes the same way on a real server; LAKEKEEPER_DATABASE is the URL of its database, and
 * LAKEKEEPER_S3 the endpoint of a store with `contract-bucket`.
 */
const { LAKEKEEPER_URL: url = '', LAKEKEEPER_DATABASE: database, LAKEKEEPER_S3: endpoint = '' } = process.env;
when(database !== undefined)(`${what}: ${url}`, { timeout: 300_000 }, () =>
  theWholeWay({
    url,
    endpoint,
    storedWarehouses: () => readStoredWarehouses(parseConnection(database, {})),
  }),
);
