import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { inspect } from 'node:util';
import fc from 'fast-check';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { parse } from 'yaml';
import { parseConnection } from '../../src/clients/postgres/connection.ts';
import { withClient } from '../../src/clients/postgres/postgres-client.ts';
import { fieldNames } from '../../src/mapping/fields.ts';
import { type RawRecord, warehouseColumns } from '../../src/mapping/raw-record.ts';
import { type RecordTable, recordTable } from '../../src/mapping/record-table.ts';
import { type SourceMapping, sourceMapping } from '../../src/mapping/source-mapping.ts';
import { readPostgres } from '../../src/source/postgres.ts';
import { readColumns } from '../../src/source/read-columns.ts';
import { explain, UsageError } from '../../src/text/errors.ts';
import { anyText } from '../support/arbitrary.ts';
import type { Crossing } from '../support/crossing.ts';
import { type EmbeddedPostgres, startPostgres } from '../support/embedded-postgres.ts';
import { startPostgresProxy } from '../support/postgres-proxy.ts';
import { lakekeeperGitops } from '../support/program.ts';
import { withDirectory } from '../support/tree.ts';

let server: EmbeddedPostgres;
beforeAll(async () => {
  server = await startPostgres();
});
afterAll(() => server?.stop());

const sql = (...statements: string[]): Promise<pg.QueryResult[]> =>
  withClient(parseConnection(server.url, {}), async (client) => {
    const results: pg.QueryResult[] = [];
    for (const statement of statements) results.push(await client.query(statement));
    return results;
  });

/** The columns as duckgres has them, some that are not read, and whatever else a statement needs. */
const definition = `org_id varchar(255) PRIMARY KEY, state varchar(32), status_message varchar(1024),
  iceberg_enabled boolean DEFAULT false, iceberg_backend varchar(32) DEFAULT 'lakekeeper', iceberg_state varchar(32),
  iceberg_region varchar(64),
  iceberg_lakekeeper_endpoint varchar(512), iceberg_lakekeeper_warehouse varchar(128),
  iceberg_lakekeeper_client_id varchar(128),
  iceberg_lakekeeper_o_auth2_server_uri varchar(512),
  iceberg_lakekeeper_client_credentials_name varchar(255), metadata_store_kind varchar(64),
  metadata_store_endpoint varchar(512), metadata_store_port bigint, metadata_store_database_name varchar(255),
  metadata_store_username varchar(255), data_store_kind varchar(32), data_store_bucket_name varchar(255),
  data_store_region varchar(64), duckling_name varchar(255), created_at timestamptz DEFAULT now()`;

interface Source {
  readonly schema?: string;
  readonly table?: string;
  readonly user?: string;
  readonly application?: string;
  readonly mapping?: SourceMapping;
  readonly record?: RecordTable;
  readonly answerTimeoutMs?: number;
}

function read({
  schema = 'public',
  table = 'warehouses',
  user,
  application = 'reader',
  ...more
}: Source = {}) {
  const url = user ? server.url.replace('//postgres:', `//${user}:`) : server.url;
  const connection = parseConnection(url, { PGAPPNAME: application });
  return readPostgres({ connection, schema, table, ...more });
}

async function all(source: Source = {}): Promise<RawRecord[]> {
  const records: RawRecord[] = [];
  for await (const record of read(source)) records.push(record);
  return records;
}

const idsOf = (records: RawRecord[]): unknown[] =>
  records.map(({ columns }) => (columns as { org_id: unknown }).org_id);

async function refusal(source: Source): Promise<string> {
  const error: unknown = await all(source).catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(UsageError);
  expect(inspect(error, { depth: 9 })).not.toContain(server.password);
  return explain(error);
}

describe('reading the table', () => {
  beforeAll(() =>
    sql(
      `CREATE TABLE warehouses (${definition})`,
      `INSERT INTO warehouses (org_id, iceberg_enabled, iceberg_lakekeeper_endpoint, metadata_store_port)
       VALUES ('b', true, '', 9007199254740993), ('B', false, NULL, NULL), ('a-b', NULL, NULL, 1),
         ('ab', true, NULL, 2),
              ('z', true, 'http://z', 5432), ('Z', true, 'http://Z', 5432)`,
    ),
  );

  test('returns registered orgs first, then by the bytes of the id', async () => {
    const records = await all();
    expect(idsOf(records)).toEqual(['Z', 'z', 'B', 'a-b', 'ab', 'b']);
    expect(records.map(({ at }) => at)).toEqual(
      ['Z', 'z', 'B', 'a-b', 'ab', 'b'].map((id) => `warehouses[${id}]`),
    );
  });

  test('returns the columns that are needed and no other, as strings, booleans and null', async () => {
    const record = (await all()).at(-1)?.columns as Record<string, unknown>;
    expect(Object.keys(record)).toEqual([...warehouseColumns]);
    expect(record).toMatchObject({
      org_id: 'b',
      iceberg_enabled: true,
      iceberg_backend: 'lakekeeper',
      iceberg_lakekeeper_endpoint: '',
      metadata_store_port: '9007199254740993',
      state: null,
    });
  });

  test('quotes a hostile id in the address of its record', async () => {
    await sql(
      `CREATE TABLE hostile (${definition})`,
      String.raw`INSERT INTO hostile (org_id) VALUES (''), (E'a\nb'), ('a] b'), (U&'\202Ex'), ('ü')`,
    );
    expect((await all({ table: 'hostile' })).map(({ at }) => at)).toEqual([
      'hostile[""]',
      String.raw`hostile["a\nb"]`,
      'hostile["a] b"]',
      'hostile["ü"]',
      String.raw`hostile["\u202ex"]`,
    ]);
  });

  test('reads 5,000 rows, each once and in order', async () => {
    await sql(
      `CREATE TABLE fleet (${definition})`,
      `INSERT INTO fleet (org_id) SELECT 'org-' || lpad(i::text, 4, '0') FROM generate_series(0, ` +
        '4999) i ORDER BY random()',
    );
    const expected = Array.from({ length: 5000 }, (_, index) => `org-${String(index).padStart(4, '0')}`);
    expect(idsOf(await all({ table: 'fleet' }))).toEqual(expected);
  });

  test('reads a view, a partitioned table, and columns of other types', async () => {
    const types = definition
      .replace('bigint', 'integer')
      .replace('org_id varchar(255) PRIMARY KEY', 'org_id uuid');
    const id = '00000000-0000-4000-8000-000000000000';
    await sql(
      `CREATE TABLE partitioned (${types}) PARTITION BY LIST (org_id)`,
      'CREATE TABLE part PARTITION OF partitioned DEFAULT',
      `INSERT INTO partitioned (org_id, metadata_store_port) VALUES ('${id}', 5432)`,
      'CREATE VIEW seen AS SELECT * FROM partitioned',
    );
    for (const table of ['partitioned', 'seen'])
      expect(await all({ table })).toMatchObject([
        { at: `${table}[${id}]`, columns: { org_id: id, metadata_store_port: '5432' } },
      ]);
  });

  test.each([
    ['Ware "Houses"', `it's; DROP TABLE warehouses --`],
    ['ünï\n', 'a.b\\"'],
  ])('reads a table whose names are hostile: %j.%j', async (schema, table) => {
    const name = `${pg.escapeIdentifier(schema)}.${pg.escapeIdentifier(table)}`;
    const create = `CREATE TABLE ${name} (${definition})`;
    await sql(
      `CREATE SCHEMA ${pg.escapeIdentifier(schema)}`,
      create,
      `INSERT INTO ${name} (org_id) VALUES ('x')`,
    );
    expect(await all({ schema, table })).toMatchObject([{ columns: { org_id: 'x' } }]);
  });
});

describe('a table with a mapping', () => {
  /** Names of up to 63 bytes, as Postgres has them. */
  const anyName = anyText
    .map((text) => text.replaceAll('\u0000', '').slice(0, 15))
    .filter((text) => text !== '' && text.isWellFormed());
  const value = fc.option(
    anyText.map((text) => text.replaceAll('\u0000', '')).filter((t) => t.isWellFormed()),
  );

  test('of random column names reads the same records as the plain table', async () => {
    const names = fc.uniqueArray(anyName, { minLength: fieldNames.length, maxLength: fieldNames.length });
    const plain = fc.record(
      Object.fromEntries(
        warehouseColumns.map((column) => [
          column,
          column === 'iceberg_enabled' ? fc.option(fc.boolean()) : value,
        ]),
      ),
    );
    const rows = fc.uniqueArray(plain, { maxLength: 4, selector: ({ org_id }) => org_id });
    let round = 0;
    await fc.assert(
      fc.asyncProperty(names, rows, async (columns, records) => {
        round += 1;
        const create = async (table: string, its: readonly string[]) => {
          const quoted = its.map((name) => pg.escapeIdentifier(name));
          const type = (i: number) => (fieldNames[i] === 'icebergEnabled' ? 'boolean' : 'text');
          await withClient(parseConnection(server.url, {}), async (client) => {
            await client.query(
              `CREATE TABLE ${table} (${quoted.map((name, i) => `${name} ${type(i)}`).join()})`,
            );
            for (const record of records)
              await client.query(
                `INSERT INTO ${table} VALUES (${its.map((_, i) => `$${i + 1}`).join()})`,
                warehouseColumns.map((column) => record[column]),
              );
          });
        };
        await create(`plain_${round}`, warehouseColumns);
        await create(`mapped_${round}`, columns);
        const mapping = sourceMapping(Object.fromEntries(fieldNames.map((field, i) => [field, columns[i]])));
        const columnsOf = (found: RawRecord[]) => found.map((one) => one.columns);
        expect(columnsOf(await all({ table: `mapped_${round}`, mapping }))).toEqual(
          columnsOf(await all({ table: `plain_${round}` })),
        );
      }),
      { numRuns: 15 },
    );
  });

  test('reads a table of tenants: what is not there is a constant, or unset', async () => {
    await sql(
      'CREATE TABLE tenants (id uuid PRIMARY KEY, plan text, bucket text)',
      `INSERT INTO tenants VALUES ('00000000-0000-4000-8000-00000000000a', 'paid', 'lake-a')`,
    );
    const mapping = sourceMapping({
      org: 'id',
      icebergEnabled: { constant: true },
      metadataStoreKind: { constant: "it's" },
      dataStoreBucket: 'bucket',
    });
    const [found] = await all({ table: 'tenants', mapping });
    const tenants = { schema: 'public', table: 'tenants' };
    expect(await readColumns(parseConnection(server.url, {}), tenants)).toEqual(['id', 'plan', 'bucket']);
    expect(found).toEqual({
      at: 'tenants[00000000-0000-4000-8000-00000000000a]',
      columns: {
        org_id: '00000000-0000-4000-8000-00000000000a',
        state: 'ready',
        iceberg_enabled: true,
        metadata_store_kind: "it's",
        data_store_bucket_name: 'lake-a',
      },
      names: { org_id: 'id', data_store_bucket_name: 'bucket' },
    });
    expect(
      await refusal({ table: 'tenants', mapping: sourceMapping({ dataStoreBucket: 'bukket' }) }),
    ).toMatch(
      /does not fit table public\.tenants in database .*, which has the columns id, plan, bucket:\n.*org: is missing.*\n/,
    );
  });

  test('reads the table of duckgres after the migration that dropped its Iceberg columns', async () => {
    const dropped = warehouseColumns.filter((column) => column.startsWith('iceberg_'));
    await sql(
      `CREATE TABLE after_migration (${definition})`,
      `INSERT INTO after_migration (org_id, state) VALUES ('acme', 'ready')`,
      `ALTER TABLE after_migration ${dropped.map((column) => `DROP ${column}`).join(', ')}`,
    );
    const mapping = sourceMapping({ extends: 'duckgres', icebergEnabled: { constant: true } });
    expect(await all({ table: 'after_migration', mapping })).toMatchObject([
      { columns: { org_id: 'acme', state: 'ready', iceberg_enabled: true } },
    ]);
    expect(await refusal({ table: 'after_migration' })).toContain('duckgres dropped its iceberg_* columns');
  });
});

test('init writes the mapping of a table, with which it is read', async () => {
  await sql(
    'CREATE SCHEMA app',
    'CREATE TABLE app.tenants (id text PRIMARY KEY, "plan" text, bucket_name text)',
    `INSERT INTO app.tenants VALUES ('acme', 'paid', 'acme-lake')`,
  );
  await withDirectory(async (directory) => {
    const flags = ['--from', 'env', '--relation', 'app.tenants', '--ci', 'none'];
    const env = { PGHOST: server.host, PGPORT: String(server.port), PGUSER: 'postgres' };
    const its = { cwd: directory, env: { ...env, PGDATABASE: server.database, PGPASSWORD: server.password } };
    const started = await lakekeeperGitops(['init', '.', ...flags], its);
    expect(started).toMatchObject({ code: 0, stderr: '' });
    const settings = parse(await readFile(join(directory, 'platform.yaml'), 'utf8'));
    expect(settings).toMatchObject({
      source: { relation: 'app.tenants', mapping: { org: 'id', dataStoreBucket: 'bucket_name' } },
      registration: { record: { table: { url: { name: 'warehouse-database' } } } },
    });
    const mapping = sourceMapping(settings.source.mapping);
    expect(await all({ schema: 'app', table: 'tenants', mapping })).toMatchObject([
      { columns: { org_id: 'acme', iceberg_enabled: true, data_store_bucket_name: 'acme-lake' } },
    ]);
  });
});

describe('the transaction', () => {
  test('is read only, and one snapshot', async () => {
    // A function in a view is the only code of ours that runs inside it.
    await sql(
      `CREATE FUNCTION modes() RETURNS text LANGUAGE sql AS $$
         SELECT current_setting('transaction_read_only') || ' ' || current_setting('transaction_isolation') $$`,
      'CREATE VIEW watched AS SELECT (to_jsonb(w) || jsonb_build_object($$state$$, modes())) AS r FROM warehouses w',
      `CREATE VIEW modes AS SELECT w.* FROM watched, jsonb_populate_record(NULL::warehouses, r) w`,
    );
    const [record] = await all({ table: 'modes' });
    expect(record?.columns).toMatchObject({ state: 'on repeatable read' });
  });

  test('cannot write, even when the view tries to', async () => {
    await sql(
      'CREATE TABLE written (i int)',
      `CREATE FUNCTION write() RETURNS varchar LANGUAGE sql AS 'INSERT INTO written VALUES (1) RETURNING i::varchar'`,
      'CREATE VIEW writing AS SELECT ' +
        `${warehouseColumns.map((c) => (c === 'state' ? 'write() AS state' : c)).join(', ')} FROM ` +
        'warehouses',
    );
    await expect(all({ table: 'writing' })).rejects.toMatchObject({
      message: expect.stringContaining('while reading table public.writing in database 127.0.0.1:'),
      cause: { code: '25006' },
    });
  });

  test('has ended with its connection before the first row is taken', async () => {
    const name = 'has ended';
    const backends = async (): Promise<unknown[] | undefined> =>
      (await sql(`SELECT state, query FROM pg_stat_activity WHERE application_name = '${name}'`))[0]?.rows;
    for await (const _ of read({ table: 'fleet', application: name })) {
      await vi.waitFor(async () => expect(await backends()).toEqual([]), 30_000);
      break;
    }
    // Said goodbye: the server counts the connections that were just dropped.
    const abandoned = 'SELECT sum(sessions_abandoned)::int AS count FROM pg_stat_database';
    expect((await sql(abandoned))[0]?.rows).toEqual([{ count: 0 }]);
  });

  test('is a transient error when the server ends it', async () => {
    await sql('CREATE VIEW slow AS SELECT w.* FROM warehouses w, (SELECT pg_sleep(60) OFFSET 0) AS pause');
    const reading = all({ table: 'slow', application: 'terminated' }).catch((reason: unknown) => reason);
    // The server keeps only the first 1,024 bytes of a statement, without the name of the view.
    const terminate = `SELECT pg_terminate_backend(pid, 5000) AS done FROM pg_stat_activity
                       WHERE application_name = 'terminated' AND query LIKE '%iceberg_state%' AND state = 'active'`;
    await vi.waitFor(async () => expect((await sql(terminate))[0]?.rows).toEqual([{ done: true }]), 30_000);
    const error = await reading;
    expect(error).not.toBeInstanceOf(UsageError);
    expect(explain(error)).toContain('because: terminating connection due to administrator command');
  });

  const tooLate =
    /while reading table public\.warehouses in .*: there was no answer within 0\.5 s; look for a lock/;

  test('waits for a lock on the table no longer than the time limit', async () => {
    await withClient(parseConnection(server.url, {}), async (client) => {
      await client.query('BEGIN; LOCK TABLE warehouses IN ACCESS EXCLUSIVE MODE');
      const error: unknown = await all({ answerTimeoutMs: 500 }).catch((reason: unknown) => reason);
      expect(error).not.toBeInstanceOf(UsageError);
      expect(explain(error)).toMatch(tooLate);
      expect(explain(error)).toContain('because: canceling statement due to statement timeout');
    });
  });

  test('waits for a server that sends nothing no longer than the time limit', async () => {
    const isLastAnswer = ({ stage, what }: Crossing) => stage === 'answer' && /^SELECT "org_id"/.test(what);
    await using proxy = await startPostgresProxy({ host: server.host, port: server.port }, (crossing) =>
      isLastAnswer(crossing) ? 'hold' : 'pass',
    );
    const url = server.url.replace(`:${server.port}/`, `:${proxy.port}/`);
    const connection = parseConnection(`${url}?sslmode=disable`, {});
    const reading = readPostgres({ connection, schema: 'public', table: 'warehouses', answerTimeoutMs: 500 });
    const error: unknown = await reading.next().catch((reason: unknown) => reason);
    expect(error).not.toBeInstanceOf(UsageError);
    expect(explain(error)).toMatch(tooLate);
  });

  test('ends when the reader fails', async () => {
    const failing = async (): Promise<void> => {
      for await (const _ of read({ application: 'failing' })) throw new Error('mine');
    };
    await expect(failing()).rejects.toThrow('mine');
    const count = `SELECT FROM pg_stat_activity WHERE application_name = 'failing'`;
    await vi.waitFor(async () => expect((await sql(count))[0]?.rowCount).toBe(0), 30_000);
  });
});

describe('what is missing', () => {
  test('of a missing table the error names its database and columns, and tables like it', async () => {
    await sql('CREATE SCHEMA other', `CREATE TABLE other.warehouse (${definition})`);
    const message = await refusal({ table: 'Warehouse' });
    expect(message).toMatch(
      /^there is no table public\.Warehouse in database .*\/postgres as postgres: expected a table or view/,
    );
    expect(message).toContain('org_id varchar(255), state varchar(32), iceberg_enabled boolean, ');
    expect(message).toContain('did you mean other.warehouse, or public.warehouses?');
    expect(await refusal({ table: 'warehousez' })).toMatch(
      /did you mean public\.warehouses, or other\.warehouse\?$/,
    );
    expect(await refusal({ table: 'nothing_like_it_anywhere' })).not.toContain('did you mean');
  });

  test('missing columns are all named in one error, with their types', async () => {
    await sql(
      `CREATE TABLE narrow (${definition})`,
      'ALTER TABLE narrow DROP iceberg_backend, DROP metadata_store_port, DROP data_store_region',
    );
    expect(await refusal({ table: 'narrow' })).toMatch(
      /^table public\.narrow in database .* lacks the columns iceberg_backend varchar\(32\), metadata_store_port bigint, data_store_region varchar\(64\) \(duckgres dropped/,
    );
  });

  test.each([
    ['the rows', 'narrow_record'],
    ['another table', 'beside'],
  ])('a column of the record that %s lack is named by its own setting', async (_, table) => {
    await sql(
      'CREATE TABLE IF NOT EXISTS narrow_record (id text PRIMARY KEY, endpoint text, state text)',
      'CREATE TABLE IF NOT EXISTS beside (id text PRIMARY KEY, endpoint text, state text)',
    );
    const mapping = { org: 'id', icebergEnabled: { constant: true } } as const;
    const rows = { schema: 'public', table: 'narrow_record', mapping };
    const columns = { catalogEndpoint: 'endpoynt', catalogState: 'state' };
    const record = recordTable({ schema: 'public', table, columns, source: rows });
    const message = await refusal({ table: rows.table, mapping: sourceMapping(mapping), record });
    expect(message).toMatch(
      /^registration\.record does not fit table public\.\w+ in .*, which has the columns id, endpoint, state:\n/,
    );
    expect(message.split('\n').slice(1)).toEqual([
      '  registration.record.warehouseDatabase.columns.catalogEndpoint: there is no column endpoynt; ' +
        'did you mean endpoint?',
    ]);
  });

  test('of a missing right to read the error has the statements that grant it, and they work', async () => {
    const user = 'plain_reader';
    await sql(
      `CREATE ROLE ${user} LOGIN PASSWORD '${server.password}'`,
      'CREATE SCHEMA closed',
      `CREATE TABLE closed.warehouses (${definition})`,
      `INSERT INTO closed.warehouses (org_id) VALUES ('x')`,
    );
    const message = await refusal({ schema: 'closed', user });
    const grants = /run (GRANT .*;)\n {2}because: permission denied for schema closed$/.exec(message)?.[1];
    expect(grants).toBe(
      'GRANT USAGE ON SCHEMA "closed" TO "plain_reader"; GRANT SELECT ON "closed"."warehouses" TO "plain_reader";',
    );
    await sql('GRANT USAGE ON SCHEMA closed TO plain_reader');
    expect(await refusal({ schema: 'closed', user })).toContain('permission denied for table warehouses');
    await sql(String(grants));
    expect(idsOf(await all({ schema: 'closed', user }))).toEqual(['x']);
  });
});
