import { execFile } from 'node:child_process';
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import pg from 'pg';
import { lakekeeperGitops } from '../../support/program.ts';
import { adminToken } from './control-plane.ts';
import { install } from './install.ts';
import { synth } from './manifests.ts';
import type { ObjectStore } from './object-store.ts';
import { type Scene, type SceneOptions, startScene } from './scene.ts';
import { seldomCollect } from './supervised.ts';
import { tool } from './tools.ts';

const run = promisify(execFile);

/**
 * A platform with its fleet: rows in Postgres, a Git repository of what is rendered from them, and Argo CD's engine.
 */
export interface Fleet extends AsyncDisposable {
  readonly scene: Scene;
  /** The repository; `dist/` is in it. */
  readonly repository: string;
  /** As the superuser; in the warehouse database, unless another is named. */
  sql<Row extends pg.QueryResultRow>(text: string, values?: unknown[], database?: string): Promise<Row[]>;
  /**
   * Adds the row of an org, and what has to be there for it: Secrets, and where the store is pre-provisioned,
   * database and role.
   */
  addOrg(org: string, store?: 'external' | 'cnpg-shard', dataStore?: 's3bucket' | 'external'): Promise<void>;
  /** Renders the rows with these settings, and commits. @returns the names of the orgs' directories. */
  commit(settings: object): Promise<void>;
  git(...args: string[]): Promise<string>;
  /** One look of Argo CD at an application: what differs is synced. */
  sync(path: string, options?: SyncOptions): Promise<SyncReport>;
}

export interface SyncOptions {
  /** `health.lua` for the custom resource; none when left out. */
  readonly healthCheck?: string;
  readonly confirm?: boolean;
  /**
   * Whether unknown fields are refused, as by default in Argo CD. It takes half of the processor time of a sync, and
   * accepted.test.ts has the API server check all that is rendered.
   */
  readonly validate?: boolean;
  /** The sync option `PruneLast`, as in the Applications that are rendered; default true. */
  readonly pruneLast?: boolean;
  /** When to stop looking at an operation that goes on; default 120s. */
  readonly timeout?: string;
}

export interface SyncReport {
  readonly outOfSync: readonly string[];
  /** Empty when nothing differed. `Running` when the time was over first, or a person has to confirm. */
  readonly phase: '' | 'Succeeded' | 'Failed' | 'Error' | 'Running';
  readonly message: string;
  readonly results: readonly {
    readonly object: string;
    readonly syncPhase: string;
    readonly hook?: string;
    readonly status: string;
    readonly phase: string;
    readonly message: string;
  }[];
}

/** The health check that is shipped. */
export const healthCheck = new URL(
  '../../../argo-cd/resource_customizations/lakekeeper.k8s.lakekeeper.io/Lakekeeper/health.lua',
  import.meta.url,
).pathname;

/** Where there is no object store: what it would be called. */
const noObjectStore: ObjectStore = {
  endpoint: 'https://minio.minio.svc:9000',
  bucket: 'lake',
  region: 'eu-central-1',
  accessKeyId: 'the-key-id',
  secretAccessKey: 'the-secret-key',
};

/**
 * Settings that fit the scene: everything is on this machine, and the admin of the metadata stores is no superuser.
 *
 * @param objectStore of the orgs with the data store `external`.
 */
export function settingsFor(
  scene: Scene,
  { endpoint, region }: ObjectStore = noObjectStore,
): Record<string, Record<string, unknown>> {
  const { host, port } = scene.postgres;
  const secret = { namespace: 'ducklings', name: '{duckling}', key: 'password' };
  const key = (name: string) => ({ namespace: 'ducklings', name: '{duckling}', key: name });
  const peers = [{ cidr: '127.0.0.0/8' }];
  const store = { type: 's3', region: 'eu-central-1', credential: { type: 'systemIdentity' } };
  return {
    operator: { amendments: true },
    catalog: { image: 'quay.io/lakekeeper/catalog:v0.12.2', replicas: 1, bootstrapCheckInterval: '1s' },
    workers: { namespace: 'duckgres', podSelector: { 'duckgres/active-org': '{org}' } },
    network: { postgres: peers, objectStore: peers, apiServer: { peers, port: 6443 } },
    metadataStores: {
      external: {
        provisioning: 'admin',
        sslMode: 'disable',
        admin: { user: 'cloud', database: 'postgres', password: { secret } },
      },
      'cnpg-shard': {
        provisioning: 'preProvisioned',
        host,
        port,
        sslMode: 'disable',
        database: 'lakekeeper_{org}',
        user: 'lakekeeper_{org}',
        password: { secret },
      },
    },
    dataStores: {
      s3bucket: store,
      external: {
        ...store,
        flavor: 's3-compat',
        region,
        endpoint,
        pathStyleAccess: true,
        keyPrefix: '{org}',
        credential: { type: 'accessKey', accessKeyId: key('id'), secretAccessKey: key('secret') },
      },
    },
    registration: {
      image: 'ghcr.io/lakekeeper-gitops/lakekeeper-gitops:v0.1.0',
      record: {
        warehouseDatabase: { url: { namespace: 'duckgres', name: 'warehouse-database', key: 'url' } },
      },
    },
  };
}

interface FleetOptions extends SceneOptions {
  /** Of the orgs with the data store `external`. */
  readonly objectStore?: ObjectStore | undefined;
}

export async function startFleet({
  objectStore = noObjectStore,
  ...options
}: FleetOptions = {}): Promise<Fleet> {
  const scene = await startScene(options);
  const { cluster, postgres, controlPlane } = scene;
  const repository = join(controlPlane.directory, 'repository');
  await mkdir(repository);
  const sql: Fleet['sql'] = async (text, values, database = postgres.database) => {
    const { host, port, user, password } = postgres;
    const client = new pg.Client({ host, port, user, password, database });
    await client.connect();
    try {
      return (await client.query(text, values)).rows;
    } finally {
      await client.end();
    }
  };
  const git = async (...args: string[]) => {
    const identity = [
      '-c',
      'user.name=e2e',
      '-c',
      'user.email=e2e@example.com',
      '-c',
      'commit.gpgsign=false',
    ];
    return (await run('git', [...identity, ...args], { cwd: repository })).stdout;
  };

  await git('init', '--quiet', '--initial-branch=main');
  const table = await readFile('examples/fleet/warehouses.sql', 'utf8');
  await sql(/CREATE TABLE[^;]*;/.exec(table)?.[0] ?? '');
  await sql("CREATE ROLE cloud LOGIN CREATEDB CREATEROLE PASSWORD 'cloud'");
  await sql("CREATE ROLE registrar LOGIN PASSWORD 'registrar'");
  await sql((await lakekeeperGitops(['grants', '--role', 'registrar'])).stdout);
  const namespace = (name: string) => ({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } });
  await install(cluster, namespace('ducklings'), namespace('duckgres'), {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { namespace: 'duckgres', name: 'warehouse-database' },
    stringData: { url: `postgres://registrar:registrar@${postgres.host}:${postgres.port}/postgres` },
  });
  const [engine, kubeconfig] = await Promise.all([tool('engine'), controlPlane.kubeconfig(adminToken)]);

  return {
    scene,
    repository,
    sql,
    git,
    addOrg: async (org, store = 'external', dataStore = 's3bucket') => {
      const isOurs = store === 'external';
      const duckling = `duckling-${org
        .toLowerCase()
        .replaceAll(/[^a-z0-9]/g, '-')
        .slice(0, 40)}`;
      const bucket = dataStore === 'external' ? objectStore.bucket : `lake-${duckling}`;
      const at = isOurs ? [postgres.host, postgres.port] : [null, null];
      await sql(
        `INSERT INTO duckgres_managed_warehouses (org_id, state, iceberg_enabled, metadata_store_kind,
          metadata_store_endpoint, metadata_store_port, data_store_kind, data_store_bucket_name, duckling_name)
          VALUES ($1, 'ready', true, $2, $3, $4, $5, $6, $7)`,
        [org, store, ...at, dataStore, bucket, duckling],
      );
      if (!isOurs) {
        const role = `lakekeeper_${org.replaceAll('-', '_')}`;
        await sql(`CREATE ROLE "${role}" LOGIN PASSWORD 'provided'`);
        await sql(`CREATE DATABASE "${role}" OWNER "${role}"`);
      }
      await install(cluster, {
        apiVersion: 'v1',
        kind: 'Secret',
        metadata: { namespace: 'ducklings', name: duckling },
        stringData: {
          password: isOurs ? 'cloud' : 'provided',
          id: objectStore.accessKeyId,
          secret: objectStore.secretAccessKey,
        },
      });
    },
    commit: async (settings) => {
      const { code, stderr } = await synth(repository, settings, postgres.url, ['--allow-removal']);
      if (code !== 0) throw new Error(`synth ended with ${code}:\n${stderr}`);
      await git('add', '--all');
      await git('commit', '--quiet', '--allow-empty', '--message', 'synth');
    },
    sync: async (path, options = {}) => {
      const { healthCheck: check, confirm = false, validate = false, pruneLast = true } = options;
      const args = [
        '--kubeconfig',
        kubeconfig,
        '--repository',
        repository,
        '--path',
        path,
        '--timeout',
        options.timeout ?? '120s',
        `--prune-last=${pruneLast}`,
      ];
      const more = [
        ...(check ? ['--health-check', check] : []),
        ...(confirm ? ['--confirm'] : []),
        ...(validate ? ['--validate'] : []),
      ];
      const application = path.split('/').at(-1) ?? path;
      const env = { ...process.env, ...seldomCollect };
      const { stdout } = await run(engine, ['sync', ...args, '--application', application, ...more], { env });
      return JSON.parse(stdout);
    },
    [Symbol.asyncDispose]: async () => scene[Symbol.asyncDispose](),
  };
}
