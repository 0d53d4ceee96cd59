import { readFile } from 'node:fs/promises';
import fc from 'fast-check';
import pg from 'pg';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { deriveFleet } from '../../../src/catalog/fleet.ts';
import { recordBesideRows, recordTableOf } from '../../../src/catalog/record-target.ts';
import { decode, encode, registrationInputs } from '../../../src/catalog/registration-inputs.ts';
import { parseConnection } from '../../../src/clients/postgres/connection.ts';
import type { RawRecord } from '../../../src/mapping/raw-record.ts';
import { recordColumns, recordFieldNames } from '../../../src/mapping/record-columns.ts';
import { type RecordTable, recordTable, type TableTarget } from '../../../src/mapping/record-table.ts';
import { relationOf } from '../../../src/mapping/relation.ts';
import { sourceMapping } from '../../../src/mapping/source-mapping.ts';
import { readRecorded } from '../../../src/recorded/read-recorded.ts';
import { recordFailure, recordSuccess } from '../../../src/registration/row/apply.ts';
import { grants } from '../../../src/registration/row/grants.ts';
import { fitted, readRecords, readRow } from '../../../src/registration/row/observe.ts';
import {
  isRegisteredRecord,
  isUpToDate,
  messagePrefix,
  reasonToStop,
} from '../../../src/registration/row/plan.ts';
import { recordOfRegistration } from '../../../src/registration/row/registration-record.ts';
import { readPostgres } from '../../../src/source/postgres.ts';
import { type ParsedRecord, parseWarehouseRecord } from '../../../src/source/warehouse-record.ts';
import { attachment } from '../../../src/worker/attach/attachment.ts';
import { findRecord } from '../../../src/worker/attach/find-record.ts';
import { anyText } from '../../support/arbitrary.ts';
import { type EmbeddedPostgres, startPostgres } from '../../support/embedded-postgres.ts';
import { catalog, platform, type SettingsOverrides } from '../../support/fleet.ts';
import { startKubernetesStandIn } from '../../support/kubernetes-stand-in.ts';
import { withKubeconfig } from '../../support/listed-cluster.ts';

const table = recordTable({ schema: 'public', table: 'duckgres_managed_warehouses' });
let postgres: EmbeddedPostgres;
let owner: pg.Client;
/** Logs in with the least rights, exactly as `grants` prints them. */
let job: pg.Client;

beforeAll(async () => {
  postgres = await startPostgres();
  owner = new pg.Client(postgres.url);
  await owner.connect();
  await owner.query(await readFile('examples/fleet/warehouses.sql', 'utf8'));
  await owner.query(`CREATE ROLE "the ""job""" LOGIN PASSWORD 'x'`);
  await owner.query(grants(table, 'the "job"'));
  job = new pg.Client({
    host: postgres.host,
    port: postgres.port,
    database: postgres.database,
    user: 'the "job"',
    password: 'x',
  });
  await job.connect();
});
afterAll(async () => {
  await job.end();
  await owner.end();
  await postgres.stop();
});
beforeEach(async () => {
  await owner.query(`TRUNCATE duckgres_managed_warehouses`);
  await owner.query(
    'INSERT INTO duckgres_managed_warehouses (org_id, state, iceberg_enabled, duckling_name, ' +
      `updated_at) VALUES ('acme', 'ready', true, 'acme', '2000-01-01'), ('other', 'ready', true, ` +
      `'other', '2000-01-01')`,
  );
});

const recordFor = (settings: SettingsOverrides = {}) => {
  const parsed = platform(settings);
  return recordOfRegistration(registrationInputs(catalog('acme', parsed), parsed));
};
const row = async (org = 'acme') =>
  (await owner.query('SELECT * FROM duckgres_managed_warehouses WHERE org_id = $1', [org])).rows[0];
const touched = async (org = 'acme') => (await row(org)).updated_at.getUTCFullYear() !== 2000;

describe('success', () => {
  test('writes the columns and values that the control plane expects', async () => {
    expect(await recordSuccess(job, table, 'acme', recordFor())).toBe('updated');
    expect(await row()).toMatchObject(recordFor());
    expect(await touched()).toBe(true);
    expect(await touched('other')).toBe(false);
  });

  test('twice writes once: updated_at moves only when something differs', async () => {
    await recordSuccess(job, table, 'acme', recordFor());
    await owner.query(`UPDATE duckgres_managed_warehouses SET updated_at = '2000-01-01'`);
    expect(await recordSuccess(job, table, 'acme', recordFor())).toBe('unchanged');
    expect(await touched()).toBe(false);
  });

  test.each(recordColumns)('puts %s right when it drifted', async (column) => {
    await recordSuccess(job, table, 'acme', recordFor());
    const right = (await row())[column];
    await owner.query(
      `UPDATE duckgres_managed_warehouses SET ${column} = ${column === 'iceberg_backend' ? "''" : "'drifted'"}`,
    );
    expect(await recordSuccess(job, table, 'acme', recordFor())).toBe('updated');
    expect((await row())[column]).toBe(right);
  });

  test('clears the token endpoint when authentication is off again', async () => {
    const cluster = { mode: 'openID', issuer: 'cluster', providerURI: 'https://oidc.example.com' } as const;
    await recordSuccess(job, table, 'acme', recordFor({ authentication: cluster }));
    expect((await row()).iceberg_lakekeeper_o_auth2_server_uri).toBe('http://127.0.0.1:9876/token');
    await recordSuccess(job, table, 'acme', recordFor());
    expect((await row()).iceberg_lakekeeper_o_auth2_server_uri).toBe('');
  });

  // Incident 6: a compare-and-set on the state silently lost the update.
  test.each(['pending', 'provisioning', 'failed', null])(
    'is written whatever the state has become (%s)',
    async (state) => {
      await owner.query('UPDATE duckgres_managed_warehouses SET state = $1', [state]);
      expect(await recordSuccess(job, table, 'acme', recordFor())).toBe('updated');
    },
  );

  test.each([
    ['was disabled', 'iceberg_enabled = false'],
    ['is of another backend', "iceberg_backend = 's3tables'"],
    ['is being deleted', "state = 'deleting'"],
    ['was deleted', "state = 'deleted'"],
    ['is of another org', "org_id = 'gone'"],
  ])('is not written into a row that %s in the meantime', async (_, change) => {
    await owner.query(`UPDATE duckgres_managed_warehouses SET ${change} WHERE org_id = 'acme'`);
    const before = (await owner.query('SELECT * FROM duckgres_managed_warehouses ORDER BY org_id')).rows;
    expect(await recordSuccess(job, table, 'acme', recordFor())).toBe('closed');
    expect(await recordFailure(job, table, 'acme', { state: 'failed', message: 'x' })).toBe('closed');
    expect((await owner.query('SELECT * FROM duckgres_managed_warehouses ORDER BY org_id')).rows).toEqual(
      before,
    );
  });
});

describe('failure', () => {
  test('writes state and message, once', async () => {
    const failure = { state: 'failed', message: 'the migration failed' } as const;
    expect(await recordFailure(job, table, 'acme', failure)).toBe('updated');
    expect(await row()).toMatchObject({
      iceberg_state: 'failed',
      status_message: 'lakekeeper-gitops: the migration failed',
      state: 'ready',
    });
    expect(await recordFailure(job, table, 'acme', failure)).toBe('unchanged');
  });

  test.each(['provisioning', 'failed'] as const)(
    'leaves a registered org ready, with the message, when it is %s; one that never was is that',
    async (state) => {
      await recordSuccess(job, table, 'acme', recordFor());
      const failure = { state, message: 'no answer' };
      expect(await recordFailure(job, table, 'acme', failure)).toBe('updated');
      const message = 'lakekeeper-gitops: no answer';
      expect(await row()).toMatchObject({ iceberg_state: 'ready', status_message: message });
      expect(await recordFailure(job, table, 'acme', failure)).toBe('unchanged');
      await owner.query('UPDATE duckgres_managed_warehouses SET iceberg_lakekeeper_endpoint = NULL');
      await recordFailure(job, table, 'acme', failure);
      expect(await row()).toMatchObject({ iceberg_state: state, status_message: message });
    },
  );

  test('is cut to what the column holds', async () => {
    await recordFailure(job, table, 'acme', { state: 'provisioning', message: '🦆'.repeat(2000) });
    expect([...(await row()).status_message]).toHaveLength(1024);
  });

  test('is over with the next success; what the control plane wrote stays', async () => {
    await recordFailure(job, table, 'acme', { state: 'failed', message: 'x' });
    await recordSuccess(job, table, 'acme', recordFor());
    expect(await row()).toMatchObject({ iceberg_state: 'ready', status_message: null });
    await owner.query(`UPDATE duckgres_managed_warehouses SET status_message = 'of the control plane'`);
    expect(await recordSuccess(job, table, 'acme', recordFor())).toBe('unchanged');
  });
});

test('reads the row again, as rendering would; a row that is gone is undefined', async () => {
  const raw = (await readRow(job, table, 'acme'))?.row;
  expect(raw && parseWarehouseRecord(raw)).toMatchObject({
    ok: true,
    record: { org: 'acme', icebergEnabled: true, state: 'ready' },
  });
  expect(await readRow(job, table, "x' OR true --")).toBeUndefined();
});

/** Logs in with what `grants` prints for the table, and nothing else. */
async function asJob<T>(target: TableTarget, work: (client: pg.Client, table: RecordTable) => Promise<T>) {
  const its = recordTable(target);
  await owner.query('DROP OWNED BY job; DROP ROLE job').catch(() => undefined);
  await owner.query(`CREATE ROLE job LOGIN PASSWORD 'x'`);
  await owner.query(grants(its, 'job'));
  const { host, port, database } = postgres;
  const client = new pg.Client({ host, port, database, user: 'job', password: 'x' });
  await client.connect();
  try {
    return await work(client, its);
  } finally {
    await client.end();
  }
}

const id = '00000000-0000-4000-8000-00000000000a';
const failure = { state: 'failed', message: 'the migration failed' } as const;

describe('in the columns of another table', () => {
  const target: TableTarget = {
    schema: 'public',
    table: 'tenants',
    columns: { catalogEndpoint: 'lake url', catalogState: 'lake_state', message: 'note' },
    source: {
      schema: 'public',
      table: 'tenants',
      mapping: { org: 'id', state: 'state', icebergEnabled: { constant: true } },
    },
    notify: 'lake "changes"',
  };
  const tenant = async () => (await owner.query('SELECT * FROM tenants')).rows[0];

  beforeEach(async () => {
    await owner.query(`DROP TABLE IF EXISTS tenants CASCADE;
      CREATE TABLE tenants (id uuid PRIMARY KEY, state text, plan text, "lake url" varchar(512), lake_state text,
        note text);
      INSERT INTO tenants (id, state, plan) VALUES ('${id}', 'ready', 'paid')`);
  });

  test('writes those that are mapped, once, and notifies of the org', async () => {
    const told: unknown[] = [];
    owner.on('notification', ({ channel, payload }) => told.push([channel, payload]));
    await owner.query('LISTEN "lake ""changes"""');
    await asJob(target, async (client, its) => {
      expect(await recordSuccess(client, its, id, recordFor())).toBe('updated');
      expect(await recordSuccess(client, its, id, recordFor())).toBe('unchanged');
      const read = await readRow(client, its, id);
      expect(read && isUpToDate(read, recordFor())).toBe(true);
      expect(read && isRegisteredRecord(read.record)).toBe(true);
      expect(read?.row && parseWarehouseRecord(read.row)).toMatchObject({
        ok: true,
        record: { org: id, icebergEnabled: true },
      });
    });
    expect(await tenant()).toEqual({
      id,
      state: 'ready',
      plan: 'paid',
      'lake url': 'http://lakekeeper-acme.lakekeeper.svc:8181/catalog',
      lake_state: 'ready',
      note: null,
    });
    await owner.query('UNLISTEN *');
    expect(told).toEqual([['lake "changes"', id]]);
  });

  test('a failure is written, and over with the next success', async () => {
    await asJob(target, async (client, its) => {
      expect(await recordFailure(client, its, id, failure)).toBe('updated');
      expect(await recordFailure(client, its, id, failure)).toBe('unchanged');
      expect(await tenant()).toMatchObject({
        lake_state: 'failed',
        note: `${messagePrefix}the migration failed`,
      });
      await recordSuccess(client, its, id, recordFor());
      expect(await tenant()).toMatchObject({ lake_state: 'ready', note: null });
      await recordFailure(client, its, id, failure);
      expect(await tenant()).toMatchObject({
        lake_state: 'ready',
        note: `${messagePrefix}the migration failed`,
      });
    });
  });

  test.each([
    ['left', `UPDATE tenants SET state = 'deleting'`],
    ['is gone', 'DELETE FROM tenants'],
  ])('nothing is written for an org that %s in the meantime', async (_, change) => {
    await owner.query(change);
    const before = await tenant();
    await asJob(target, async (client, its) => {
      expect(await recordSuccess(client, its, id, recordFor())).toBe('closed');
      expect(await recordFailure(client, its, id, failure)).toBe('closed');
    });
    expect(await tenant()).toEqual(before);
  });

  test('of rows that are in a view, the table behind it is written', async () => {
    await owner.query(`CREATE VIEW paying AS SELECT id AS org, state FROM tenants WHERE plan = 'paid'`);
    const { notify: _, ...rest } = target;
    const behind: TableTarget = {
      ...rest,
      columns: { ...target.columns, org: 'id' },
      source: {
        schema: 'public',
        table: 'paying',
        mapping: { org: 'org', icebergEnabled: { constant: true } },
      },
    };
    await asJob(behind, async (client, its) => {
      expect(await recordSuccess(client, its, id, recordFor())).toBe('updated');
      expect(
        isUpToDate((await readRow(client, its, id)) ?? { row: undefined, record: {} }, recordFor()),
      ).toBe(true);
      await owner.query(`UPDATE tenants SET plan = 'free', "lake url" = 'old'`);
      expect(await recordSuccess(client, its, id, recordFor())).toBe('closed');
      expect(await readRow(client, its, id)).toBeUndefined();
    });
    expect(await tenant()).toMatchObject({ 'lake url': 'old' });
  });

  test('any columns with any names: what was written is what is read back', async () => {
    const anyColumns = fc
      .tuple(
        fc.subarray(recordFieldNames, { minLength: 1 }),
        fc.uniqueArray(
          anyText
            .map((text) => text.replaceAll('\u0000', '').slice(0, 15))
            .filter((text) => text !== '' && text.isWellFormed()),
          { minLength: recordFieldNames.length, maxLength: recordFieldNames.length },
        ),
      )
      .map(([fields, names]) => Object.fromEntries(fields.map((field, i) => [field, names[i] ?? field])));
    let round = 0;
    await fc.assert(
      fc.asyncProperty(anyColumns, async (columns) => {
        const table = `any_${++round}`;
        const definition = Object.entries(columns).map(
          ([field, name]) => `${pg.escapeIdentifier(name)} ${field === 'updatedAt' ? 'timestamptz' : 'text'}`,
        );
        await owner.query(`CREATE TABLE ${table} ("the org" text PRIMARY KEY, ${definition.join()})`);
        await owner.query(`INSERT INTO ${table} ("the org") VALUES ('acme')`);
        const mapping = { org: 'the org', icebergEnabled: { constant: true } };
        const its = { schema: 'public', table, columns, source: { schema: 'public', table, mapping } };
        await asJob(its, async (client, resolved) => {
          const isWritten = Object.keys(columns).some(
            (field) => field !== 'message' && field !== 'updatedAt',
          );
          expect(await recordSuccess(client, resolved, 'acme', recordFor())).toBe(
            isWritten ? 'updated' : 'unchanged',
          );
          const read = await readRow(client, resolved, 'acme');
          expect(read && isUpToDate(read, recordFor())).toBe(true);
          expect(await recordSuccess(client, resolved, 'acme', recordFor())).toBe('unchanged');
        });
        await owner.query(`DROP TABLE ${table}`);
      }),
      { numRuns: 15 },
    );
  });
});

describe('in a table of our own', () => {
  const target: TableTarget = {
    schema: 'lake',
    table: 'lakekeeper_catalogs',
    isOwn: true,
    source: { schema: 'public', table: 'duckgres_managed_warehouses', mapping: 'duckgres' },
    notify: 'lake',
  };
  const own = async () => (await owner.query('SELECT * FROM lake.lakekeeper_catalogs ORDER BY org')).rows;
  beforeEach(async () => {
    await owner.query('DROP SCHEMA IF EXISTS lake CASCADE; CREATE SCHEMA lake');
  });

  test('an org gets a row, which is written only when something differs', async () => {
    await asJob(target, async (client, its) => {
      expect((await readRow(client, its, 'acme'))?.record).toMatchObject({ iceberg_state: null });
      expect(await recordSuccess(client, its, 'acme', recordFor())).toBe('updated');
      const [first] = await own();
      expect(first).toMatchObject({
        org: 'acme',
        endpoint: 'http://lakekeeper-acme.lakekeeper.svc:8181/catalog',
        warehouse: 'org-acme',
        client_id: 'duckling-acme',
        token_endpoint: '',
        secret_namespace: 'lakekeeper',
        secret_name: 'lakekeeper-acme',
        secret_key: 'oauth2-client-secret',
        region: 'eu-central-1',
        state: 'ready',
        message: null,
      });
      expect(await recordSuccess(client, its, 'acme', recordFor())).toBe('unchanged');
      expect(await own()).toEqual([first]);
      expect(await recordFailure(client, its, 'acme', failure)).toBe('updated');
      expect(await own()).toMatchObject([
        { state: 'ready', message: `${messagePrefix}the migration failed` },
      ]);
      const read = await readRow(client, its, 'acme');
      expect(read && [isRegisteredRecord(read.record), isUpToDate(read, recordFor())]).toEqual([true, false]);
      expect(await recordSuccess(client, its, 'acme', recordFor())).toBe('updated');
      expect(await own()).toMatchObject([{ state: 'ready', message: null, created_at: first.created_at }]);
      expect([...(await readRecords(client, its)).keys()]).toEqual(['acme']);
    });
  });

  test('a first failure is a row too, and none where another run has registered the org since', async () => {
    await asJob(target, async (client, its) => {
      expect(await recordFailure(client, its, 'acme', failure, false)).toBe('updated');
      expect(await own()).toMatchObject([{ org: 'acme', state: 'failed', endpoint: null }]);
      await recordSuccess(client, its, 'acme', recordFor());
      expect(await recordFailure(client, its, 'acme', failure, false)).toBe('unchanged');
    });
  });

  test('an org that left gets no row', async () => {
    await owner.query('UPDATE duckgres_managed_warehouses SET iceberg_enabled = false');
    await asJob(target, async (client, its) => {
      expect(await recordSuccess(client, its, 'acme', recordFor())).toBe('closed');
      expect(await recordFailure(client, its, 'acme', failure)).toBe('closed');
    });
    expect(await own()).toEqual([]);
  });

  test('in another database than the rows, it needs no right to them', async () => {
    await asJob({ ...target, source: 'elsewhere' }, async (client, its) => {
      expect(await recordSuccess(client, its, 'any org', recordFor())).toBe('updated');
      expect(await readRow(client, its, 'any org')).toMatchObject({
        row: undefined,
        record: { iceberg_state: 'ready' },
      });
      await expect(client.query('SELECT org_id FROM duckgres_managed_warehouses')).rejects.toThrow(/denied/);
      await expect(client.query('DELETE FROM lake.lakekeeper_catalogs')).rejects.toThrow(/denied/);
    });
  });

  test('in another database, it is read back from there: by its URL, or by the Secret that the Jobs read', async () => {
    const url = { namespace: 'lakekeeper', name: 'database', key: 'url' };
    const own = { url, schema: 'lake', sameDatabase: false };
    const settings = platform({ registration: { record: { table: own } } });
    await asJob({ ...target, source: 'elsewhere' }, (client, its) =>
      recordSuccess(client, its, 'acme', recordFor()),
    );
    const byOrg = await readRecorded(postgres.url, settings);
    expect(byOrg.get('acme')).toMatchObject({
      iceberg_state: 'ready',
      iceberg_lakekeeper_warehouse: 'org-acme',
    });
    await using cluster = await startKubernetesStandIn();
    const data = { url: Buffer.from(postgres.url).toString('base64') };
    cluster.put('secrets', { metadata: { namespace: 'lakekeeper', name: 'database' }, data });
    await withKubeconfig(cluster.server, 'admin-token', async () =>
      expect(await readRecorded('cluster', settings)).toEqual(byOrg),
    );
  });

  test('rendering reads back what was recorded, and registered orgs first', async () => {
    await asJob(target, (client, its) => recordSuccess(client, its, 'other', recordFor()));
    const connection = parseConnection(postgres.url, {});
    const records: RawRecord[] = [];
    const source = { connection, schema: 'public', table: 'duckgres_managed_warehouses' };
    const mapping = sourceMapping({ org: 'org_id', icebergEnabled: 'iceberg_enabled' });
    for await (const one of readPostgres({ ...source, mapping, record: recordTable(target) }))
      records.push(one);
    expect(records).toMatchObject([
      {
        columns: { org_id: 'other', iceberg_lakekeeper_warehouse: 'org-acme' },
        names: { iceberg_lakekeeper_endpoint: 'lakekeeper_catalogs.endpoint' },
      },
      { columns: { org_id: 'acme', iceberg_lakekeeper_warehouse: null } },
    ]);
    expect(records[0]?.columns).toMatchObject({ iceberg_state: 'ready' });
    await owner.query('DROP TABLE lake.lakekeeper_catalogs');
    const reading = readPostgres({ ...source, mapping, record: recordTable(target) }).next();
    await expect(reading).rejects.toThrow(
      /registration\.record: there is no table lake\.lakekeeper_catalogs in .*grants prints its definition/,
    );
  });
});

describe('the rights that are granted', () => {
  test.each([
    'DELETE FROM duckgres_managed_warehouses',
    "INSERT INTO duckgres_managed_warehouses (org_id, duckling_name) VALUES ('x', 'x')",
    "UPDATE duckgres_managed_warehouses SET state = 'deleted'",
    'UPDATE duckgres_managed_warehouses SET iceberg_enabled = false',
    'SELECT metadata_store_password_aws_secret FROM duckgres_managed_warehouses',
    'CREATE TABLE x ()',
  ])('are not enough to %s', async (statement) => {
    await expect(job.query(statement)).rejects.toThrow(/permission denied/);
  });
});

/** The worked examples of the document: by heading, the SQL of a control plane, and the settings for it. */
const document = await readFile('docs/control-planes.md', 'utf8');
const examples = [...document.matchAll(/^## (.*)\n([\s\S]*?)(?=^## |$(?![\s\S]))/gm)].flatMap(
  ([, title = '', text = '']) => {
    const [, sql] = /^```sql\n([\s\S]*?)^```$/m.exec(text) ?? [];
    const [, yaml] = /^```yaml\n([\s\S]*?)^```$/m.exec(text) ?? [];
    return sql === undefined || yaml === undefined ? [] : [[title, sql, yaml] as const];
  },
);

test('the document has an example of each kind', () => {
  expect(examples.map(([title]) => title)).toEqual([
    'A table of tenants',
    'duckgres',
    'duckgres after its migration 14',
  ]);
});

test.each(examples)(
  'the example "%s": acme is rendered, recorded, and read back',
  async (role, sql, yaml) => {
    const database = 'example';
    await owner.query(`DROP DATABASE IF EXISTS ${database}`);
    await owner.query(`CREATE DATABASE ${database}`);
    const url = postgres.url.replace(/\/[^/]*$/, `/${database}`);
    const settings = platform(parse(yaml) as SettingsOverrides);
    const mapping = sourceMapping(settings.source.mapping);
    const fleet = async () => {
      const rows = readPostgres({
        connection: parseConnection(url, {}),
        mapping,
        record: recordBesideRows(settings),
        ...relationOf(settings.source.relation),
      });
      const records: ParsedRecord[] = [];
      for await (const row of rows) records.push(parseWarehouseRecord(row));
      return deriveFleet(records, settings, new Map());
    };
    const client = new pg.Client(url);
    await client.connect();
    try {
      await client.query(sql);
      const table = recordTable(recordTableOf(settings));
      await client.query(`CREATE ROLE ${pg.escapeIdentifier(role)}`);
      await client.query(grants(table, role));
      const { catalogs, rejected } = await fleet();
      expect([catalogs.map(({ org }) => org), rejected]).toEqual([['acme'], []]);
      const [acme] = catalogs.map((one) => registrationInputs(one, settings));
      if (acme === undefined || !('warehouseDatabase' in acme.record.target)) throw new Error('no table');
      const target = recordTable(
        (decode(encode(acme)).record.target as typeof acme.record.target).warehouseDatabase,
      );
      await client.query(`SET ROLE ${pg.escapeIdentifier(role)}`);
      const its = await fitted(client, target);
      const read = await readRow(client, its, 'acme');
      expect(reasonToStop(read?.row)).toBeUndefined();
      expect(await recordSuccess(client, its, 'acme', recordOfRegistration(acme))).toBe('updated');
      const again = await readRow(client, its, 'acme');
      expect(again && isUpToDate(again, recordOfRegistration(acme))).toBe(true);
      await client.query('RESET ROLE');
      const records = readPostgres({
        connection: parseConnection(url, {}),
        mapping,
        record: recordBesideRows(settings),
        ...relationOf(settings.source.relation),
      });
      const found = await findRecord(records, 'acme');
      expect(attachment(found, settings)).toMatchObject({
        catalogEndpoint: acme.catalog.catalogEndpoint,
        lakekeeperWarehouse: 'org-acme',
      });
    } finally {
      await client.end();
    }
  },
);
