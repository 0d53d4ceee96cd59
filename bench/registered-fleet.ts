import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { parse, stringify } from 'yaml';
import { startSimulatedCluster } from '../examples/simulated-cluster.ts';
import { type EmbeddedPostgres, withPostgres } from '../test/support/embedded-postgres.ts';
import { startPostgresProxy } from '../test/support/postgres-proxy.ts';
import { type Cost, Runner } from './process.ts';
import { type Counts, Traffic } from './traffic.ts';

/** One run of the program. */
export interface Measured {
  readonly what: string;
  readonly orgs: number;
  readonly counts: Counts;
  readonly cost: Cost;
  /** Seconds of processors for what a user has elsewhere. */
  readonly elsewhere: { readonly servers: number; readonly postgres: number };
}

/** @param latency of each request, in milliseconds. */
export type Measure = (
  what: string,
  command: readonly string[],
  orgs?: number,
  latency?: number,
) => Promise<Measured>;

/**
 * In MiB, half of the memory limit of a repair's Pod (`src/platform/repair-settings.ts`): Node takes no larger heap
 * in such a container. In a cgroup of 512 MiB, Node 20.20 had 259.
 */
const heapMiB = 512 / 2;
/** The commands whose memory is compared between fleets of several sizes. */
const inContainer = ['repair', 'status'];

/** A fleet, rendered, and everything that its registration meets. */
export async function withFleet<T>(orgs: number, work: (measure: Measure) => Promise<T>): Promise<T> {
  return withPostgres({}, (postgres) => withServers(orgs, postgres, work));
}

async function withServers<T>(
  fleetSize: number,
  postgres: EmbeddedPostgres,
  work: (measure: Measure) => Promise<T>,
): Promise<T> {
  const directory = await mkdtemp(join(tmpdir(), 'lakekeeper-gitops-bench-'));
  const runner = new Runner(directory, new AbortController().signal);
  const traffic = new Traffic();
  const proxy = await startPostgresProxy({ host: postgres.host, port: postgres.port }, traffic.gate);
  traffic.watchSessions(proxy.server);
  const platform = parse(await readFile('examples/fleet/platform.yaml', 'utf8'));
  const store = platform.metadataStores.external;
  const settings = { ...platform, metadataStores: { external: { ...store, sslMode: 'disable' } } };
  delete settings.argocd;
  delete settings.orgs;
  const at = (name: string) => join(directory, name);
  await writeFile(at('platform.yaml'), stringify(settings));
  const postmaster = await writeRows(fleetSize, postgres, proxy.port);
  process.env.LAKEKEEPER_GITOPS_WAREHOUSES = postgres.url;
  const fleet = ['--platform', at('platform.yaml')];
  await runner.node(['lib/cli.js', 'synth', ...fleet, '--out', at('dist')]);
  const url = `${postgres.url.replace(`:${postgres.port}/`, `:${proxy.port}/`)}?sslmode=disable`;
  const cluster = await startSimulatedCluster(at('dist'), { ...postgres, url }, 'token');
  traffic.watchHttp('kubernetes', cluster.servers.kubernetes);
  traffic.watchHttp('lakekeeper', cluster.servers.lakekeeper);
  await writeFile(at('kubeconfig'), cluster.kubeconfig);
  const consumed = async () => {
    const { user, system } = process.cpuUsage();
    return { servers: (user + system) / 1e6, postgres: await processorSeconds(postmaster) };
  };
  try {
    return await work(async (what, [command = '', ...flags], orgs = fleetSize, latency = 0) => {
      traffic.take();
      traffic.latency = latency;
      const where = command === 'repair' ? ['--namespace', 'lakekeeper'] : fleet;
      const committed = command === 'status' ? ['--out', at('dist')] : [];
      const servers = ['--kubeconfig', at('kubeconfig'), '--server-url', cluster.serverURL];
      const before = await consumed();
      const heap = inContainer.includes(command) ? [`--max-old-space-size=${heapMiB}`] : [];
      const program = [...heap, 'lib/cli.js', command];
      const cost = await runner.node([...program, ...flags, ...where, ...committed, ...servers]);
      const after = await consumed();
      const elsewhere = {
        servers: after.servers - before.servers,
        postgres: after.postgres - before.postgres,
      };
      return { what, orgs, counts: traffic.take(), cost, elsewhere };
    });
  } finally {
    await proxy[Symbol.asyncDispose]();
    await cluster.stop();
    await rm(directory, { recursive: true });
  }
}

/** @returns the process id of the server. */
async function writeRows(orgs: number, { url, host }: EmbeddedPostgres, port: number): Promise<number> {
  const client = new pg.Client(url);
  await client.connect();
  const [definition = ''] =
    /CREATE TABLE[^;]*;/.exec(await readFile('examples/fleet/warehouses.sql', 'utf8')) ?? [];
  await client.query(definition);
  await client.query(
    `INSERT INTO duckgres_managed_warehouses (org_id, state, iceberg_enabled, metadata_store_kind,
        metadata_store_endpoint, metadata_store_port, metadata_store_database_name, metadata_store_username,
        data_store_kind, data_store_bucket_name,
        data_store_region, duckling_name)
      SELECT 'org-' || n, 'ready', true, 'external', $1, $2, 'postgres', 'postgres', 's3bucket',
        'bucket-' || n, 'eu-central-1', 'org-' || n
      FROM generate_series(1, $3::int) AS n`,
    [host, port, orgs],
  );
  const { rows } = await client.query(`SELECT pg_read_file('postmaster.pid') AS file`);
  await client.end();
  return Number.parseInt(rows[0].file, 10);
}

/** What a process and those of its children that ended have taken: a session of Postgres is a child. */
async function processorSeconds(pid: number): Promise<number> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8');
  // utime, stime, cutime and cstime (proc_pid_stat(5)), in hundredths of a second.
  const times = stat
    .slice(stat.lastIndexOf(')') + 2)
    .split(' ')
    .slice(11, 15);
  return times.map(Number).reduce((sum, time) => sum + time) / 100;
}
