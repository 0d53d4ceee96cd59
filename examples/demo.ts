/**
 * `npm run demo`: the main job on real input. Starts an embedded Postgres, fills the warehouse table with the example
 * fleet, renders it into dist/ and registers it, by the program itself, as CI and the Jobs would. What is simulated
 * says so.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { table } from '../src/text/table.ts';
import { createAuthority } from '../test/support/certificates.ts';
import { type EmbeddedPostgres, withPostgres } from '../test/support/embedded-postgres.ts';
import { startSimulatedCluster } from './simulated-cluster.ts';

const fleet = 'examples/fleet';
const settings = ['--platform', `${fleet}/platform.yaml`];
const token = 'the-token-of-the-demo';
/** One org of the example is broken on purpose. */
const someRejected = 3;

// The example's settings ask for TLS.
const tls = createAuthority('demo').issue('localhost', ['localhost', '127.0.0.1']);
await withPostgres({ tls }, async (postgres) => {
  console.log(
    `Postgres is up on port ${postgres.port}; the warehouse table is made from ${fleet}/warehouses.sql`,
  );
  const rows = new pg.Client(postgres.url);
  await rows.connect();
  await rows.query(await readFile(`${fleet}/warehouses.sql`, 'utf8'));
  await run(postgres, ['synth', ...settings, '--out', 'dist'], someRejected);
  await registerFleet(postgres, rows);
  await rows.end();
});

console.log(`
Where to look next:
  dist/orgs/lakekeeper-acme/          what Argo CD would apply for one org
  dist/platform/                      what all orgs share
  ${fleet}/platform.yaml        the settings; change one, run the demo again and look at "git diff dist"
  docs/getting-started.md             the same for your own fleet`);

async function registerFleet(postgres: EmbeddedPostgres, rows: pg.Client): Promise<void> {
  const directory = await mkdtemp(join(tmpdir(), 'lakekeeper-gitops-demo-'));
  const cluster = await startSimulatedCluster('dist', postgres, token);
  try {
    console.log(`
Now the orgs are registered, as by the Jobs in dist/. Real: Postgres, the manifests and the registration itself.
Simulated: the Kubernetes API, the operator and the Lakekeeper servers.`);
    await rows.query(
      'UPDATE duckgres_managed_warehouses SET metadata_store_endpoint = $1, metadata_store_port = $2 ' +
        `WHERE org_id <> 'wonka'`,
      [postgres.host, postgres.port],
    );
    await rows.query(
      `UPDATE duckgres_managed_warehouses SET metadata_store_username = 'postgres' WHERE ` +
        `metadata_store_kind = 'external'`,
    );
    await writeFile(join(directory, 'kubeconfig'), cluster.kubeconfig);
    await writeFile(join(directory, 'token'), token);
    const register = [
      ...['register', '--all', ...settings, '--kubeconfig', join(directory, 'kubeconfig')],
      ...['--server-url', cluster.serverURL, '--token-file', join(directory, 'token')],
    ];
    await run(postgres, register, someRejected);
    console.log('\nA second time there is nothing to do:');
    await run(postgres, [...register, '--dry-run'], someRejected);
    console.log(`\nThe rows, which is where the control plane looks:\n\n${await recorded(rows)}`);
    console.log(
      "What a DuckDB session of an org runs. Umbrella's catalog requires a token, which the broker serves:",
    );
    for (const org of ['acme', 'umbrella']) await run(postgres, ['attach', '--org', org], 0);
  } finally {
    await cluster.stop();
    await rm(directory, { recursive: true });
  }
}

async function recorded(rows: pg.Client): Promise<string> {
  const { rows: found } = await rows.query<Record<string, string | null>>(
    `SELECT org_id, iceberg_state, iceberg_lakekeeper_warehouse, iceberg_lakekeeper_endpoint
      FROM duckgres_managed_warehouses ORDER BY org_id COLLATE "C"`,
  );
  const cells = found.map((row) => Object.values(row).map((value) => value ?? '-'));
  return table(['ORG_ID', 'ICEBERG_STATE', 'WAREHOUSE', 'ENDPOINT'], cells);
}

/** Runs the program. The environment says where the rows are, because other users see the arguments of a process. */
async function run({ url }: EmbeddedPostgres, args: readonly string[], expected: number): Promise<void> {
  console.log(`\n$ lakekeeper-gitops ${args.join(' ')}\n`);
  const program = spawn(process.execPath, ['--import', 'tsx', 'src/cli.ts', ...args], {
    stdio: 'inherit',
    env: { ...process.env, LAKEKEEPER_GITOPS_WAREHOUSES: url },
  });
  const [status] = await once(program, 'exit');
  if (status !== expected) throw new Error(`${args[0]} ended with ${status}; expected ${expected}`);
}
