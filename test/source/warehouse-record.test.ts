import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseWarehouseRecord } from '../../src/source/warehouse-record.ts';
import { hostileIds, orgIds } from '../support/arbitrary.ts';

const parse = (columns: unknown) => parseWarehouseRecord({ at: 'warehouses[3]', columns });
const problems = (columns: unknown) => {
  const parsed = parse(columns);
  return parsed.ok ? [] : parsed.problems.map(({ at, message }) => `${at}: ${message}`);
};
const record = (columns: Record<string, unknown>) => {
  const parsed = parse({ org_id: 'acme', ...columns });
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
  return parsed.record;
};

test('a record with nothing but an id has the defaults of the table', () => {
  expect(record({})).toMatchObject({
    at: 'warehouses[3]',
    org: 'acme',
    state: '',
    icebergEnabled: false,
    icebergBackend: 'lakekeeper',
    dataStore: { kind: 's3bucket' },
  });
});

test('reads every column that rendering needs', () => {
  expect(
    record({
      state: 'ready',
      iceberg_enabled: true,
      iceberg_backend: 'other',
      iceberg_lakekeeper_endpoint: 'http://x.lakekeeper.svc:8181/catalog',
      iceberg_lakekeeper_warehouse: 'org-acme',
      iceberg_lakekeeper_client_id: 'duckling-acme',
      iceberg_lakekeeper_o_auth2_server_uri: 'http://127.0.0.1:9876/token',
      metadata_store_kind: 'external',
      metadata_store_endpoint: 'db.example.com',
      metadata_store_port: 6432,
      metadata_store_database_name: 'postgres',
      metadata_store_username: 'admin',
      data_store_kind: 'external',
      data_store_bucket_name: 'lake',
      data_store_region: 'eu-central-1',
      duckling_name: 'acme-1',
    }),
  ).toEqual({
    at: 'warehouses[3]',
    org: 'acme',
    state: 'ready',
    icebergEnabled: true,
    icebergBackend: 'other',
    recorded: {
      endpoint: 'http://x.lakekeeper.svc:8181/catalog',
      lakekeeperWarehouse: 'org-acme',
      oauthClientId: 'duckling-acme',
      oauthServerURI: 'http://127.0.0.1:9876/token',
    },
    metadataStore: {
      kind: 'external',
      host: 'db.example.com',
      port: 6432,
      database: 'postgres',
      user: 'admin',
    },
    dataStore: { kind: 'external', bucket: 'lake', region: 'eu-central-1' },
    ducklingName: 'acme-1',
  });
});

test('empty strings, nulls and zeros are unset, as the control plane writes them', () => {
  const unset = record({
    iceberg_backend: '',
    iceberg_lakekeeper_endpoint: '',
    metadata_store_endpoint: null,
    metadata_store_port: 0,
  });
  expect(unset.icebergBackend).toBe('lakekeeper');
  expect(unset.recorded.endpoint).toBeUndefined();
  expect(unset.metadataStore).toMatchObject({ host: undefined, port: undefined });
});

test('the region of the data store comes before the one that was written back', () => {
  expect(record({ data_store_region: 'a', iceberg_region: 'b' }).dataStore.region).toBe('a');
  expect(record({ iceberg_region: 'b' }).dataStore.region).toBe('b');
});

describe('the org id', () => {
  test.each(hostileIds)('%j is an org id like any other, kept to the letter', (org) => {
    expect(record({ org_id: org }).org).toBe(org);
  });

  test.each([
    [undefined, 'is missing; expected the id of an organisation'],
    [null, 'is missing; expected the id of an organisation'],
    ['', 'is empty; expected the id of an organisation'],
    [1000, 'is a number (1000); expected a string, in quotes'],
    [31, 'is a number (31); expected a string, in quotes'],
    [true, 'is a boolean (true); expected a string, in quotes'],
    [['a'], 'is a list; expected a string, in quotes'],
    ['\ud800', 'is not well-formed Unicode (it has half of a surrogate pair)'],
    ['🦆'.repeat(256), 'has 256 characters; expected at most 255'],
  ])('%j is refused', (org_id, message) => {
    expect(problems({ org_id })).toEqual([`warehouses[3].org_id: ${message}`]);
  });

  test('any other string of up to 255 characters is accepted', () => {
    fc.assert(fc.property(orgIds, (org) => record({ org_id: org }).org === org));
  });
});

test('all problems of a record are reported, each at its column', () => {
  expect(
    problems({
      org_id: 7,
      state: 1,
      iceberg_enabled: 'yes',
      metadata_store_port: '70000',
      data_store_bucket_name: [],
      duckling_name: {},
    }),
  ).toEqual([
    'warehouses[3].org_id: is a number (7); expected a string, in quotes',
    'warehouses[3].state: is a number; expected a string',
    'warehouses[3].iceberg_enabled: is a string; expected true or false',
    'warehouses[3].metadata_store_port: is not a port; expected a whole number from 1 to 65535',
    'warehouses[3].data_store_bucket_name: is a list; expected a string',
    'warehouses[3].duckling_name: is a mapping; expected a string',
  ]);
});

test.each([0.5, -1, 65536, '54e2', '0x50', ' 5432', 'postgres', true])(
  '%j is not a port',
  (metadata_store_port) => {
    expect(problems({ org_id: 'a', metadata_store_port })).toHaveLength(1);
  },
);

test.each([1, 65535, '5432'])(
  '%j is a port, also as the string that node-postgres makes of a bigint',
  (port) => {
    expect(record({ metadata_store_port: port }).metadataStore.port).toBe(Number(port));
  },
);

test('a rejected record has its org id and its recorded endpoint', () => {
  expect(parse({ org_id: 'acme', state: 1, iceberg_lakekeeper_endpoint: 'http://x' })).toMatchObject({
    ok: false,
    org: 'acme',
    recorded: { endpoint: 'http://x' },
  });
});

test.each([[null], ['acme'], [7], [['acme']], [undefined]])('%j is not a record', (columns) => {
  expect(problems(columns)[0]).toMatch(
    /^warehouses\[3\]: is (null|a string|a number|a list|missing); expected a mapping/,
  );
});

test('a misspelt column is refused with the one that was meant', () => {
  expect(problems({ org_id: 'a', iceberg_enable: true })).toEqual([
    'warehouses[3].iceberg_enable: is not a column; did you mean iceberg_enabled?',
  ]);
});

test('other columns of the table, and of later versions of it, are ignored', () => {
  expect(
    problems({ org_id: 'a', iceberg_state: 'ready', s3_state: 'ready', a_column_of_tomorrow: 1, image: 'x' }),
  ).toEqual([]);
});

test('parsing throws for no record', () => {
  fc.assert(
    fc.property(
      fc.dictionary(
        fc.constantFrom('org_id', 'state', 'iceberg_enabled', 'metadata_store_port', '__proto__', 'x'),
        fc.anything(),
      ),
      (columns) => {
        parse(columns);
      },
    ),
  );
});
