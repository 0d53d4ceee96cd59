import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { RegistrationInputs } from '../../src/catalog/registration-inputs.ts';
import { kubernetesClient } from '../../src/clients/kubernetes/kubernetes-client.ts';
import { parseConnection } from '../../src/clients/postgres/connection.ts';
import { withClient } from '../../src/clients/postgres/postgres-client.ts';
import type { RegistrationAction } from '../../src/registration/actions.ts';
import { withOrgLock } from '../../src/registration/metadata-store/org-lock.ts';
import { planRegistration } from '../../src/registration/plan-registration.ts';
import { register } from '../../src/registration/register.ts';
import type { Registration, Until } from '../../src/registration/registration.ts';
import { observeTable } from '../../src/status/observe-rows.ts';
import { createLog } from '../../src/text/log.ts';
import { Redactions } from '../../src/text/redactions.ts';
import { type EmbeddedPostgres, startPostgres } from '../support/embedded-postgres.ts';
import type { FaultScene } from '../support/fault-scene.ts';
import { type RegistrationScene, startScene } from '../support/registration-scene.ts';
import { retireInProcess } from '../support/retire-in-process.ts';
import { rollOut, startedWith } from '../support/roll-out.ts';
import { runInProcess } from '../support/run-in-process.ts';
import { observeState, previousState, registerAgain, restoreState } from '../upgrade/registered-state.ts';

let postgres: EmbeddedPostgres;
let scene: RegistrationScene;
let lines: string[];
let actions: RegistrationAction[];
/** What an open row says, when nothing happens to it. */
let row: Registration['row'];

beforeAll(async () => {
  postgres = await startPostgres();
});
afterAll(() => postgres.stop());
beforeEach(async () => {
  lines = [];
  actions = [];
  row = {
    reasonToStop: async () => undefined,
    recorded: async () => undefined,
    isUpToDate: async () => true,
    differences: async () => [],
    recordSuccess: async () => 'unchanged',
    recordFailure: async () => 'updated',
  };
  scene = await startScene(postgres);
});
afterEach(() => scene.end());

function registration(): Registration {
  const redactions = new Redactions();
  const connection = {
    server: scene.cluster.server,
    options: async () => ({ headers: { authorization: 'Bearer admin-token' } }),
  };
  return {
    inputs: scene.inputs(),
    sources: { kubernetes: kubernetesClient(connection), environment: {}, redactions },
    row,
    onAction: (action) => actions.push(action),
    log: createLog({ format: 'json', write: (line) => lines.push(line), redactions }),
    signal: AbortSignal.timeout(30_000),
    token: async () => undefined,
    serverURL: scene.lakekeeper.url,
    acceptNewEncryptionKey: false,
  };
}
const run = (until: Until = 'proof') => register(registration(), until);

const registered = {
  outcome: 'registered',
  catalogEndpoint: 'http://lakekeeper-acme.lakekeeper.svc:8181/catalog',
};
/** A superuser's own rights need no grant. */
const everything = [
  'createRole',
  'createDatabase',
  'revokePublicConnect',
  'setSchemaOwner',
  'createSecret',
  'requestReconcile',
  'createWarehouse',
];

test('registers an org, from nothing to what is recorded', async () => {
  const recorded: unknown[] = [];
  row = {
    ...row,
    recordSuccess: async (record) => {
      recorded.push(record);
      return 'updated';
    },
  };
  expect(await run()).toEqual(registered);
  expect(recorded).toMatchObject([
    {
      iceberg_lakekeeper_endpoint: 'http://lakekeeper-acme.lakekeeper.svc:8181/catalog',
      iceberg_lakekeeper_warehouse: 'org-acme',
      iceberg_state: 'ready',
    },
  ]);
  expect(actions.map(({ kind }) => kind)).toEqual([...everything, 'writeRecord']);
  expect(scene.lakekeeper.warehouses.map(({ name, profile }) => [name, profile.bucket])).toEqual([
    ['org-acme', 'lake-bucket'],
  ]);
  const held = scene.orgSecret();
  expect(Object.keys(held ?? {}).sort()).toEqual([
    'db-password',
    'db-user',
    'encryption-key',
    'oauth2-client-secret',
  ]);
  await (await scene.connect(held?.['db-user'] ?? '', held?.['db-password'] ?? '', 'lakekeeper_acme')).end();
});

test('an org that is a resource is registered, found by status, and retired with its record in itself', async () => {
  const { cluster, lakekeeper } = scene;
  const place = ['tenants', 'tenants', 'acme'] as const;
  const metadata = { namespace: 'tenants', name: 'acme' };
  cluster.put('tenants', { metadata, spec: { org: 'acme', enabled: true } });
  const mapping = { org: 'spec.org', icebergEnabled: 'spec.enabled' };
  const kind = { group: 'platform.example.org', version: 'v1', plural: 'tenants' };
  const target = { resource: { ...kind, ...metadata, mapping, place: 'annotations' } } as const;
  const { record, ...others } = scene.inputs();
  const inputs: RegistrationInputs = { ...others, record: { ...record, target } };
  const job = { inputs, urls: { kubernetes: cluster.server, lakekeeper: lakekeeper.url } } as FaultScene;
  const annotations = () => cluster.get(...place)?.metadata.annotations;
  expect((await runInProcess(job)).result).toBe('registered');
  expect(annotations()).toMatchObject({
    'lakekeeper-gitops/catalogEndpoint': registered.catalogEndpoint,
    'lakekeeper-gitops/catalogState': 'ready',
  });
  const writes = scene.writes();
  expect((await runInProcess(job)).result).toBe('unchanged');
  expect(scene.writes()).toBe(writes);
  const { sources, signal } = registration();
  const found = await observeTable(target, sources, signal);
  expect('value' in found && found.value.get('acme')).toMatchObject({
    iceberg_lakekeeper_endpoint: registered.catalogEndpoint,
    iceberg_state: 'ready',
  });

  for (const each of ['lakekeepers', 'deployments', 'jobs', 'pods'])
    for (const one of cluster.all(each, 'lakekeeper')) cluster.delete(each, 'lakekeeper', one.metadata.name);
  expect(await retireInProcess(job)).toMatchObject({ outcome: 'stopped' });
  cluster.put('tenants', { ...cluster.get(...place), metadata, spec: { org: 'acme', enabled: false } });
  expect((await retireInProcess(job)).outcome).toBe('retired');
  expect(annotations()).toMatchObject({
    'lakekeeper-gitops/catalogEndpoint': '',
    'lakekeeper-gitops/catalogState': 'retired',
  });
});

test('requests a reconcile of the operator once the Secret exists', async () => {
  await run();
  // That of the scene does nothing before.
  const written = scene.cluster.requests
    .filter(({ verb, plural }) => verb === 'create' || plural === 'lakekeepers')
    .filter(({ verb }) => verb === 'create' || verb === 'patch');
  expect(written.map(({ verb, plural }) => `${verb} ${plural}`)).toEqual([
    'create secrets',
    'patch lakekeepers',
  ]);
});

test('a second run writes nothing', async () => {
  const first = await run();
  const before = { secret: scene.orgSecret(), writes: scene.writes() };
  actions = [];
  expect(await run()).toEqual(first);
  expect({ secret: scene.orgSecret(), writes: scene.writes() }).toEqual(before);
  expect(actions).toEqual([]);
});

test('protects the warehouse that the previous version registered; no name, key or value changes', async () => {
  await restoreState(scene, postgres, await previousState());
  const { warehouses, ...before } = await observeState(scene, postgres);
  const first = await registerAgain(scene);
  expect(first.actions?.map(({ kind }) => kind)).toEqual(['protectWarehouse']);
  const after = await observeState(scene, postgres);
  expect(after).toMatchObject({ ...before, warehouses: warehouses.map(({ id, name }) => ({ id, name })) });
  const writes = scene.writes();
  expect(await registerAgain(scene)).toMatchObject({ org: 'acme', result: 'unchanged', actions: [] });
  expect({ state: await observeState(scene, postgres), writes: scene.writes() }).toEqual({
    state: after,
    writes,
  });
});

test('two runs at once agree on one Secret and one warehouse', async () => {
  const [one, other] = await Promise.all([run(), run()]);
  expect(one).toEqual(other);
  expect(scene.lakekeeper.warehouses).toHaveLength(1);
});

test('the Secret is written when database and role work, not before', async () => {
  const seen: unknown[] = [];
  scene.cluster.faults.push(({ verb, plural, body }) => {
    if (verb === 'create' && plural === 'secrets') {
      const { data } = body as unknown as { data: Record<string, string> };
      const decoded = (key: string) => Buffer.from(data[key] ?? '', 'base64').toString();
      seen.push(
        scene
          .connect(decoded('db-user'), decoded('db-password'), 'lakekeeper_acme')
          .then((client) => client.end())
          .then(() => 'works'),
      );
    }
    return undefined;
  });
  await run();
  expect(await Promise.all(seen)).toEqual(['works']);
});

test('until the credentials: the first Job of hook mode split, before the custom resource exists', async () => {
  scene.cluster.delete('lakekeepers', 'lakekeeper', 'lakekeeper-acme');
  expect(await run('credentials')).toEqual({ outcome: 'credentials' });
  expect(scene.orgSecret()).toBeDefined();
  expect(scene.lakekeeper.requests).toEqual([]);
});

describe('a lost object is restored, or the run stops before it loses data', () => {
  test('a role that was dropped has its password again', async () => {
    await run();
    const admin = await scene.connect(postgres.user, postgres.password, postgres.database);
    await admin.query(`ALTER ROLE lakekeeper_acme PASSWORD 'something else'`);
    await admin.end();
    await run();
    await (
      await scene.connect('lakekeeper_acme', scene.orgSecret()?.['db-password'] ?? '', 'lakekeeper_acme')
    ).end();
  });

  test('a deleted warehouse is created again', async () => {
    await run();
    scene.lakekeeper.warehouses.length = 0;
    await run();
    expect(scene.lakekeeper.warehouses).toHaveLength(1);
  });

  // Incident 37: a new key over an old database, SecretFetchError.
  test('no new encryption key over a database that holds a catalog, unless told to', async () => {
    await run();
    scene.cluster.delete('secrets', 'lakekeeper', 'lakekeeper-acme');
    await expect(run()).rejects.toThrow(/database already holds a catalog.*--accept-new-encryption-key/s);
    expect(scene.orgSecret()).toBeUndefined();
    await register({ ...registration(), acceptNewEncryptionKey: true }, 'proof');
    expect(scene.orgSecret()).toBeDefined();
  });
});

describe('a storage key that is exchanged at its source', () => {
  const exchange = () =>
    scene.putSecret('ducklings', 'duckling-acme-s3', { id: 'the-new-key-id', secret: 'the-new-secret-key' });
  const given = () => scene.lakekeeper.warehouses[0]?.credential?.['aws-secret-access-key'];
  const kindsOfRun = async () => {
    actions = [];
    await run();
    return actions.map(({ kind }) => kind);
  };

  test('is planned, given to the catalog, and then there is nothing to do', async () => {
    await run();
    exchange();
    expect((await planRegistration(registration(), 'proof')).actions).toEqual([
      { kind: 'replaceCredential', object: 'org-acme', detail: 'credential: changed at its source' },
    ]);
    expect(given()).toBe('the-secret-key');
    expect(await kindsOfRun()).toEqual(['replaceCredential']);
    expect(given()).toBe('the-new-secret-key');
    const writes = scene.writes();
    expect(await kindsOfRun()).toEqual([]);
    expect(scene.writes()).toBe(writes);
  });

  test('is given again by the next run, when this one dies before it is remembered', async () => {
    await run();
    exchange();
    const forbidden: (typeof scene.cluster.faults)[number] = ({ verb, plural }) =>
      verb === 'patch' && plural === 'secrets' ? { code: 403 } : undefined;
    scene.cluster.faults.push(forbidden);
    await expect(run()).rejects.toThrow();
    expect(given()).toBe('the-new-secret-key');
    scene.cluster.faults.splice(scene.cluster.faults.indexOf(forbidden), 1);
    expect(await kindsOfRun()).toEqual(['replaceCredential']);
    expect(await kindsOfRun()).toEqual([]);
  });

  test('is given again with a new encryption key, as the stored one is unreadable (incident 37)', async () => {
    await run();
    scene.cluster.delete('secrets', 'lakekeeper', 'lakekeeper-acme');
    actions = [];
    await register({ ...registration(), acceptNewEncryptionKey: true }, 'proof');
    expect(actions.map(({ kind }) => kind)).toContain('replaceCredential');
  });
});

describe('pods follow what they were started with', () => {
  const pods = () => startedWith(scene.catalog);
  /** What the pods run with while the catalog is given its credential, which the run then remembers. */
  const whenCredentialIsGiven = () => {
    const seen: unknown[] = [];
    scene.cluster.faults.push(({ verb, plural, body }) => {
      if (verb === 'patch' && plural === 'secrets' && JSON.stringify(body).includes('sent-credential'))
        seen.push(...pods().map((values) => values['encryption-key']));
      return undefined;
    });
    return seen;
  };

  test('a password that is edited in the Secret by hand: the role takes it, and the pods are replaced', async () => {
    await run();
    scene.putSecret('lakekeeper', 'lakekeeper-acme', {
      ...scene.orgSecret(),
      'db-password': 'edited by hand',
    });
    actions = [];
    expect(await run()).toEqual(registered);
    expect(pods().map((values) => values['db-password'])).toEqual(['edited by hand', 'edited by hand']);
    expect(actions.map(({ kind }) => kind)).toContain('replacePods');
    actions = [];
    await run();
    expect(actions).toEqual([]);
  });

  test('a new encryption key: first the key, then the pods, then the credential', async () => {
    await run();
    scene.cluster.delete('secrets', 'lakekeeper', 'lakekeeper-acme');
    const seen = whenCredentialIsGiven();
    actions = [];
    await register({ ...registration(), acceptNewEncryptionKey: true }, 'proof');
    const key = scene.orgSecret()?.['encryption-key'];
    expect(seen).toEqual([key, key]);
    const order = ['createSecret', 'replacePods', 'replaceCredential'];
    expect(actions.map(({ kind }) => kind).filter((kind) => order.includes(kind))).toEqual(order);
  });

  test('amendments that changed: the pods are replaced', async () => {
    const amendments = { namespace: 'lakekeeper', name: 'lakekeeper-acme-amendments' };
    const amend = (level: string) =>
      scene.cluster.put('configmaps', { metadata: amendments, data: { RUST_LOG: level } });
    const { inputs, ...rest } = registration();
    const catalog = { ...inputs.catalog, amendments: amendments.name };
    const again = () => register({ ...rest, inputs: { ...inputs, catalog } }, 'proof');
    amend('info');
    await again();
    amend('debug');
    await again();
    expect(pods().map((values) => values.amendments)).toEqual([{ RUST_LOG: 'debug' }, { RUST_LOG: 'debug' }]);
  });
});

describe('while the catalog rolls out', () => {
  const deployment = () =>
    scene.cluster.get('deployments', 'lakekeeper', 'lakekeeper-acme') ?? expect.unreachable();
  const count = (updatedReplicas: number) =>
    scene.cluster.put('deployments', {
      ...deployment(),
      status: { ...(deployment().status as object), updatedReplicas },
    });

  test('responses of former pods do not count: the run waits and then verifies the new pods', async () => {
    await run();
    const failures: unknown[] = [];
    row = {
      ...row,
      recordFailure: async (failure) => {
        failures.push(failure);
        return 'updated';
      },
    };
    const { settings } = scene.lakekeeper;
    scene.lakekeeper.settings = { ...settings, version: '0.11.6' };
    count(1);
    lines = [];
    const running = run();
    await expect.poll(() => lines.join('')).toContain('1 of 2 pods updated');
    scene.lakekeeper.settings = settings;
    count(2);
    expect(await running).toEqual(registered);
    expect(failures).toEqual([]);
  });

  test('a roll-out that begins during verification voids the result', async () => {
    await run();
    const { settings } = scene.lakekeeper;
    scene.lakekeeper.settings = { ...settings, version: '0.11.6' };
    let isFirst = true;
    // Once the catalog was seen to be settled, and before it is asked.
    scene.cluster.faults.push(({ verb, plural }) => {
      if (verb === 'list' && plural === 'pods' && isFirst) {
        isFirst = false;
        setImmediate(() =>
          scene.cluster.put('deployments', { ...deployment(), spec: { replicas: 2, changed: true } }),
        );
      }
      return undefined;
    });
    lines = [];
    const running = run();
    await expect.poll(() => lines.join('')).toContain('its roll-out has not begun');
    scene.lakekeeper.settings = settings;
    rollOut(scene.catalog, 2);
    expect(await running).toEqual(registered);
  });
});

test('a catalog that is open although authentication was asked for is not registered', async () => {
  const wanted = registration();
  const inputs: RegistrationInputs = {
    ...wanted.inputs,
    authentication: { mode: 'openID', issuer: 'cluster', audience: 'lakekeeper-acme' },
  };
  await expect(
    register({ ...wanted, inputs, token: async () => 'a-token-of-the-job' }, 'proof'),
  ).rejects.toThrow(/the catalog is open to everyone although authentication was asked for/);
});

describe('a run for an org that has another run', () => {
  const store = () => parseConnection(postgres.url, {});

  test('waits, reads the row again, and does nothing if the org was disabled meanwhile', async () => {
    const answers = [undefined, 'Iceberg is disabled'];
    row = { ...row, reasonToStop: async () => answers.shift() };
    await expect(meetsAnother(async () => {})).resolves.toEqual({
      outcome: 'stopped',
      reason: 'Iceberg is disabled',
    });
    expect(scene.writes()).toBe(0);
  });

  test('ends at its deadline, and leaves no waiting session for the lock', async () => {
    const deadline = new AbortController();
    await expect(
      meetsAnother(async () => deadline.abort(new Error('the deadline has passed')), deadline.signal),
    ).rejects.toThrow('the deadline has passed');
    expect(scene.writes()).toBe(0);
  });

  /** @param meanwhile what happens once the run waits. */
  async function meetsAnother(meanwhile: () => Promise<void>, signal?: AbortSignal) {
    let waits: () => void = () => {};
    const waiting = new Promise<void>((resolve) => {
      waits = resolve;
    });
    const wanted = registration();
    const log = {
      ...wanted.log,
      info: (message: string) => void (/waiting until another run/.test(message) && waits()),
    };
    const running = await withOrgLock(store(), 'acme', async () => {
      const run = register({ ...wanted, log, ...(signal && { signal }) }, 'proof');
      await waiting;
      await meanwhile();
      // Not awaited here: without a deadline it ends only after the lock is given up.
      return {
        run:
          signal === undefined
            ? run
            : await run.then(
                () => run,
                () => run,
              ),
      };
    });
    return running.run;
  }
});

describe('a metadata store that is verified by a certificate authority', () => {
  const inputs = (sslMode: 'verify-ca' | 'verify-full'): RegistrationInputs => {
    const wanted = scene.inputs();
    const sslRootCertSecret = { name: 'postgres-ca', key: 'ca.crt' };
    return { ...wanted, metadataStore: { ...wanted.metadataStore, sslMode, sslRootCertSecret } };
  };

  test('needs the certificate, by name', async () => {
    await expect(register({ ...registration(), inputs: inputs('verify-ca') }, 'proof')).rejects.toThrow(
      'there is no Secret lakekeeper/postgres-ca; its key ca.crt is needed',
    );
  });

  test('is refused if the Secret has no certificate', async () => {
    scene.putSecret('lakekeeper', 'postgres-ca', { 'ca.crt': 'no certificate' });
    await expect(register({ ...registration(), inputs: inputs('verify-full') }, 'proof')).rejects.toThrow(
      'key ca.crt of Secret lakekeeper/postgres-ca holds no certificate in PEM form',
    );
  });
});

describe('the plan of a run', () => {
  const plan = (until: Until = 'proof') => planRegistration(registration(), until);
  const kinds = async () => (await plan()).actions.map(({ kind }) => kind);

  test('lists the actions of a first run as far as they are known, and does nothing', async () => {
    row = { ...row, differences: async () => ['iceberg_lakekeeper_endpoint'] };
    const before = everything.filter((kind) => kind !== 'createWarehouse');
    expect(await kinds()).toEqual([...before, 'awaitCatalog', 'writeRecord']);
    expect((await plan()).notes).toEqual([
      'the Lakekeeper warehouse org-acme and the proof can be planned once the catalog is up',
    ]);
    expect(scene.writes()).toBe(0);
    await expect(scene.connect('lakekeeper_acme', 'x', 'lakekeeper_acme')).rejects.toThrow();
  });

  test('is empty after a run', async () => {
    await run();
    expect(await plan()).toEqual({ actions: [], notes: [] });
  });

  test('has only the lost objects', async () => {
    await run();
    scene.lakekeeper.warehouses.length = 0;
    expect(await kinds()).toEqual(['createWarehouse']);
    await withClient(parseConnection(postgres.url, {}), (client) =>
      client.query('GRANT CONNECT ON DATABASE lakekeeper_acme TO PUBLIC'),
    );
    expect(await kinds()).toEqual(['revokePublicConnect', 'awaitCatalog']);
  });

  test('stops where the run would, and fails where it would', async () => {
    row = { ...row, reasonToStop: async () => 'the warehouse is deleting' };
    expect(await plan()).toEqual({ actions: [], stop: 'the warehouse is deleting', notes: [] });
    row = { ...row, reasonToStop: async () => undefined };
    await run();
    scene.cluster.delete('secrets', 'lakekeeper', 'lakekeeper-acme');
    await expect(plan()).rejects.toThrow(/database already holds a catalog/);
  });

  test('fails when a credential of the data store is missing, and does not blame the network', async () => {
    await run();
    scene.cluster.delete('secrets', 'ducklings', 'duckling-acme-s3');
    await expect(plan()).rejects.toThrow(
      'there is no Secret ducklings/duckling-acme-s3; its key id is needed',
    );
  });

  test('has a note for what cannot be reached from here', async () => {
    await run();
    const far = { ...registration(), serverURL: 'http://lakekeeper-acme.invalid:8181' };
    expect(await planRegistration(far, 'proof')).toMatchObject({
      actions: [],
      notes: [
        expect.stringMatching(
          /^the Lakekeeper warehouse org-acme cannot be planned from here: .*--server-url$/s,
        ),
      ],
    });
  });
});

test('no secret is in the log', async () => {
  await register(
    { ...registration(), onAction: (action) => registration().log.info('did', { ...action }) },
    'proof',
  );
  const secrets = [
    ...Object.entries(scene.orgSecret() ?? {})
      .filter(([key]) => key !== 'db-user')
      .map(([, value]) => value),
    postgres.password,
    'the-secret-key',
  ];
  expect(lines.length).toBeGreaterThan(3);
  for (const value of secrets) expect(lines.join('')).not.toContain(value);
});
