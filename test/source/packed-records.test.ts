import fc from 'fast-check';
import { expect, test } from 'vitest';
import { PackedRecords } from '../../src/source/packed-records.ts';
import { type ParsedRecord, parseWarehouseRecord } from '../../src/source/warehouse-record.ts';
import { orgIds } from '../support/arbitrary.ts';

const long = fc.constantFrom('x'.repeat(65_534), 'é'.repeat(65_535), 'ש'.repeat(70_000));
const text = fc.option(
  fc.oneof({ weight: 20, arbitrary: orgIds }, fc.constant(''), fc.constant('\ud800 half'), long),
  { nil: undefined },
);
const columns = fc.record({
  org_id: fc.oneof(orgIds, fc.constantFrom(undefined, 7)),
  state: text,
  iceberg_enabled: fc.constantFrom(true, false, null, 'yes'),
  iceberg_backend: text,
  iceberg_region: text,
  iceberg_lakekeeper_endpoint: text,
  iceberg_lakekeeper_warehouse: text,
  metadata_store_kind: text,
  metadata_store_endpoint: text,
  metadata_store_port: fc.constantFrom(undefined, 0, 5432, '6432', 'x'),
  metadata_store_database_name: text,
  metadata_store_username: text,
  data_store_kind: text,
  data_store_bucket_name: text,
  data_store_region: text,
  duckling_name: text,
});

test('what comes out is what went in, for any records, good and bad', () => {
  fc.assert(
    fc.property(fc.array(columns, { maxLength: 10 }), (rows) => {
      const records = rows.map(
        (row, i): ParsedRecord => parseWarehouseRecord({ at: `rows[${i}]`, columns: row }),
      );
      const packed = new PackedRecords();
      for (const record of records) packed.add(record);
      expect(packed.length).toBe(records.length);
      records.forEach((record, i) => {
        expect(packed.at(i)).toEqual(record);
      });
      expect(packed.at(records.length)).toBeUndefined();
    }),
  );
});

test('a large fleet is compressed, and all of it is there, in any order', () => {
  const packed = new PackedRecords();
  const count = 30_000;
  const record = (i: number) =>
    parseWarehouseRecord({
      at: `rows[${i}]`,
      columns: {
        org_id: `${'é'.repeat(i % 7)}${i}`,
        state: 'ready',
        metadata_store_endpoint: `host-${i}.example.com`,
      },
    });
  for (let i = 0; i < count; i++) packed.add(record(i));
  expect(packed.length).toBe(count);
  // From end to end by turns: each is in another page than the one before.
  for (let i = 0; i < count; i++) {
    const place = i % 2 === 0 ? i : count - i;
    if (i % 3 === 0) expect(packed.at(place)).toEqual(record(place));
  }
  expect(packed.at(count)).toBeUndefined();
});
