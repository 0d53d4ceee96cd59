import { createPrivateKey, randomInt } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { decodeJwt, decodeProtectedHeader, type JWTHeaderParameters, SignJWT } from 'jose';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { duckdbPython } from './support/duckdb.ts';
import { type Fleet, healthCheck, type SyncReport, settingsFor, startFleet } from './support/fleet.ts';
import { install } from './support/install.ts';
import { serverUnderTest, versionOf } from './support/lakekeeper-executable.ts';
import { loginScript } from './support/login-script.ts';
import { objectStoreUnderTest } from './support/object-store.ts';
import { operatorUnderTest } from './support/operator.ts';
import { type OrgRemains, openingsOf, remainsOf } from './support/org-remains.ts';
import { attachSQL, countOrders, makeOrders, query, writesTables } from './support/query.ts';
import { startWorker, type Worker } from './support/worker.ts';

/**
 * Orgs from their rows to an engine's INSERT and SELECT, with as much of the world as is given: operator, server,
 * object store, DuckDB. docs/end-to-end.md says by which variables, and what has met what.
 */

const orgs = {
  open: ['external', 'none'],
  provided: ['cnpg-shard', 'none'],
  reviewed: ['external', 'kubernetes'],
  issued: ['external', 'openID'],
} as const;
const store = objectStoreUnderTest;

/** Goes from one stage of authentication to the other. */
const moving = 'moving';
/** They leave and come back: by the policies retain and delete, and delete of what is not ours. */
const leavers = ['open', 'reviewed', 'provided'] as const;
const [kept, deleted, lent] = leavers;

let fleet: Fleet;
let commit: (authentication: object, registration?: string, evenWithTables?: string[]) => Promise<void>;
let version: string;
/** Of the first sync of each org, all at once. */
let first: Record<string, SyncReport>;
beforeAll(async () => {
  version = serverUnderTest ? await versionOf(serverUnderTest) : '0.13.3';
  fleet = await startFleet({ server: 'asGiven', objectStore: store });
  for (const [org, [metadataStore]] of Object.entries(orgs))
    await fleet.addOrg(org, metadataStore, 'external');
  await fleet.addOrg(moving, 'external', 'external');
  const settings = settingsFor(fleet.scene, store);
  // The port is the same in every pod, and pods have one network here.
  const tokenURL = `http://127.${randomInt(1, 255)}.${randomInt(1, 255)}.9:9876/token`;
  commit = (authentication, registration = 'v0.1.0', evenWithTables = []) =>
    fleet.commit({
      ...settings,
      // A test starts it.
      repair: { schedule: '0 0 29 2 *', jitter: '1s' },
      catalog: { ...settings.catalog, image: `quay.io/lakekeeper/catalog:v${version}` },
      workers: { ...settings.workers, tokenURL },
      registration: {
        ...settings.registration,
        image: `ghcr.io/lakekeeper-gitops/lakekeeper-gitops:${registration}`,
      },
      retirement: { confirm: [deleted, lent], evenWithTables },
      orgs: {
        // Such a server knows the instance admin by the uid of its account alone, which registration writes.
        reviewed: {
          authentication: { mode: 'kubernetes' },
          retirement: { policy: 'delete' },
          ...(serverUnderTest ? {} : { image: 'quay.io/lakekeeper/catalog:v0.13.1' }),
        },
        issued: {
          authentication: { mode: 'openID', issuer: 'cluster', providerURI: fleet.scene.controlPlane.issuer },
        },
        provided: { retirement: { policy: 'delete' } },
        moving: { authentication },
      },
    });
  await commit({ mode: 'none' });
  await fleet.sync('dist/platform');
  const syncs = [...Object.keys(orgs), moving].map(async (org) => {
    const report = await fleet.sync(`dist/orgs/lakekeeper-${org}`, { healthCheck });
    return [org, report] as const;
  });
  first = Object.fromEntries(await Promise.all(syncs));
});
afterAll(() => fleet?.[Symbol.asyncDispose]());

const ask = (org: keyof typeof orgs, sql: string) =>
  query(fleet, org, sql, { hasBroker: orgs[org][1] !== 'none' });

const given = [
  `operator: ${operatorUnderTest ? 'real' : 'stand-in'}`,
  `server: ${serverUnderTest ? 'real' : 'stand-in'}`,
  `object store: ${store ? 'given' : 'none'}`,
].join(', ');

const each = Object.keys(orgs) as (keyof typeof orgs)[];

describe.each(each)(`org %s (${given})`, (org) => {
  const [metadataStore, authentication] = orgs[org];
  const name = `lakekeeper-${org}`;

  test(`with metadata store ${metadataStore}, authentication ${authentication}: one sync registers it`, async () => {
    const { phase, message } = first[org] ?? {};
    const runs = () => fleet.scene.kubelet.outputs.get(`${name}-register`) ?? [];
    expect({ phase, message, runs: runs() }).toMatchObject({ phase: 'Succeeded', runs: [{ code: 0 }] });
    process.stdout.write(`${given}, version ${version}: ${runs()[0]?.output.trimEnd().split('\n').at(-1)}\n`);
    const [row] = await fleet.sql('SELECT * FROM duckgres_managed_warehouses WHERE org_id = $1', [org]);
    expect(row).toMatchObject({
      iceberg_lakekeeper_endpoint: `http://${name}.lakekeeper.svc:8181/catalog`,
      iceberg_lakekeeper_warehouse: `org-${org}`,
      iceberg_state: 'ready',
    });
    expect(await fleet.sync(`dist/orgs/${name}`, { healthCheck })).toMatchObject({
      phase: '',
      outOfSync: [],
    });
  });

  if (authentication !== 'none')
    test('answers nobody without a token, and its worker with one, who may not rename the warehouse', async () => {
      await using worker = await startWorker(fleet, org, true);
      const config = `http://${name}.lakekeeper.svc:8181/catalog/v1/config?warehouse=org-${org}`;
      const login = loginScript(config, 'process.env.LAKEKEEPER_TOKEN_URL');
      const { code, output } = await worker.run([process.execPath, '--input-type=module', '-e', login]);
      expect({ code, output }).toEqual({ code: 0, output: '401 200 403\n' });
    });

  if (writesTables)
    test('DuckDB in a worker attaches it by the SQL that attach prints, and reads what it wrote', async () => {
      const { code, output } = await ask(org, makeOrders);
      expect({ code, output }).toMatchObject({ code: 0, output: expect.stringContaining('"orders":2') });
      expect(output).toContain('"last":"two"');
      process.stdout.write(`DuckDB, org ${org}: ${output.trim()}\n`);
    });
});

describe(`org ${moving} goes to authentication and back (${given})`, () => {
  const at = (rollout: string) => ({ mode: 'kubernetes', rollout });
  const name = `lakekeeper-${moving}`;
  const info = `http://${name}.lakekeeper.svc:8181/management/v1/info`;
  const anonymous = `fetch('${info}').then(({ status }) => console.log(status))`;
  let withoutBroker: Worker;
  let withBroker: Worker | undefined;
  beforeAll(async () => {
    withoutBroker = await startWorker(fleet, moving, false);
  });
  afterAll(async () => {
    await withBroker?.[Symbol.asyncDispose]();
    await withoutBroker?.[Symbol.asyncDispose]();
  });

  const synced = async () => {
    const { phase, message } = await fleet.sync(`dist/orgs/${name}`, { healthCheck, timeout: '60s' });
    const [last] = (fleet.scene.kubelet.outputs.get(`${name}-register`) ?? []).slice(-1);
    return { phase, message, output: last?.output ?? '' };
  };
  const tokenEndpoint = async () => {
    const [row] = await fleet.sql('SELECT * FROM duckgres_managed_warehouses WHERE org_id = $1', [moving]);
    return row?.iceberg_lakekeeper_o_auth2_server_uri ?? '';
  };
  /** What DuckDB answers, in a worker, to the SQL that attach prints for the row of the moment. */
  const attach = async (worker: Worker | undefined) => {
    const sql = await attachSQL(fleet, moving);
    const session = new URL('python/session.py', import.meta.url).pathname;
    const script = `
import io, json, runpy, sys, tempfile
sys.stdin, sys.argv = io.StringIO(json.dumps(sys.argv[1]) + chr(10)), [sys.argv[0], tempfile.mkdtemp()]
runpy.run_path(${JSON.stringify(session)})`;
    const ending = await worker?.run([await duckdbPython('1.5'), '-c', script, sql]);
    return ending?.output.trim();
  };
  const attached = expect.stringContaining('"rows"');

  test('without it, a worker attaches', async () => {
    expect(first[moving]).toMatchObject({ phase: 'Succeeded' });
    expect(await attach(withoutBroker)).toEqual(attached);
  });

  test('a jump to enforced is refused by the hook, and nothing changes', async () => {
    await commit(at('enforce'));
    expect(await synced()).toMatchObject({ phase: 'Failed' });
    const [hook] = fleet.scene.kubelet.outputs.get(`${name}-authentication`)?.slice(-1) ?? [];
    expect(hook).toMatchObject({ code: 4, output: expect.stringContaining('its row has no token endpoint') });
    expect(await attach(withoutBroker)).toEqual(attached);
  });

  test('prepared, the row is left while a worker cannot log in, and the run names it', async () => {
    await commit(at('prepare'));
    const { phase, output } = await synced();
    expect({ phase, output }).toMatchObject({
      phase: 'Succeeded',
      output: expect.stringContaining(`duckgres/worker-${moving} has no container lakekeeper-token-broker`),
    });
    expect(await tokenEndpoint()).toBe('');
    expect(await attach(withoutBroker)).toEqual(attached);
  });

  test('the row is written when all can, and they log in to a server that is open', async () => {
    await withoutBroker[Symbol.asyncDispose]();
    withBroker = await startWorker(fleet, moving, true);
    expect(await attach(withBroker)).toEqual(attached);
    await commit(at('prepare'), 'v0.1.1');
    expect(await synced()).toMatchObject({ phase: 'Succeeded' });
    expect(await tokenEndpoint()).toMatch(/^http:.*9876/);
    expect(await attach(withBroker)).toEqual(attached);
    const open = await withBroker.run([process.execPath, '-e', anonymous]);
    expect(open.output).toBe('200\n');
  });

  test('enforced, nobody gets in without a token, and the workers have one', async () => {
    await commit(at('enforce'), 'v0.1.1');
    expect(await synced()).toMatchObject({ phase: 'Succeeded' });
    expect((await withBroker?.run([process.execPath, '-e', anonymous]))?.output).toBe('401\n');
    expect(await attach(withBroker)).toEqual(attached);
  });

  test('back: the server first, then the row, then a worker may drop its broker', async () => {
    await commit(at('prepare'), 'v0.1.1');
    expect(await synced()).toMatchObject({ phase: 'Succeeded' });
    expect(await attach(withBroker)).toEqual(attached);
    await commit({ mode: 'none' }, 'v0.1.1');
    expect(await synced()).toMatchObject({ phase: 'Succeeded' });
    expect(await tokenEndpoint()).toBe('');
    expect(await attach(withBroker)).toEqual(attached);
    await withBroker?.[Symbol.asyncDispose]();
    withBroker = undefined;
    withoutBroker = await startWorker(fleet, moving, false);
    expect(await attach(withoutBroker)).toEqual(attached);
  });
});

test.each(['reviewed', 'issued'])(
  'org %s refuses the token of the other org, an expired one, and none',
  async (org) => {
    const { cluster, controlPlane } = fleet.scene;
    const other = org === 'reviewed' ? 'issued' : 'reviewed';
    const token = (audience: string) => cluster.token('duckgres', 'default', { audiences: [audience] });
    const own = await token(`lakekeeper-${org}`);
    const key = createPrivateKey(await readFile(join(controlPlane.directory, 'service-accounts.key')));
    const claims = decodeJwt(own);
    // An OpenID token is accepted for a minute more (docs/facts/lakekeeper-auth.md §3).
    const expired = await new SignJWT({ ...claims, exp: (claims.iat ?? 0) - 300 })
      .setProtectedHeader(decodeProtectedHeader(own) as JWTHeaderParameters)
      .sign(key);
    const ask = `
    for (const token of process.argv.slice(1)) {
      const headers = token === 'none' ? {} : { authorization: 'Bearer ' + token };
      console.log((await fetch('http://lakekeeper-${org}.lakekeeper.svc:8181/management/v1/info', { headers })).status);
    }`;
    await using worker = await startWorker(fleet, 'open', false);
    const tokens = [own, await token(`lakekeeper-${other}`), expired, 'none'];
    const { output } = await worker.run([process.execPath, '--input-type=module', '-e', ask, ...tokens]);
    expect(output.trim().split('\n')).toEqual(['200', '401', '401', '401']);
  },
);

describe(`what is lost or changed beside Git (${given})`, () => {
  const registered = Object.fromEntries([...Object.keys(orgs), moving].map((org) => [org, 'registered']));
  let worker: Worker;
  let reader: string;
  beforeAll(async () => {
    // As the others were synced.
    await commit({ mode: 'none' });
    expect(await fleet.sync(`dist/orgs/lakekeeper-${moving}`, { healthCheck })).toMatchObject({
      phase: 'Succeeded',
    });
    worker = await startWorker(fleet, moving, false);
    const { cluster, controlPlane } = fleet.scene;
    await install(cluster, ...readerOfStatus);
    reader = await controlPlane.kubeconfig(await cluster.token('duckgres', 'status'));
  });
  afterAll(() => worker?.[Symbol.asyncDispose]());

  /** As docs/status.md says: in the cluster, with those rights. */
  const status = async () => {
    const cli = new URL('../../lib/cli.js', import.meta.url).pathname;
    const { repository, scene } = fleet;
    const flags = ['--warehouses', scene.postgres.url, '--platform', join(repository, 'platform.yaml')];
    const from = ['--out', join(repository, 'dist'), '--kubeconfig', reader, '--output', 'json'];
    const { code, output } = await worker.run([process.execPath, cli, 'status', ...flags, ...from]);
    const { orgs: found } = JSON.parse(output) as {
      orgs: { org: string; verdict: string; findings: { what: string }[] }[];
    };
    return {
      code,
      verdicts: Object.fromEntries(found.map(({ org, verdict }) => [org, verdict])),
      findings: found.flatMap(({ org, findings }) => findings.map(({ what }) => `${org}: ${what}`)),
    };
  };

  test('status finds every org registered, with a token for each catalog that wants one', async () => {
    expect(await status()).toEqual({ code: 0, verdicts: registered, findings: [] });
  });

  test('status finds a password, a row and a warehouse that were changed', async () => {
    await fleet.sql("ALTER ROLE lakekeeper_open PASSWORD 'another'");
    await fleet.sql(
      `UPDATE duckgres_managed_warehouses
        SET iceberg_lakekeeper_o_auth2_server_uri = 'http://elsewhere' WHERE org_id = 'issued'`,
    );
    const deactivate = `
      const url = 'http://lakekeeper-${moving}.lakekeeper.svc:8181/management/v1/warehouse';
      const { warehouses } = await (await fetch(url)).json();
      const { status } = await fetch(url + '/' + warehouses[0].id + '/deactivate', { method: 'POST' });
      console.log(status);`;
    const deactivated = await worker.run([process.execPath, '--input-type=module', '-e', deactivate]);
    expect(deactivated.output).toMatch(/^20[04]\n$/);
    const changed = { open: 'drifted', issued: 'drifted', [moving]: 'drifted' };
    expect(await status()).toMatchObject({ code: 4, verdicts: { ...registered, ...changed } });
  });

  test('the CronJob of repair brings them back, with the rights that are rendered for it', async () => {
    const { cluster, kubelet } = fleet.scene;
    const cronJob = {
      apiVersion: 'batch/v1',
      kind: 'CronJob',
      metadata: { namespace: 'lakekeeper', name: 'lakekeeper-gitops-repair' },
    };
    const { spec } = (await cluster.get(cronJob)) ?? expect.unreachable();
    const metadata = { namespace: 'lakekeeper', name: 'repair-now', ...spec.jobTemplate.metadata };
    await cluster.create({ apiVersion: 'batch/v1', kind: 'Job', metadata, spec: spec.jobTemplate.spec });
    await expect.poll(() => kubelet.outputs.get('repair-now')).toHaveLength(1);
    const [run] = kubelet.outputs.get('repair-now') ?? [];
    const lines = (run?.output ?? '').split('\n').filter((line) => line.includes('"outcome"'));
    const outcomes = Object.fromEntries(
      lines.map((line) => JSON.parse(line)).map(({ org, outcome }) => [org, outcome]),
    );
    expect({ code: run?.code, outcomes }).toEqual({
      code: 0,
      outcomes: {
        open: 'registered',
        issued: 'registered',
        moving: 'registered',
        provided: 'unchanged',
        reviewed: 'unchanged',
      },
    });
    expect(await status()).toEqual({ code: 0, verdicts: registered, findings: [] });
  });
});

describe(`orgs ${leavers.join(', ')} leave and come back (${given})`, () => {
  const nameOf = (org: string) => `lakekeeper-${org}`;
  const change = (enabled: boolean) =>
    fleet.sql('UPDATE duckgres_managed_warehouses SET iceberg_enabled = $1 WHERE org_id = ANY ($2)', [
      enabled,
      leavers,
    ]);
  const sync = (org: string, confirm = false) =>
    fleet.sync(`dist/orgs/${nameOf(org)}`, { healthCheck, confirm, pruneLast: org === kept });
  const catalogOf = (org: string) =>
    fleet.scene.cluster.get({
      apiVersion: 'lakekeeper.k8s.lakekeeper.io/v1alpha1',
      kind: 'Lakekeeper',
      metadata: { namespace: 'lakekeeper', name: nameOf(org) },
    });
  const runs = (org: string, job: 'retire' | 'register') =>
    fleet.scene.kubelet.outputs.get(`${nameOf(org)}-${job}`) ?? [];
  const before = {} as Record<(typeof leavers)[number], OrgRemains>;
  const retired = { state: 'retired', endpoint: '' };

  beforeAll(async () => {
    if (!serverUnderTest)
      await fleet.sql('INSERT INTO tabular VALUES (gen_random_uuid())', [], `lakekeeper_${deleted}`);
    for (const org of leavers) before[org] = await remainsOf(fleet, org);
  });

  test('their network is closed, and nothing else is done until a person confirms', async () => {
    await change(false);
    await commit({ mode: 'none' });
    for (const org of leavers) expect(await openingsOf(fleet, nameOf(org))).toBeGreaterThan(0);
    for (const report of await Promise.all(leavers.map((org) => sync(org))))
      expect(report).toMatchObject({
        phase: 'Running',
        message: expect.stringMatching(/^waiting for pruning confirmation of lakekeeper.*\/Lakekeeper\//),
      });
    for (const org of leavers) {
      expect(await openingsOf(fleet, nameOf(org))).toBe(0);
      const { metadata } = (await catalogOf(org)) ?? {};
      expect(metadata).toMatchObject({ name: nameOf(org) });
      expect(metadata).not.toHaveProperty('deletionTimestamp');
      expect(runs(org, 'retire')).toEqual([]);
      expect(await remainsOf(fleet, org)).toEqual(before[org]);
    }
  });

  test('confirmed, they are kept, the own role without a login; none is deleted with registered tables', async () => {
    const [ofKept, ofDeleted, ofLent] = await Promise.all(leavers.map((org) => sync(org, true)));
    // The only run: it did not begin before the catalog was gone.
    const done = { phase: 'Succeeded', runs: [{ code: 0 }] };
    expect({ ...ofKept, runs: runs(kept, 'retire') }).toMatchObject(done);
    expect({ ...ofLent, runs: runs(lent, 'retire') }).toMatchObject(done);
    expect(ofKept?.results.at(-1)).toMatchObject({
      object: `Job lakekeeper/${nameOf(kept)}-retire`,
      hook: 'PostSync',
    });
    const [remains, ofProvider] = [await remainsOf(fleet, kept), await remainsOf(fleet, lent)];
    const labelled = { ...retired, retired: 'true' };
    expect(remains).toEqual({ ...before[kept], ...labelled, password: undefined, login: false });
    expect(ofProvider).toEqual({ ...before[lent], ...labelled });
    expect(ofDeleted?.phase).toBe('Failed');
    expect(runs(deleted, 'retire')).toMatchObject([
      { code: 4, output: expect.stringContaining('has 1 registered table or view') },
    ]);
    expect(await remainsOf(fleet, deleted)).toEqual(before[deleted]);
    for (const org of leavers) expect(await catalogOf(org)).toBeUndefined();
  });

  test('then the directories of the retired go; told to, the other is deleted even with tables', async () => {
    await commit({ mode: 'none' }, 'v0.1.0', [deleted]);
    for (const org of [kept, lent]) await expect(sync(org)).rejects.toThrow('app path does not exist');
    const report = await sync(deleted);
    expect({ ...report, runs: runs(deleted, 'retire') }).toMatchObject({
      phase: 'Succeeded',
      runs: [{ code: 4 }, { code: 0 }],
    });
    expect(await remainsOf(fleet, deleted)).toEqual(retired);
  });

  test('enabled again, they come back: with what was kept, and the deleted one with all new', async () => {
    await change(true);
    await commit({ mode: 'none' });
    const reports = await Promise.all(leavers.map((org) => sync(org)));
    for (const [index, org] of leavers.entries())
      expect({ ...reports[index], last: runs(org, 'register').at(-1) }).toMatchObject({
        phase: 'Succeeded',
        last: { code: 0 },
      });
    const again = await remainsOf(fleet, kept);
    expect(again).toEqual({ ...before[kept], password: again.password });
    expect(await remainsOf(fleet, lent)).toEqual(before[lent]);
    const { login, state, endpoint, encryptionKey, database } = before[deleted];
    const anew = await remainsOf(fleet, deleted);
    expect(anew).toMatchObject({ login, state, endpoint });
    expect(anew.encryptionKey).not.toBe(encryptionKey);
    expect(anew.database).not.toBe(database);
    for (const org of leavers) expect(await openingsOf(fleet, nameOf(org))).toBeGreaterThan(0);
    const accounts = await fleet.scene.cluster.list(
      { apiVersion: 'v1', kind: 'ServiceAccount' },
      'lakekeeper',
    );
    expect(accounts.filter(({ metadata }) => metadata.name.endsWith('.retire'))).toEqual([]);
  });

  if (writesTables)
    test('DuckDB reads the tables that were kept, and makes them anew where they were deleted', async () => {
      for (const org of [kept, lent]) {
        const read = await ask(org, countOrders);
        expect(read).toMatchObject({ code: 0, output: expect.stringContaining('"orders":2') });
      }
      const made = await ask(deleted, makeOrders);
      expect(made).toMatchObject({ code: 0, output: expect.stringContaining('"orders":2') });
    });
});

/** The rights of docs/status.md. */
const readerOfStatus = (() => {
  const account = {
    apiVersion: 'v1',
    kind: 'ServiceAccount',
    metadata: { namespace: 'duckgres', name: 'status' },
  };
  const group = 'rbac.authorization.k8s.io';
  const rules = [
    { apiGroups: ['lakekeeper.k8s.lakekeeper.io'], resources: ['lakekeepers'], verbs: ['list'] },
    { apiGroups: [''], resources: ['secrets', 'configmaps', 'pods'], verbs: ['list'] },
    { apiGroups: ['batch'], resources: ['jobs'], verbs: ['list'] },
    { apiGroups: ['apps'], resources: ['deployments'], verbs: ['list'] },
    { apiGroups: [''], resources: ['secrets'], verbs: ['get'] },
    { apiGroups: [''], resources: ['serviceaccounts/token'], verbs: ['create'] },
  ];
  const role = { apiVersion: `${group}/v1`, kind: 'ClusterRole', metadata: { name: 'status' }, rules };
  const subjects = [{ kind: 'ServiceAccount', namespace: 'duckgres', name: 'status' }];
  const roleRef = { apiGroup: group, kind: 'ClusterRole', name: 'status' };
  const binding = {
    apiVersion: `${group}/v1`,
    kind: 'ClusterRoleBinding',
    metadata: { name: 'status' },
    subjects,
    roleRef,
  };
  return [account, role, binding];
})();
