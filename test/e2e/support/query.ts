import { lakekeeperGitops } from '../../support/program.ts';
import type { Fleet } from './fleet.ts';
import type { Ending } from './gitops-image.ts';
import { serverUnderTest } from './lakekeeper-executable.ts';
import { objectStoreUnderTest as store } from './object-store.ts';
import { startWorker } from './worker.ts';

const duckdb = process.env.LAKEKEEPER_DUCKDB || undefined;

/** Whether there is all that it takes to write tables. */
export const writesTables = Boolean(duckdb && serverUnderTest && store);

export const countOrders = 'SELECT count(*) AS orders, max(name) AS last FROM lake.sales.orders;';
export const makeOrders = `
  CREATE SCHEMA lake.sales;
  CREATE TABLE lake.sales.orders (id INTEGER, name VARCHAR);
  INSERT INTO lake.sales.orders VALUES (1, 'one'), (2, 'two');
  ${countOrders}`;

/** The SQL that attach prints for an org's row. */
export async function attachSQL(fleet: Fleet, org: string): Promise<string> {
  const { code, stdout, stderr } = await lakekeeperGitops([
    ...['attach', '--org', org, '--warehouses', fleet.scene.postgres.url],
  ]);
  if (code !== 0) throw new Error(stderr);
  return stdout;
}

/**
 * What DuckDB answers in a worker of an org, once it has attached the catalog by the SQL that attach prints.
 *
 * @param hasBroker whether the worker logs in by the token broker.
 * @param before statements before those.
 */
export async function query(
  fleet: Fleet,
  org: string,
  sql: string,
  { hasBroker, before = '' }: { readonly hasBroker: boolean; readonly before?: string },
): Promise<Ending> {
  if (!duckdb || !store) throw new Error('there is no DuckDB, or no object store');
  const attach = await attachSQL(fleet, org);
  const { host, protocol } = new URL(store.endpoint);
  const extensions = (process.env.LAKEKEEPER_DUCKDB_EXTENSIONS ?? '').split(':').filter(Boolean);
  const all = `
    ${extensions.map((file) => `LOAD '${file}';`).join('\n')}
    CREATE SECRET store (TYPE s3, KEY_ID '${store.accessKeyId}', SECRET '${store.secretAccessKey}',
      REGION '${store.region}', ENDPOINT '${host}', URL_STYLE 'path', USE_SSL ${protocol === 'https:'});
    ${before}
    ${attach}
    ${sql}`;
  await using worker = await startWorker(fleet, org, hasBroker);
  return await worker.run([duckdb, '-json', '-bail', ':memory:', all]);
}
