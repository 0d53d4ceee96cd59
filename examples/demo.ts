/**
 * `npm run demo`: the main job on real input. Starts an embedded Postgres, fills the warehouse table with the example fleet, and
 * renders it into dist/ by the program itself, as CI would.
 */
import { spawnSync } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import pg from 'pg';
import { withPostgres } from '../test/support/embedded-postgres.ts';

const fleet = 'examples/fleet';
const someRejected = 3;

await withPostgres({}, async (postgres) => {
  console.log(
    `Postgres is up on port ${postgres.port}; the warehouse table is made from ${fleet}/warehouses.sql`,
  );
  const client = new pg.Client(postgres.url);
  await client.connect();
  await client.query(await readFile(`${fleet}/warehouses.sql`, 'utf8'));
  await client.end();

  console.log(
    `\n$ lakekeeper-gitops synth --warehouses postgres://… --platform ${fleet}/platform.yaml --out dist\n`,
  );
  const { status } = spawnSync(
    process.execPath,
    ['--import', 'tsx', 'src/cli.ts', 'synth', '--platform', `${fleet}/platform.yaml`, '--out', 'dist'],
    // By the environment, because other users see the arguments of a process.
    { stdio: 'inherit', env: { ...process.env, LAKEKEEPER_GITOPS_WAREHOUSES: postgres.url } },
  );
  // One org of the example is broken on purpose.
  if (status !== someRejected) throw new Error(`synth ended with ${status}; expected ${someRejected}`);
});

console.log(`
Where to look next:
  dist/orgs/lakekeeper-acme/          what Argo CD would apply for one org
  dist/platform/                      what all orgs share
  ${fleet}/platform.yaml        the settings; change one, run the demo again and look at "git diff dist"
  docs/getting-started.md             the same for your own fleet`);
