import { expect, test } from 'vitest';
import { fitEntries, fitMapping } from '../../src/mapping/fit-mapping.ts';
import { warehouseColumns } from '../../src/mapping/raw-record.ts';
import { duckgres, type MappingSettings, sourceMapping } from '../../src/mapping/source-mapping.ts';
import { UsageError } from '../../src/text/errors.ts';

const place = 'table app.tenants in database db/app as reader';
function fitted(settings: MappingSettings, columns: readonly string[]): string[] | string {
  try {
    return [...fitMapping(sourceMapping(settings), columns, place).sources.keys()];
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    return error.message;
  }
}

const afterMigration = warehouseColumns.filter((column) => !column.startsWith('iceberg_'));

test('the built-in mapping fits the table that has all of its columns', () => {
  expect(fitMapping(duckgres, [...warehouseColumns, 'other'], place)).toBe(duckgres);
});

test('of the table without its Iceberg columns, the error says what the settings then have to say', () => {
  const message = fitted('duckgres', afterMigration);
  expect(message).toMatch(
    /^table app\.tenants .* lacks the columns iceberg_enabled boolean, iceberg_backend/,
  );
  expect(message).toContain('mapping: { extends: duckgres, icebergEnabled: { constant: true } }');
});

test.each<MappingSettings>([
  { extends: 'duckgres', icebergEnabled: { constant: true } },
  { extends: 'duckgres', icebergEnabled: 'ducklake_enabled' },
])('it fits that table when the settings say which orgs want a catalog: %j', (settings) => {
  expect(fitted(settings, [...afterMigration, 'ducklake_enabled'])).toEqual(
    warehouseColumns.filter((column) => afterMigration.includes(column) || column === 'iceberg_enabled'),
  );
});

test('a table that lacks some of the Iceberg columns is another table', () => {
  const columns = warehouseColumns.filter((column) => column !== 'iceberg_region');
  expect(fitted('duckgres', columns)).toMatch(/lacks the columns iceberg_region varchar\(64\) \(/);
});

test('one error has every field without its column, the columns there are, and the nearest of each', () => {
  const message = fitted({ dataStoreBucket: 'buckett', dataStoreRegion: 'location' }, [
    'id',
    'plan',
    'bucket',
    'Region',
  ]);
  expect(String(message).split('\n')).toEqual([
    `source.mapping does not fit ${place}, which has the columns id, plan, bucket, Region:`,
    '  source.mapping.org: is missing; expected the column with the id of the organisation; did you mean id?',
    '  source.mapping.icebergEnabled: is missing; expected the column with whether the org wants a catalog, ' +
      'or { constant: true } for every org',
    '  source.mapping.dataStoreBucket: there is no column buckett; did you mean bucket?',
    '  source.mapping.dataStoreRegion: there is no column location; did you mean Region?',
  ]);
});

test('a field that nothing resembles has no suggestion', () => {
  expect(
    fitted({ org: 'id', icebergEnabled: { constant: true }, ducklingName: 'x' }, ['id', 'plan']),
  ).toMatch(/ducklingName: there is no column x$/);
});

test('names that are not plain are quoted', () => {
  expect(fitted({ org: 'a\nb' }, ['tenant id', '\u202eid'])).toContain(
    String.raw`the columns "tenant id", "\u202eid":`,
  );
});

test('of a long list of columns, the first are named', () => {
  const columns = Array.from({ length: 100 }, (_, i) => `c${i}`);
  expect(fitted({ org: 'x' }, columns)).toMatch(/c59, and 40 more:\n/);
});

test('an entry of a file may lack what is empty: that no entry has a field is a warning', () => {
  const mapping = sourceMapping({
    org: 'id',
    icebergEnabled: { constant: true },
    dataStoreBucket: 'bucket.nam',
  });
  const warnings: string[] = [];
  fitEntries(mapping, ['id', 'bucket', 'bucket.name'], 'orgs.yaml', (warning) => warnings.push(warning));
  expect(warnings).toEqual([
    'orgs.yaml: source.mapping.dataStoreBucket: there is no column bucket.nam; did you mean bucket.name?',
  ]);
  expect(() => fitEntries(mapping, ['ID'], 'orgs.yaml', () => undefined)).toThrow(
    /does not fit orgs\.yaml, which has the columns ID:\n.*org: there is no column id; did you mean ID\?/,
  );
});
