import { expect, test } from 'vitest';
import { recordMisfit } from '../../src/mapping/record-misfit.ts';
import { recordTable } from '../../src/mapping/record-table.ts';

const name = { schema: 'app', table: 'catalogs' };
const mapping = { org: 'id', icebergEnabled: { constant: true } } as const;
const rows = { schema: 'app', table: 'tenants', mapping };

test('of another table than that of the rows, the key is a setting too', () => {
  const record = recordTable({ ...name, columns: { org: 'tenant', catalogEndpoint: 'url' }, source: rows });
  expect(recordMisfit(record, ['tenant', 'url'], 'table app.catalogs')).toBeUndefined();
  expect(recordMisfit(record, ['id', 'url'], 'table app.catalogs')?.message).toBe(
    'registration.record does not fit table app.catalogs, which has the columns id, url:\n' +
      '  registration.record.warehouseDatabase.columns.org: there is no column tenant',
  );
});

test('a table of ours has the columns of its definition', () => {
  const record = recordTable({ ...name, isOwn: true, source: rows });
  expect(recordMisfit(record, [...record.columns.values(), 'org'], 'table app.catalogs')).toBeUndefined();
  expect(recordMisfit(record, ['org', 'endpoint'], 'table app.catalogs')?.message).toMatch(
    /^registration\.record\.table: table app\.catalogs lacks the columns warehouse, .*; lakekeeper-gitops grants/,
  );
});
