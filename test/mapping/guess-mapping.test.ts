import fc from 'fast-check';
import { expect, test } from 'vitest';
import { guessedSource } from '../../src/mapping/guess-mapping.ts';
import { warehouseColumns } from '../../src/mapping/raw-record.ts';
import { parsePlatform } from '../../src/platform/parse.ts';
import { parseText } from '../../src/text/text-file.ts';
import { anyText } from '../support/arbitrary.ts';
import { baseSettings } from '../support/fleet.ts';

const relation = { schema: 'public', table: 'tenants' };

test('a column that duckgres has is certain, a likely one is a guess, and the rest is asked for', () => {
  expect(guessedSource(relation, ['id', 'plan', 'Bucket', 'data_store_region'])).toBe(`\
# Columns of public.tenants: docs/control-planes.md.
source:
  relation: public.tenants
  mapping:
    org: id # CHANGE: the id of the organisation
    icebergEnabled: { constant: true } # CHANGE: or the boolean column that says which orgs want a catalog
    metadataStoreKind: { constant: external } # CHANGE: or the column with a key of metadataStores
    dataStoreBucket: "Bucket" # CHANGE: the bucket
    dataStoreRegion: data_store_region
`);
});

test('no column of the table of duckgres is a guess', () => {
  expect(guessedSource(relation, warehouseColumns)).not.toContain('CHANGE');
});

test('whatever the columns are called, the settings are those of a source', () => {
  fc.assert(
    fc.property(
      fc.uniqueArray(
        fc.oneof(
          anyText.filter((text) => text !== ''),
          fc.constantFrom('id', 'no'),
        ),
      ),
      (columns) => {
        const settings = parseText('platform.yaml', guessedSource(relation, columns)) as object;
        const { source } = parsePlatform('platform.yaml', {
          ...baseSettings,
          registration: { record: { configMap: true } },
          ...settings,
        });
        expect(source.relation).toBe('public.tenants');
      },
    ),
    { numRuns: 50 },
  );
});
