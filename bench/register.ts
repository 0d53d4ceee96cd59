/**
 * `npm run bench:register -- [--orgs 100,1000]`: registration of a fleet by the program itself, as counts and ratios:
 * what an org takes that is new, and one that is in order. What latency adds follows from counts, which do not depend
 * on the other work of the machine: the round trips of an org that wait for each other, and how many are under way at a
 * time. It is also measured, with every request 5 ms away. Postgres is real; the Kubernetes API, the operator and
 * Lakekeeper are the tests' stand-ins, which share the processors with it. Writes `bench/RESULTS-register.md`. Linux:
 * it reads /proc.
 */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import pg from 'pg';
import { parse, stringify } from 'yaml';
import { startSimulatedCluster } from '../examples/simulated-cluster.ts';
import type { Crossing, Fate, Gate } from '../test/support/crossing.ts';
import { type EmbeddedPostgres, withPostgres } from '../test/support/embedded-postgres.ts';
import { startHttpProxy } from '../test/support/http-proxy.ts';
import { startPostgresProxy } from '../test/support/postgres-proxy.ts';
import { type Cost, Runner } from './process.ts';

const { values } = parseArgs({ options: { orgs: { type: 'string', default: '100' } } });
const concurrency = 16;
/** How long a request takes to its server where latency is measured, and the orgs at a time there: the default. */
const [latencyMs, concurrencyThere] = [5, 4];
/** As good as none, so that they are not what is measured. */
const limits = ['--api-requests-per-second', '999', '--postgres-connections-per-second', '999'];

/** What crossed between the program and its servers. */
class Traffic {
  private crossings: Crossing[] = [];
  /** Of those that are under way, by what they are: each is one later than the last answer before it. */
  private readonly places = new Map<string, number[]>();
  private answered = 0;
  private most = 0;
  /** Of each request, in milliseconds. */
  latency = 0;

  readonly gate: Gate = (crossing): Fate | Promise<Fate> => {
    const key = `${crossing.server} ${crossing.what}`;
    const places = this.places.get(key) ?? [];
    this.places.set(key, places);
    if (crossing.stage === 'request') {
      this.crossings.push(crossing);
      places.push(this.answered + 1);
      this.most = Math.max(this.most, [...this.places.values()].flat().length);
    } else this.answered = Math.max(this.answered, places.shift() ?? 0);
    return this.latency > 0 && crossing.stage === 'request' ? sleep(this.latency, 'pass' as const) : 'pass';
  };

  /** @returns the counts since the last call. */
  take() {
    const { crossings: taken, answered: inSequence, most: atATime } = this;
    this.crossings = [];
    this.places.clear();
    this.answered = 0;
    this.most = 0;
    const to = (name: Crossing['server']) => taken.filter(({ server }) => server === name);
    const postgres = to('postgres');
    const connections = postgres.filter(({ what }) => what.startsWith('connect ')).length;
    const [kubernetes, lakekeeper] = [to('kubernetes'), to('lakekeeper')];
    return {
      kubernetes: kubernetes.length,
      lakekeeper: lakekeeper.length,
      connections,
      statements: postgres.length - connections,
      writes: [...kubernetes, ...lakekeeper].filter(({ isWrite }) => isWrite).length,
      inSequence,
      atATime,
    };
  }
}
type Counts = ReturnType<Traffic['take']>;

interface Measured {
  readonly what: string;
  readonly orgs: number;
  readonly counts: Counts;
  readonly cost: Cost;
}

/** A fleet, rendered, and everything that its registration meets. @param measure registers it, or one of its orgs. */
async function withFleet(
  orgs: number,
  postgres: EmbeddedPostgres,
  work: (
    measure: (what: string, command: readonly string[], orgs: number, latency?: number) => Promise<Measured>,
  ) => Promise<void>,
): Promise<void> {
  const directory = await mkdtemp(join(tmpdir(), 'lakekeeper-gitops-bench-'));
  const runner = new Runner(directory, new AbortController().signal);
  const traffic = new Traffic();
  const proxy = await startPostgresProxy({ host: postgres.host, port: postgres.port }, traffic.gate);
  const platform = parse(await readFile('examples/fleet/platform.yaml', 'utf8'));
  const store = platform.metadataStores.external;
  const settings = { ...platform, metadataStores: { external: { ...store, sslMode: 'disable' } } };
  delete settings.argocd;
  delete settings.orgs;
  const at = (name: string) => join(directory, name);
  await writeFile(at('platform.yaml'), stringify(settings));
  await writeRows(orgs, postgres, proxy.port);
  process.env.LAKEKEEPER_GITOPS_WAREHOUSES = postgres.url;
  const fleet = ['--platform', at('platform.yaml')];
  await runner.node(['lib/cli.js', 'synth', ...fleet, '--out', at('dist')]);
  const url = `${postgres.url.replace(`:${postgres.port}/`, `:${proxy.port}/`)}?sslmode=disable`;
  const cluster = await startSimulatedCluster(at('dist'), { ...postgres, url }, 'token');
  const [, server = ''] = /"server":"([^"]+)"/.exec(cluster.kubeconfig) ?? [];
  const kubernetes = await startHttpProxy('kubernetes', server, traffic.gate);
  const lakekeeper = await startHttpProxy('lakekeeper', new URL(cluster.serverURL).origin, traffic.gate);
  await writeFile(at('kubeconfig'), cluster.kubeconfig.replace(server, kubernetes.url));
  try {
    await work(async (what, [command = '', ...flags], orgs, latency = 0) => {
      traffic.take();
      traffic.latency = latency;
      const where = command === 'repair' ? ['--namespace', 'lakekeeper'] : fleet;
      const committed = command === 'status' ? ['--out', at('dist')] : [];
      const servers = ['--kubeconfig', at('kubeconfig'), '--server-url', `${lakekeeper.url}/{name}`];
      const cost = await runner.node(['lib/cli.js', command, ...flags, ...where, ...committed, ...servers]);
      return { what, orgs, counts: traffic.take(), cost };
    });
  } finally {
    for (const each of [kubernetes, lakekeeper, proxy]) await each[Symbol.asyncDispose]();
    await cluster.stop();
    await rm(directory, { recursive: true });
  }
}

async function writeRows(orgs: number, { url, host }: EmbeddedPostgres, port: number): Promise<void> {
  const client = new pg.Client(url);
  await client.connect();
  await client.query('DROP TABLE IF EXISTS duckgres_managed_warehouses');
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
  await client.end();
}

function line({ what, orgs, counts, cost }: Measured): string {
  // A new org has watches, which end when they are no longer needed.
  const isInOrder = what.endsWith('in order');
  const each = (count: number) => String(Math.round((count / orgs) * 10) / 10);
  return [
    '',
    what,
    orgs,
    each(counts.kubernetes),
    each(counts.lakekeeper),
    each(counts.connections),
    each(counts.statements),
    each(counts.writes),
    `${Math.round((cost.cpu / orgs) * 1000)} ms`,
    `${Math.round(cost.memory)} MB`,
    `${cost.wall.toFixed(1)} s`,
    isInOrder && orgs === 1 ? counts.inSequence : '',
    isInOrder ? counts.atATime : '',
    '',
  ]
    .join(' | ')
    .trim();
}

const measured: Measured[] = [];
for (const orgs of values.orgs.split(',').map(Number))
  await withPostgres({}, (postgres) =>
    withFleet(orgs, postgres, async (measure) => {
      const note = async (what: string, command: readonly string[], count = orgs, latency = 0) => {
        measured.push(await measure(what, command, count, latency));
        console.log(line(measured.at(-1) as Measured));
      };
      const one = ['register', '--org', 'org-1'];
      const all = ['--concurrency', String(concurrency)];
      await note('one new org', one, 1);
      await note('one org in order', one, 1);
      await note('all others new', ['register', '--all', ...all]);
      await note('all in order', ['register', '--all', ...all]);
      await note('repair, all in order', ['repair', ...all, ...limits]);
      await note('status, all in order', ['status', '--output', 'json', ...all]);
      const there = ['--concurrency', String(concurrencyThere)];
      for (const command of [
        ['repair', ...limits],
        ['status', '--output', 'json'],
      ])
        await note(
          `${command[0]}, ${latencyMs} ms away, all in order`,
          [...command, ...there],
          orgs,
          latencyMs,
        );
    }),
  );

const counted = ['API server', 'Lakekeeper', 'Connections', 'Statements', 'Writes'];
const columns = ['What', 'Orgs', ...counted, 'CPU', 'Peak', 'Time', 'In sequence', 'At a time'];
await writeFile(
  'bench/RESULTS-register.md',
  `# Registration, as counts and ratios

\`npm run bench:register -- --orgs ${values.orgs}\`, Node ${process.versions.node}, ${cpus().length} processors,
${concurrency} orgs at a time. Per org: requests to the API server and to Lakekeeper, connections and statements of
Postgres, writes to the two servers, processor time of the program. Then its peak memory and its time. Postgres, the
stand-ins and the proxies that count run on the same processors. A new org also waits for its operator, by watches.

What latency adds: the round trips of an org that are in sequence, each of which waits for the one before it, times the
latency; a connection counts as one, and has a few of its own. For a fleet that is times orgs ÷ ${concurrency}: so many
round trips, or more, are under way at a time. Where servers are ${latencyMs} ms away, ${concurrencyThere} orgs are
checked at a time, and the time is to be compared with round trips in sequence × ${latencyMs} ms × orgs ÷
${concurrencyThere}.

Times depend on the other work of the machine; counts do not.

| ${columns.join(' | ')} |
|${'---|'.repeat(columns.length)}
${measured.map(line).join('\n')}
`,
);
