import { writeFileSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'vitest';
import { encode, type RegistrationInputs } from '../../src/catalog/registration-inputs.ts';
import { runCommand } from './command.ts';
import type { Crossing, Gate } from './crossing.ts';
import { startHttpProxy } from './http-proxy.ts';
import { kubeconfigOf } from './kubeconfig.ts';
import { operate } from './operate.ts';
import { startPostgresProxy } from './postgres-proxy.ts';
import { type Ended, type Run, startLakekeeperGitops } from './program.ts';
import { type RegistrationScene, type ScenePostgres, startScene } from './registration-scene.ts';
import { startedWith, startPod } from './roll-out.ts';
import { runInProcess } from './run-in-process.ts';
import { startTokenServer } from './token-server.ts';

/** What is registered: each kind has side effects that the others have not. */
export type Variant =
  /** Database and role are made by a superuser, or by an admin who is none. */
  | 'superuser'
  | 'cloud admin'
  /** The catalog wants a token, and the Job bootstraps it. */
  | 'authentication'
  /** The credentials were provided, and are exchanged while the catalog runs: its pods are replaced. */
  | 'exchanged credentials'
  /** The Secret of a registered org is lost: a new key, other pods, and only then the credential of the data store. */
  | 'new encryption key'
  /**
   * In the Secret of a registered org: the role takes it, and pods are replaced, though one more is left of an
   * earlier roll-out, and evicting them meets a conflict.
   */
  | 'edited password';

/** A registration of the org `acme` by the real program, with a gate on every way that it has to the outside. */
export interface FaultScene extends AsyncDisposable {
  readonly scene: RegistrationScene;
  /** What the next run is given. */
  inputs: RegistrationInputs;
  /** What is wrong with what the pods ran with at a moment when it mattered. */
  readonly violations: string[];
  /** Runs SQL past the gate, as the superuser. */
  sql(text: string): Promise<Record<string, unknown>[]>;
  /** The superuser's connection to the database of the rows, as the program has it. */
  readonly warehouseDatabase: string;
  readonly urls: { readonly kubernetes: string; readonly lakekeeper: string; readonly tokens: string };
  /** Everything that has crossed so far. */
  readonly crossings: Crossing[];
  gate: Gate;
  /** Starts the program in a process of its own. */
  start(...args: string[]): Run;
  /** Runs the command in this process. */
  run(...args: string[]): Promise<Ended>;
  row(): Promise<Record<string, unknown>>;
  /** The passwords that the catalog's pods began with, the youngest last. */
  podPasswords(): unknown[];
  /** A file that is gone with the scene. */
  file(name: string): string;
  /** Databases and roles of catalogs. */
  stores(): Promise<{ databases: string[]; roles: string[] }>;
}

const token = 'the-token-of-the-job';
const clientSecret = 'the client secret';
const oldPassword = 'the former password';
const newPassword = 'the password of today';
const editedPassword = 'edited by hand';
/** What no output may show, beside what registration makes up itself. */
export const givenSecrets = [
  token,
  clientSecret,
  oldPassword,
  newPassword,
  editedPassword,
  'the-secret-key',
  'admin-token',
];

export async function startFaultScene(
  postgres: ScenePostgres,
  variant: Variant = 'superuser',
): Promise<FaultScene> {
  const scene = await startScene(postgres);
  const crossings: Crossing[] = [];
  const violations: string[] = [];
  const gate: Gate = (crossing) => {
    crossings.push(crossing);
    if (crossing.stage === 'request' && /^POST .*\/storage(-credential)?$/.test(crossing.what))
      violations.push(...podsWithFormerKey(scene));
    return fault.gate(crossing);
  };
  const proxy = await startPostgresProxy({ host: '127.0.0.1', port: postgres.port }, gate);
  const cluster = await startHttpProxy('kubernetes', scene.cluster.server, gate);
  const lakekeeper = await startHttpProxy('lakekeeper', scene.lakekeeper.url, gate);
  const tokenServer = await startTokenServer(token);
  const tokens = await startHttpProxy('tokens', tokenServer.url, gate);
  const directory = await mkdtemp(join(tmpdir(), 'faults-'));
  const sql: FaultScene['sql'] = async (text) => {
    const client = await scene.connect(postgres.user, postgres.password, postgres.database);
    try {
      return (await client.query(text)).rows;
    } finally {
      await client.end();
    }
  };
  await sql(await readFile('examples/fleet/warehouses.sql', 'utf8'));
  const warehouseDatabase = `${postgres.url.replace(`:${postgres.port}/`, `:${proxy.port}/`)}?sslmode=disable`;
  scene.putSecret('duckgres', 'warehouse-database', { url: warehouseDatabase });

  const given = scene.inputs();
  if (given.metadataStore.provisioning !== 'admin') throw new Error('the scene has an admin');
  const { host, sslMode, database, postgresRole, admin } = given.metadataStore;
  const store = { host, port: proxy.port, sslMode, database };
  let inputs: RegistrationInputs = { ...given, metadataStore: { ...given.metadataStore, ...store } };
  if (variant === 'cloud admin') {
    await sql(`CREATE ROLE cloud LOGIN CREATEDB CREATEROLE PASSWORD '${postgres.password}'`);
    inputs = {
      ...inputs,
      metadataStore: { provisioning: 'admin', ...store, postgresRole, admin: { ...admin, user: 'cloud' } },
    };
  }
  if (variant === 'authentication') {
    scene.lakekeeper.settings = { ...scene.lakekeeper.settings, tokens: [token] };
    // As the custom resource says once it has been applied.
    const applied = { 'lakekeeper-gitops/authentication': 'openID lakekeeper-acme' };
    const resource = scene.cluster.get('lakekeepers', 'lakekeeper', 'lakekeeper-acme');
    if (resource !== undefined)
      scene.cluster.put('lakekeepers', {
        ...resource,
        metadata: {
          ...resource.metadata,
          annotations: { ...Object(resource.metadata.annotations), ...applied },
        },
      });
    const client = { id: 'the-job', secret: { namespace: 'lakekeeper', name: 'oidc', key: 'secret' } };
    scene.putSecret('lakekeeper', 'oidc', { secret: clientSecret });
    inputs = {
      ...inputs,
      authentication: {
        mode: 'openID',
        issuer: 'external',
        audience: 'lakekeeper-acme',
        tokenEndpoint: `${tokens.url}/token`,
        client,
      },
    };
  }
  if (variant === 'exchanged credentials') {
    const reference = { secret: { namespace: 'ducklings', name: 'duckling-acme-catalog', key: 'password' } };
    scene.putSecret('ducklings', 'duckling-acme-catalog', { password: newPassword });
    inputs = {
      ...inputs,
      metadataStore: { provisioning: 'preProvisioned', ...store, user: postgresRole, password: reference },
    };
    await exchangeCredentials(scene, sql, postgres);
  }
  const files = { inputs: join(directory, 'inputs.json'), kubeconfig: join(directory, 'kubeconfig') };
  await writeFile(files.kubeconfig, kubeconfigOf(cluster.url));

  const runs: Run[] = [];
  const command = (args: readonly string[]) => {
    writeFileSync(files.inputs, encode(fault.inputs));
    const at = ['--inputs', files.inputs, '--kubeconfig', files.kubeconfig, '--server-url', lakekeeper.url];
    return ['register', ...at, ...args];
  };
  const fault: FaultScene = {
    scene,
    inputs,
    violations,
    sql,
    warehouseDatabase,
    urls: { kubernetes: cluster.url, lakekeeper: lakekeeper.url, tokens: `${tokens.url}/token` },
    crossings,
    gate: () => 'pass',
    start: (...args) => {
      const run = startLakekeeperGitops(command(args));
      runs.push(run);
      return run;
    },
    run: (...args) => runCommand(command(args)),
    row: async () => (await sql(`SELECT * FROM duckgres_managed_warehouses WHERE org_id = 'acme'`))[0] ?? {},
    podPasswords: () => startedWith(scene.catalog).map((values) => values['db-password']),
    file: (name) => join(directory, name),
    stores: async () => {
      const names = async (query: string) => (await sql(query)).map(({ name }) => String(name));
      return {
        databases: await names(`SELECT datname AS name FROM pg_database WHERE datname LIKE 'lakekeeper%'`),
        roles: await names(`SELECT rolname AS name FROM pg_roles WHERE rolname LIKE 'lakekeeper%'`),
      };
    },
    [Symbol.asyncDispose]: async () => {
      for (const { child } of runs) child.kill('SIGKILL');
      await Promise.all(runs.map(({ ended }) => ended));
      for (const each of [proxy, cluster, lakekeeper, tokens, tokenServer]) await each[Symbol.asyncDispose]();
      await sql('DROP TABLE IF EXISTS duckgres_managed_warehouses');
      await scene.end();
      if (variant === 'cloud admin') await sql('DROP ROLE cloud');
      await rm(directory, { recursive: true });
    },
  };
  if (variant === 'new encryption key' || variant === 'edited password') {
    const { result, detail } = await runInProcess(fault);
    if (result !== 'registered') throw new Error(detail);
    if (variant === 'new encryption key') scene.cluster.delete('secrets', 'lakekeeper', 'lakekeeper-acme');
    else editPassword(scene);
  }
  return fault;
}

/** A person edits the password, while a pod of an earlier roll-out is left, and somebody writes the pods. */
function editPassword({ cluster, catalog }: RegistrationScene): void {
  startPod(catalog);
  const secret = cluster.get('secrets', 'lakekeeper', 'lakekeeper-acme');
  const data = { ...(secret?.data as object), 'db-password': Buffer.from(editedPassword).toString('base64') };
  if (secret !== undefined) cluster.put('secrets', { ...secret, data });
  let conflicts = 1;
  cluster.faults.unshift(({ subresource }) =>
    subresource === 'eviction' && conflicts-- > 0 ? { code: 409 } : undefined,
  );
}

/** A pod that cannot read the credential that it is given would store it so that no other can. */
function podsWithFormerKey({ catalog, orgSecret }: RegistrationScene): string[] {
  const key = orgSecret()?.['encryption-key'];
  return startedWith(catalog)
    .filter((values) => values['encryption-key'] !== key)
    .map(() => 'the catalog was given a credential while a pod ran with a former encryption key');
}

/** All that a registration leaves behind, when none of it is there twice and all of it fits together. */
export async function expectRegistered({
  scene,
  row,
  stores,
  inputs,
  podPasswords,
  violations,
}: FaultScene): Promise<void> {
  expect(violations).toEqual([]);
  const secret = scene.orgSecret() ?? {};
  expect(Object.keys(secret).sort()).toEqual([
    'db-password',
    'db-user',
    'encryption-key',
    'oauth2-client-secret',
  ]);
  expect(await stores()).toEqual({ databases: ['lakekeeper_acme'], roles: ['lakekeeper_acme'] });
  const { 'db-user': user = '', 'db-password': password = '' } = secret;
  const inside = await scene.connect(user, password, 'lakekeeper_acme');
  const { rows } = await inside.query(
    `SELECT pg_get_userbyid(datdba)::text AS database, nspowner::regrole::text AS schema,
      EXISTS (SELECT FROM aclexplode(coalesce(datacl, acldefault('d', datdba))) WHERE grantee = 0) AS "openToPublic"
      FROM pg_database, pg_namespace WHERE datname = current_database() AND nspname = 'public'`,
  );
  await inside.end();
  // Credentials that somebody else provides are theirs, and so is the database.
  if (inputs.metadataStore.provisioning === 'admin')
    expect(rows).toEqual([{ database: user, schema: user, openToPublic: false }]);
  expect(scene.lakekeeper.warehouses.map(({ name, isActive }) => [name, isActive])).toEqual([
    ['org-acme', true],
  ]);
  expect(scene.lakekeeper.isBootstrapped).toBe(true);
  expect(await row()).toMatchObject({
    iceberg_lakekeeper_endpoint: inputs.catalog.catalogEndpoint,
    iceberg_lakekeeper_warehouse: 'org-acme',
    iceberg_lakekeeper_client_credentials_name: 'lakekeeper-acme',
    iceberg_state: 'ready',
    status_message: null,
  });
  // No pod runs with a password that is no longer the right one.
  for (const used of podPasswords()) expect(used).toBe(password);
}

/** The catalog runs with credentials that are no longer the right ones. */
async function exchangeCredentials(
  scene: RegistrationScene,
  sql: FaultScene['sql'],
  postgres: ScenePostgres,
): Promise<void> {
  await sql(`CREATE ROLE lakekeeper_acme LOGIN PASSWORD '${oldPassword}'`);
  await sql('CREATE DATABASE lakekeeper_acme OWNER lakekeeper_acme');
  const inside = await scene.connect(postgres.user, postgres.password, 'lakekeeper_acme');
  await inside.query('ALTER SCHEMA public OWNER TO lakekeeper_acme');
  await inside.end();
  scene.putSecret('lakekeeper', 'lakekeeper-acme', {
    'db-user': 'lakekeeper_acme',
    'db-password': oldPassword,
    'encryption-key': 'the encryption key',
    'oauth2-client-secret': 'the placeholder',
  });
  await operate(scene.catalog);
  await sql(`ALTER ROLE lakekeeper_acme PASSWORD '${newPassword}'`);
}
