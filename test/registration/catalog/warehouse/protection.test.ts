import { expect, test } from 'vitest';
import { connectLakekeeper } from '../../../../src/clients/lakekeeper/lakekeeper-client.ts';
import { changeWarehouse } from '../../../../src/registration/catalog/warehouse/apply.ts';
import { planProtection } from '../../../../src/registration/catalog/warehouse/plan.ts';
import { PermanentError } from '../../../../src/text/errors.ts';
import { Redactions } from '../../../../src/text/redactions.ts';
import { type StandInSettings, startLakekeeper } from '../../../support/lakekeeper-stand-in.ts';

const job = 'token-of-the-job';
const worker = 'token-of-a-worker';
const profile = { type: 's3', bucket: 'lake', region: 'eu-central-1', 'sts-enabled': false };

/** A server with a warehouse that nothing protects. */
async function startServer(settings: StandInSettings) {
  const server = await startLakekeeper({ isBootstrapped: true, ...settings });
  const as = (token: string | undefined) =>
    connectLakekeeper({
      serverURL: server.url,
      token: async () => token,
      redactions: new Redactions(),
      attempts: 1,
    });
  const credential = {
    type: 's3',
    'credential-type': 'access-key',
    'aws-access-key-id': 'key-id',
    'aws-secret-access-key': 'hunter2',
  };
  const { id } = await as(job).createWarehouse('org-acme', profile, credential);
  return {
    server,
    as,
    id,
    /** As a run of registration does. @returns what it did. */
    protect: async (managedBy?: 'instance-admin') => {
      const found = await as(job).warehouse(id);
      const actions = planProtection({ managedBy }, found ?? expect.unreachable());
      const ports = { lakekeeper: as(job), storeAdvice: () => '' };
      for (const action of actions) await changeWarehouse(action, credential, ports);
      return actions.map(({ kind }) => kind);
    },
    [Symbol.asyncDispose]: () => server.stop(),
  };
}
const managed: StandInSettings = { version: '0.13.3', tokens: [job, worker], instanceAdmins: [job] };

test('with authentication, any worker may rename the warehouse, unless an instance admin manages it', async () => {
  await using scene = await startServer(managed);
  const rename = (name: string) => scene.as(worker).renameWarehouse(scene.id, name);
  await rename('mine');
  await scene.as(job).renameWarehouse(scene.id, 'org-acme');
  expect(await scene.protect('instance-admin')).toEqual(['lockWarehouse']);
  await expect(rename('mine')).rejects.toMatchObject({ status: 403, type: 'WarehouseManaged' });
  await scene.as(job).renameWarehouse(scene.id, 'org-acme');
  expect(await scene.protect('instance-admin')).toEqual([]);
});

test.each<[string, StandInSettings, 'instance-admin' | undefined]>([
  ['0.12.2', { version: '0.12.2', tokens: [job] }, 'instance-admin'],
  ['0.13.3 without authentication', { version: '0.13.3' }, undefined],
  ['0.11.6', { version: '0.11.6' }, undefined],
])('%s: it is protected at least, and that is done once', async (_, settings, managedBy) => {
  await using scene = await startServer(settings);
  expect(await scene.protect(managedBy)).toEqual(['protectWarehouse']);
  expect(await scene.as(job).warehouse(scene.id)).toMatchObject({ isProtected: true });
  expect(await scene.protect(managedBy)).toEqual([]);
});

test('a server that does not know the Job as an instance admin is told of, with where to look', async () => {
  await using scene = await startServer({ ...managed, instanceAdmins: [] });
  const refused: unknown = await scene.protect('instance-admin').catch((error: unknown) => error);
  expect(refused).toBeInstanceOf(PermanentError);
  expect(String(refused)).toMatch(/LAKEKEEPER__INSTANCE_ADMINS/);
});
