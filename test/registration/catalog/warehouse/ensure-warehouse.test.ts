import { inspect } from 'node:util';
import { describe, expect, test } from 'vitest';
import type { DataStore, S3DataStore } from '../../../../src/catalog/data-store-inputs.ts';
import type { StorageCredential } from '../../../../src/clients/lakekeeper/lakekeeper-answers.ts';
import { connectLakekeeper } from '../../../../src/clients/lakekeeper/lakekeeper-client.ts';
import {
  desiredWarehouse,
  type EnsuredWarehouse,
  type EnsureWarehouse,
  ensureWarehouse,
} from '../../../../src/registration/catalog/warehouse/ensure-warehouse.ts';
import { observeWarehouse } from '../../../../src/registration/catalog/warehouse/observe.ts';
import { planWarehouse } from '../../../../src/registration/catalog/warehouse/plan.ts';
import { storageProfile } from '../../../../src/registration/catalog/warehouse/storage-profile.ts';
import { fingerprintOf } from '../../../../src/registration/secret/sent-credential.ts';
import { explain, PermanentError, UsageError } from '../../../../src/text/errors.ts';
import { Redactions } from '../../../../src/text/redactions.ts';
import { adls, gcs } from '../../../support/data-stores.ts';
import { nilProject } from '../../../support/lakekeeper-answer.ts';
import {
  type LakekeeperStandIn,
  type StandInSettings,
  type StoredWarehouse,
  startLakekeeper,
} from '../../../support/lakekeeper-stand-in.ts';
import { untilServed } from '../../../support/until-served.ts';

const dataStore: S3DataStore = {
  type: 's3',
  flavor: 's3-compat',
  bucket: 'acme-data',
  region: 'local-01',
  endpoint: 'http://minio:9000',
  keyPrefix: 'lakekeeper',
  stsEnabled: false,
  remoteSigningEnabled: false,
  credential: {
    type: 'accessKey',
    accessKeyId: { namespace: 'n', name: 's', key: 'id' },
    secretAccessKey: { namespace: 'n', name: 's', key: 'secret' },
  },
};
const wanted: EnsureWarehouse = {
  defaultProject: nilProject,
  name: 'org-acme',
  dataStore,
  credential: {
    type: 's3',
    'credential-type': 'access-key',
    'aws-access-key-id': 'key-id-1234',
    'aws-secret-access-key': 'hunter2-hunter2',
  },
};
const systemIdentity: Partial<EnsureWarehouse> = {
  dataStore: { ...dataStore, credential: { type: 'systemIdentity' } },
  credential: { type: 's3', 'credential-type': 'aws-system-identity' },
};
const gcsCredential = { type: 'gcs', 'credential-type': 'gcp-system-identity' };
const azCredential = { type: 'az', 'credential-type': 'shared-access-key', key: 'hunter2-hunter2' };
const create = 'POST /management/v1/warehouse';
const versions = ['0.11.6', '0.12.2', '0.13.3'] as const;
const main = { version: '0.13.1', isMain: true } as const;

interface Bench {
  readonly server: LakekeeperStandIn;
  readonly actions: string[];
  /** The sent credential, as the org's Secret would have it. */
  readonly memory: { fingerprint: string | undefined; warehouseId: string | undefined; key: string };
  /** How often the catalog's database was asked. */
  readonly databaseReads: string[];
  ensure(changes?: Partial<EnsureWarehouse>): Promise<EnsuredWarehouse>;
  planned(changes?: Partial<EnsureWarehouse>): Promise<string[]>;
}

async function bench(settings: StandInSettings, work: (bench: Bench) => Promise<void>): Promise<void> {
  const server = await startLakekeeper({ isBootstrapped: true, ...settings });
  const redactions = new Redactions();
  for (const secret of ['key-id-1234', 'hunter2-hunter2']) redactions.add(secret);
  const lakekeeper = connectLakekeeper({
    serverURL: server.url,
    token: async () => undefined,
    redactions,
    // A run that dies is what is simulated here.
    attempts: 1,
  });
  const databaseReads: string[] = [];
  const actions: string[] = [];
  const memory: Bench['memory'] = {
    fingerprint: undefined,
    warehouseId: undefined,
    key: 'the-encryption-key',
  };
  const sentCredentials = {
    read: async () => ({ ...memory }),
    write: async ({ fingerprint, warehouseId }: { fingerprint: string; warehouseId: string }) => {
      expect(fingerprint).not.toMatch(/hunter2|key-id-1234/);
      Object.assign(memory, { fingerprint, warehouseId });
    },
  };
  const storedWarehouses = async () => {
    databaseReads.push('read');
    return server.warehouses.map(({ id, name, isActive }) => ({
      id,
      name,
      project: nilProject,
      status: isActive ? 'active' : 'inactive',
    }));
  };
  try {
    await work({
      server,
      actions,
      memory,
      databaseReads,
      ensure: (changes) =>
        untilServed(
          () =>
            ensureWarehouse(
              { ...wanted, ...changes },
              {
                lakekeeper,
                sentCredentials,
                storedWarehouses,
                onAction: (action) => {
                  actions.push(action.kind);
                  expect(inspect(action, { depth: 9 })).not.toMatch(/hunter2|key-id-1234/);
                },
              },
            ),
          async () => {},
        ),
      planned: async (changes) => {
        const desired = { ...wanted, ...changes };
        const observed = await observeWarehouse(desired, { lakekeeper, sentCredentials });
        return planWarehouse(desiredWarehouse(desired), observed).map(({ kind }) => kind);
      },
    });
    // Credentials travel in bodies alone.
    expect(server.requests.map(({ url }) => url).join()).not.toMatch(/hunter2|key-id-1234/);
  } finally {
    await server.stop();
  }
}

const otherId = '22222222-3333-4444-8555-666666666666';
const stored = (changes: Partial<StoredWarehouse> = {}): StoredWarehouse => ({
  id: otherId,
  name: 'org-acme',
  isActive: true,
  isProtected: true,
  profile: { ...storageProfile(dataStore), endpoint: 'http://minio:9000/' },
  credential: { 'credential-type': 'access-key' },
  ...changes,
});
const elsewhere = { ...stored().profile, 'key-prefix': 'elsewhere' };
const errorOf = (work: Promise<unknown>): Promise<Error> =>
  work.then(
    () => {
      throw new Error('it succeeded');
    },
    (error: Error) => error,
  );

describe.each(versions)('%s', (version) => {
  test('creates; a second run plans nothing and writes nothing', () =>
    bench({ version }, async ({ server, ensure, planned, actions }) => {
      expect(await planned()).toEqual(['createWarehouse']);
      const made = await ensure();
      expect(made).toEqual({ id: server.warehouses[0]?.id, name: 'org-acme', outcome: 'created' });
      expect(server.warehouses[0]?.credential).toEqual({
        type: 's3',
        'credential-type': 'access-key',
        'aws-access-key-id': 'key-id-1234',
        'aws-secret-access-key': 'hunter2-hunter2',
      });
      expect(await planned()).toEqual([]);
      expect(await ensure()).toEqual({ ...made, outcome: 'unchanged' });
      expect(server.writes().map(({ url }) => url.split('/').at(-1))).toEqual(['warehouse', 'protection']);
      expect(actions).toEqual(['createWarehouse']);
    }));

  test('activates and corrects, keeping the credential; then nothing', () =>
    bench({ version }, async ({ server, ensure, planned }) => {
      await ensure();
      for (const warehouse of server.warehouses) warehouse.isActive = false;
      const changed = { dataStore: { ...dataStore, remoteSigningEnabled: true } };
      expect(await planned(changed)).toEqual(['activateWarehouse', 'updateStorage']);
      expect(await ensure(changed)).toMatchObject({ outcome: 'updated' });
      expect(server.warehouses).toMatchObject([
        {
          isActive: true,
          profile: { 'remote-signing-enabled': true },
          credential: { 'aws-secret-access-key': 'hunter2-hunter2' },
        },
      ]);
      expect(await planned(changed)).toEqual([]);
    }));

  test('adopts the winner of a race, by name, whatever the server calls it', () =>
    bench({ version }, async ({ server, ensure, actions }) => {
      // The same place: 400. An own place: 409, and it cannot be moved.
      server.before(create, () => server.warehouses.push(stored({ name: 'ORG-ACME' })));
      expect(await ensure()).toEqual({ id: otherId, name: 'ORG-ACME', outcome: 'updated' });
      // Which credential the winner had nobody knows.
      expect(actions).toEqual(['replaceCredential']);
      server.warehouses.length = 0;
      server.before(create, () => server.warehouses.push(stored({ profile: elsewhere })));
      expect((await errorOf(ensure())).message).toMatch(/key-prefix: elsewhere -> lakekeeper/);
    }));
});

describe.each<[string, DataStore, StorageCredential, DataStore]>([
  ['Google Cloud', gcs, gcsCredential, { ...gcs, stsEnabled: true }],
  ['Azure', adls, azCredential, { ...adls, sasEnabled: true, sasTokenValiditySeconds: 600 }],
  [
    'Azure in China',
    { ...adls, host: 'dfs.core.chinacloudapi.cn', authorityHost: 'https://login.chinacloudapi.cn' },
    azCredential,
    {
      ...adls,
      host: 'dfs.core.chinacloudapi.cn',
      authorityHost: 'https://login.chinacloudapi.cn',
      sasEnabled: true,
    },
  ],
  [
    'Azure, now by its full name',
    adls,
    azCredential,
    { ...adls, host: 'dfs.core.windows.net', sasEnabled: true },
  ],
])('a store in %s', (_, store, credential, changed) => {
  test.each(versions)('%s: is made, corrected and given its credential again; then nothing', (version) =>
    bench({ version, systemIdentities: ['gcp'] }, async ({ server, ensure, planned, actions }) => {
      const exchanged = { ...credential, key: 'another' };
      const steps = [
        { dataStore: store, credential },
        { dataStore: changed, credential },
        { dataStore: changed, credential: credential.type === 'az' ? exchanged : credential },
      ];
      for (const step of steps) {
        await ensure(step);
        expect(await planned(step)).toEqual([]);
        expect(server.warehouses[0]?.credential).toEqual(step.credential);
      }
      expect(actions.slice(0, 2)).toEqual(['createWarehouse', 'updateStorage']);
      expect(actions.slice(2)).toEqual(credential.type === 'az' ? ['replaceCredential'] : []);
      await ensure(steps[2]);
      // One that is made is protected too.
      expect(server.writes()).toHaveLength(actions.length + 1);
    }),
  );
});

test('what becomes of dropped tables is set where it is stated, and left alone where not', () =>
  bench({ version: '0.13.3' }, async ({ server, actions, ensure }) => {
    const soft = { ...dataStore, deleteProfile: { type: 'soft', expirationSeconds: 3600 } } as const;
    await ensure();
    expect((await ensure({ dataStore: soft })).outcome).toBe('updated');
    expect(actions.at(-1)).toContain('setDeleteProfile');
    const [warehouse] = server.warehouses;
    expect(warehouse?.deleteProfile).toEqual({ type: 'soft', 'expiration-seconds': 3600 });
    expect((await ensure({ dataStore: soft })).outcome).toBe('unchanged');
    expect((await ensure()).outcome).toBe('unchanged');
    expect(warehouse?.deleteProfile).toMatchObject({ type: 'soft' });
  }));

test('what the winner of a race did differently is corrected', () =>
  bench({}, async ({ server, ensure, actions }) => {
    const profile = { ...stored().profile, 'remote-signing-enabled': true };
    server.before(create, () => server.warehouses.push(stored({ profile, isActive: true })));
    expect(await ensure()).toMatchObject({ id: otherId, outcome: 'updated' });
    expect(actions).toEqual(['updateStorage']);
  }));

test('another warehouse in the place is a permanent error that names it, and nothing is adopted', () =>
  bench({}, async ({ server, ensure }) => {
    server.warehouses.push(stored({ name: 'org-neighbour', id: 'id-neighbour' }));
    server.warehouses.push(stored({ name: 'org-far', profile: elsewhere }));
    const error = await errorOf(ensure());
    expect(error).toBeInstanceOf(PermanentError);
    expect(error.message).toContain(
      'org-acme cannot lie in s3://acme-data/lakekeeper, because org-neighbour (id-neighbour) already lies there',
    );
    expect(server.warehouses).toHaveLength(2);
  }));

test('a name that an inactive warehouse has is a permanent error that names it, before the server is asked', () =>
  bench({ version: '0.13.3' }, async ({ server, ensure, memory }) => {
    await ensure();
    const [own] = server.warehouses;
    server.warehouses.push(stored({ name: 'ORG-NEW', isActive: false, profile: elsewhere }));
    const error = await errorOf(ensure({ name: 'org-new' }));
    expect(error).toBeInstanceOf(PermanentError);
    expect(error.message).toBe(
      `the Lakekeeper warehouse org-acme (${memory.warehouseId}) cannot get the name org-new, because an inactive ` +
        `warehouse (${otherId}) has it; delete that one, or activate and rename it, or override the warehouse name ` +
        'of the org',
    );
    expect(own?.name).toBe('org-acme');
    server.warehouses.pop();
    expect(await ensure({ name: 'org-new' })).toMatchObject({ name: 'org-new', outcome: 'updated' });
  }));

test('all that is in the way is named', () =>
  bench({}, async ({ server, ensure }) => {
    for (const id of ['id-a', 'id-b'])
      server.warehouses.push(
        stored({ name: id, id, profile: { ...stored().profile, 'key-prefix': `lakekeeper/${id}` } }),
      );
    const error = await errorOf(ensure());
    expect(error).toBeInstanceOf(PermanentError);
    expect(error.message).toContain('because id-a (id-a), id-b (id-b) already lie there');
  }));

describe('an inactive warehouse, which no release lists', () => {
  const deactivate = (server: LakekeeperStandIn) => {
    for (const warehouse of server.warehouses) warehouse.isActive = false;
  };
  const lists = (server: LakekeeperStandIn) =>
    server.requests.filter(
      ({ method, url }) => method === 'GET' && url.startsWith('/management/v1/warehouse?'),
    );

  test.each(versions)('%s: is found by the id in the Secret, activated, and then changed', (version) =>
    bench({ version }, async ({ server, ensure, actions, databaseReads }) => {
      const made = await ensure();
      deactivate(server);
      server.requests.length = 0;
      const changed = { dataStore: { ...dataStore, remoteSigningEnabled: true } };
      expect(await ensure(changed)).toEqual({ ...made, outcome: 'updated' });
      expect(actions).toEqual(['createWarehouse', 'activateWarehouse', 'updateStorage']);
      expect(server.warehouses).toMatchObject([
        { isActive: true, profile: { 'remote-signing-enabled': true } },
      ]);
      expect(lists(server)).toEqual([]);
      expect(databaseReads).toEqual([]);
    }),
  );

  test.each(['0.12.2', '0.13.3'] as const)(
    '%s: is found in the database when the Secret has no id',
    (version) =>
      bench({ version }, async ({ server, ensure, memory, databaseReads, actions }) => {
        const made = await ensure();
        deactivate(server);
        Object.assign(memory, { fingerprint: undefined, warehouseId: undefined });
        expect(await ensure()).toEqual({ ...made, outcome: 'updated' });
        expect(actions).toEqual(['createWarehouse', 'activateWarehouse', 'replaceCredential']);
        expect(databaseReads).toEqual(['read']);
        expect(server.warehouses).toHaveLength(1);
        expect(memory.warehouseId).toBe(made.id);
        expect(await ensure()).toMatchObject({ outcome: 'unchanged' });
      }),
  );

  test('a build of main is asked for it', () =>
    bench(main, async ({ server, ensure, memory, databaseReads }) => {
      const made = await ensure();
      deactivate(server);
      Object.assign(memory, { fingerprint: undefined, warehouseId: undefined });
      expect(await ensure()).toEqual({ ...made, outcome: 'updated' });
      expect(databaseReads).toEqual([]);
    }));

  test('of another name in the place is warehouseByName, from the database', () =>
    bench({ version: '0.13.3' }, async ({ server, ensure, databaseReads }) => {
      server.warehouses.push(stored({ name: 'org-old', id: 'id-old', isActive: false }));
      const error = await errorOf(ensure());
      expect(error).toBeInstanceOf(PermanentError);
      expect(error.message).toContain('because org-old (id-old, inactive) already lies there');
      expect(databaseReads).toEqual(['read']);
    }));

  test('that the server still has as inactive is changed when it is ready for it', () =>
    bench({ version: '0.13.3' }, async ({ server, ensure }) => {
      await ensure();
      deactivate(server);
      const { id } = server.warehouses[0] ?? { id: '' };
      const body = JSON.stringify({ error: { type: 'NoSuchWarehouseException', message: '', code: 404 } });
      for (const _ of [1, 2, 3])
        server.fail(`POST /management/v1/warehouse/${id}/storage`, { kind: 'status', status: 404, body });
      const changed = { dataStore: { ...dataStore, remoteSigningEnabled: true } };
      expect(await ensure(changed)).toMatchObject({ outcome: 'updated' });
      expect(server.warehouses).toMatchObject([
        { isActive: true, profile: { 'remote-signing-enabled': true } },
      ]);
    }));
});

test('a server that was bootstrapped and died before it made its default project gets one', () =>
  bench({ version: '0.13.3' }, async ({ server, ensure, actions }) => {
    server.projects.clear();
    expect(await ensure()).toMatchObject({ outcome: 'created' });
    expect(actions).toEqual(['createProject', 'createWarehouse']);
    expect(server.projects.get(nilProject)).toBe('Default Project');
  }));

test('the project that another run makes meanwhile is no failure', () =>
  bench({ version: '0.13.3' }, async ({ server, ensure }) => {
    server.projects.clear();
    server.before('POST /management/v1/project', () => server.projects.set(nilProject, 'Default Project'));
    expect(await ensure()).toMatchObject({ outcome: 'created' });
  }));

test('an org in order takes one request', () =>
  bench({ version: '0.13.3' }, async ({ server, ensure }) => {
    await ensure();
    server.requests.length = 0;
    await ensure();
    expect(server.requests.map(({ method, url }) => `${method} ${url}`)).toEqual([
      'GET /management/v1/warehouse',
    ]);
  }));

test('a conflict whose cause is gone meanwhile is transient', () =>
  bench({}, async ({ server, ensure }) => {
    const body = JSON.stringify({ error: { type: 'WarehouseAlreadyExists', message: '', code: 409 } });
    server.fail(create, { kind: 'status', status: 409, body });
    const error = await errorOf(ensure());
    expect(error).not.toBeInstanceOf(PermanentError);
    expect(await ensure()).toMatchObject({ outcome: 'created' });
  }));

test.each(['before', 'after'])(
  'an answer to create that is lost %s it was done: run again, one warehouse',
  (when) =>
    bench({}, async ({ server, ensure, memory }) => {
      for (const kind of ['cut', 'halfBody', 'notJSON'] as const) {
        server.warehouses.length = 0;
        memory.fingerprint = undefined;
        server.fail(create, { kind, afterwards: when === 'after' });
        const error = await errorOf(ensure());
        expect(error).not.toBeInstanceOf(PermanentError);
        expect(explain(error)).toMatch(
          /^while creating the Lakekeeper warehouse org-acme; check its Service.*\n {2}because: Lakekeeper/,
        );
        expect(await ensure()).toMatchObject({ outcome: when === 'after' ? 'updated' : 'created' });
        expect(await ensure()).toMatchObject({ outcome: 'unchanged' });
        expect(server.warehouses).toHaveLength(1);
      }
    }),
);

test('twenty at once make one warehouse', () =>
  bench({}, async ({ server, ensure }) => {
    const all = await Promise.all(Array.from({ length: 20 }, () => ensure()));
    expect(new Set(all.map(({ id }) => id)).size).toBe(1);
    expect(all.filter(({ outcome }) => outcome === 'created')).toHaveLength(1);
    expect(server.warehouses).toHaveLength(1);
  }));

test.each<[Partial<EnsureWarehouse>, string, typeof UsageError | typeof PermanentError]>([
  [{ dataStore: { ...dataStore, flavor: 'aws', stsEnabled: true } }, 'Invalidsts-role-arn', UsageError],
  [systemIdentity, 'Misconfiguration', PermanentError],
])('what the server refuses for good ends the run for good, in its words: %#', (changes, type, kind) =>
  bench({}, async ({ ensure, server }) => {
    const error = await errorOf(ensure(changes));
    expect(error).toBeInstanceOf(kind);
    expect(explain(error)).toContain(type);
    expect(server.warehouses).toEqual([]);
  }),
);

describe('a credential that changed at its source', () => {
  const exchanged = { ...wanted.credential, 'aws-access-key-id': 'key-id-5678' };

  test.each(versions)('%s: is given to the catalog, once', (version) =>
    bench({ version }, async ({ server, ensure, planned, actions }) => {
      await ensure();
      expect(await planned({ credential: exchanged })).toEqual(['replaceCredential']);
      expect(await ensure({ credential: exchanged })).toMatchObject({ outcome: 'updated' });
      expect(server.warehouses[0]?.credential).toEqual(exchanged);
      const { length } = server.writes();
      expect(await planned({ credential: exchanged })).toEqual([]);
      expect(await ensure({ credential: exchanged })).toMatchObject({ outcome: 'unchanged' });
      expect(server.writes()).toHaveLength(length);
      expect(actions).toEqual(['createWarehouse', 'replaceCredential']);
    }),
  );

  test('goes along with a profile that changed, in one request', () =>
    bench({}, async ({ server, ensure, actions }) => {
      await ensure();
      const changed = { dataStore: { ...dataStore, remoteSigningEnabled: true }, credential: exchanged };
      await ensure(changed);
      expect(server.warehouses).toMatchObject([
        { credential: exchanged, profile: { 'remote-signing-enabled': true } },
      ]);
      expect(await ensure(changed)).toMatchObject({ outcome: 'unchanged' });
      expect(actions).toEqual(['createWarehouse', 'updateStorage']);
    }));

  test('is sent again when the run ended before it was noted', () =>
    bench({}, async ({ server, ensure, memory }) => {
      await ensure();
      const before = memory.fingerprint;
      await ensure({ credential: exchanged });
      memory.fingerprint = before;
      expect(await ensure({ credential: exchanged })).toMatchObject({ outcome: 'updated' });
      expect(await ensure({ credential: exchanged })).toMatchObject({ outcome: 'unchanged' });
      expect(server.warehouses[0]?.credential).toEqual(exchanged);
    }));

  test('is not noted when the server refused it', () =>
    bench({}, async ({ server, ensure, memory }) => {
      await ensure();
      const before = memory.fingerprint;
      server.fail('POST /management/v1/warehouse/', { kind: 'status', status: 503 });
      const error = await errorOf(ensure({ credential: exchanged }));
      expect(error.message).toBe('while replacing the credential of the Lakekeeper warehouse org-acme');
      expect(memory.fingerprint).toBe(before);
    }));

  test('and one of another type', () =>
    bench({ systemIdentities: ['aws'] }, async ({ server, ensure }) => {
      await ensure(systemIdentity);
      expect(server.warehouses[0]?.credential).toEqual(systemIdentity.credential);
      expect(await ensure()).toMatchObject({ outcome: 'updated' });
      expect(server.warehouses[0]?.credential).toEqual(wanted.credential);
    }));
});

test('a credential that was taken away is given again, where the server would say it', () =>
  bench({ version: '0.12.2' }, async ({ server, ensure }) => {
    await ensure();
    for (const warehouse of server.warehouses) warehouse.credential = undefined;
    expect(await ensure()).toMatchObject({ outcome: 'updated' });
    expect(server.warehouses[0]?.credential).toEqual(wanted.credential);
  }));

// Incident 37: with another key the catalog cannot read what it has stored.
test('with a new encryption key the credential is given again', () =>
  bench({}, async ({ ensure, memory, actions }) => {
    await ensure();
    memory.key = 'another-encryption-key';
    await ensure();
    expect(actions).toEqual(['createWarehouse', 'replaceCredential']);
  }));

test('a warehouse that somebody made anew has a credential that nobody knows', () =>
  bench({}, async ({ server, ensure }) => {
    await ensure();
    for (const warehouse of server.warehouses) warehouse.id = 'id-anew';
    expect(await ensure()).toMatchObject({ id: 'id-anew', outcome: 'updated' });
  }));

test('a fingerprint is one of credential, warehouse and key, and shows none of them', () => {
  const { credential } = wanted;
  const all = [
    fingerprintOf(credential, 'w', 'k'),
    fingerprintOf(credential, 'other', 'k'),
    fingerprintOf(credential, 'w', 'other'),
    fingerprintOf({ ...credential, 'external-id': 'x' }, 'w', 'k'),
  ];
  expect(new Set(all).size).toBe(4);
  expect(fingerprintOf({ ...credential }, 'w', 'k')).toBe(all[0]);
  for (const fingerprint of all) expect(fingerprint).toMatch(/^[0-9a-f]{64}$/);
});

test('no error shows a credential, whatever fails', () =>
  bench({}, async ({ server, ensure }) => {
    for (const body of ['hunter2-hunter2 key-id-1234', '{"error":{"type":"X","message":"hunter2-hunter2"}}'])
      for (const status of [400, 409, 500]) {
        server.fail(create, { kind: 'status', status, body });
        const error = await errorOf(ensure());
        const all = inspect(error, { depth: 10, showHidden: true });
        expect(all).not.toMatch(/hunter2|key-id-1234/);
      }
  }));
