import { expect, test } from 'vitest';
import { deriveCatalog } from '../../src/catalog/derive.ts';
import { originOf } from '../../src/catalog/origin.ts';
import { type WarehouseColumn, warehouseColumns } from '../../src/source/raw-record.ts';
import { ducklings, platform, record } from '../support/fleet.ts';

const settings = platform();
const duckling = (s3Region: string) =>
  ducklings({
    kind: 'Duckling',
    metadata: { name: 'duckling-acme', namespace: 'ducklings' },
    status: { dataStore: { s3Region } },
  });
const derived = (columns: object, region = 'eu-west-1') =>
  deriveCatalog(record('acme', { ...columns }), settings, duckling(region));
const origin = (columns: object, region = 'eu-west-1') =>
  originOf(record('acme', { ...columns }), duckling(region));

/** Other values; those of columns that are not named are `other`. */
const others: Partial<Record<WarehouseColumn, unknown>> = {
  iceberg_enabled: false,
  iceberg_lakekeeper_endpoint: 'http://mine.lakekeeper.svc:8181/catalog',
  metadata_store_port: 6432,
  metadata_store_kind: 'cnpg-shard',
};

test.each(warehouseColumns)('if %s changes the catalog, it changes the origin', (column) => {
  const changed = { iceberg_lakekeeper_endpoint: 'http://lakekeeper-acme.lakekeeper.svc:8181/catalog' };
  const other = { ...changed, [column]: others[column] ?? 'other' };
  const isSame = JSON.stringify(derived(other)) === JSON.stringify(derived(changed));
  if (!isSame) expect(origin(other)).not.toBe(origin(changed));
  // Otherwise nothing would be compared.
  expect(isSame).toBe(noPart.includes(column));
});

/** Columns that decide whether there is a catalog, or that only registration and `attach` look at. */
const noPart: readonly WarehouseColumn[] = [
  'state',
  'iceberg_enabled',
  'iceberg_backend',
  'iceberg_lakekeeper_client_id',
  'iceberg_lakekeeper_o_auth2_server_uri',
];

test('if the Duckling changes the catalog, it changes the origin', () => {
  expect(derived({}, 'eu-west-2')).not.toEqual(derived({}));
  expect(origin({}, 'eu-west-2')).not.toBe(origin({}));
});

test('where a record stands in the source is none of its origin', () => {
  expect(originOf({ ...record('acme'), at: 'elsewhere' }, duckling('eu-west-1'))).toBe(origin({}));
});
