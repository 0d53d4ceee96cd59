import { expect, test } from 'vitest';
import { reasonToStop } from '../../../src/registration/row/plan.ts';

const row = (columns: object) => ({
  at: 'row',
  columns: { org_id: 'acme', state: 'ready', iceberg_enabled: true, ...columns },
});

test.each([
  ['ready', {}],
  ['registered already', { iceberg_lakekeeper_endpoint: 'http://x' }],
  ['in a state that passes', { state: 'failed' }],
  ['without a backend, which means lakekeeper', { iceberg_backend: '' }],
])('an org that is %s is registered', (_, columns) => {
  expect(reasonToStop(row(columns))).toBeUndefined();
});

test.each([
  [undefined, 'the org has no row any more'],
  [row({ state: 'deleting' }), 'the warehouse is deleting'],
  [row({ state: 'deleted' }), 'the warehouse is deleted'],
  [row({ iceberg_enabled: false }), 'Iceberg is disabled'],
  // Unlike in rendering, also when it is registered: there is nothing to register then.
  [row({ iceberg_enabled: false, iceberg_lakekeeper_endpoint: 'http://x' }), 'Iceberg is disabled'],
  [row({ iceberg_backend: 's3tables' }), 'the backend is s3tables now'],
  [
    row({ metadata_store_port: 'x' }),
    'the row is broken: row.metadata_store_port is not a port; expected a whole number from 1 to 65535',
  ],
])('%j stops: %s', (raw, reason) => {
  expect(reasonToStop(raw)).toBe(reason);
});
