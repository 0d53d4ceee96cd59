import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type FieldName, fieldNames, fields } from '../../src/mapping/fields.ts';
import { mapEntry, pathsOf, valueAt } from '../../src/mapping/map-entry.ts';
import { warehouseColumns } from '../../src/mapping/raw-record.ts';
import { sourceMapping } from '../../src/mapping/source-mapping.ts';
import { parseWarehouseRecord } from '../../src/source/warehouse-record.ts';
import { anyText } from '../support/arbitrary.ts';

const record = (columns: unknown) => parseWarehouseRecord({ at: 'entry', columns });

test('every column of the built-in mapping is one field, in its order', () => {
  expect(fieldNames.map((name) => fields[name].column)).toEqual(warehouseColumns);
});

test('a random mapping of random names reads the same records as the plain names', () => {
  const names = fc.uniqueArray(anyText, {
    minLength: fieldNames.length,
    maxLength: fieldNames.length,
    // A dot in a name is a path, unless there is a key with that name.
    selector: (name) => name.split('.')[0],
  });
  const plain = fc.record(
    Object.fromEntries(warehouseColumns.map((column) => [column, fc.oneof(anyText, fc.jsonValue())])),
    { requiredKeys: ['org_id', 'state'] },
  );
  fc.assert(
    fc.property(names, plain, (columns, entry) => {
      const mapping = Object.fromEntries(fieldNames.map((field, i) => [field, columns[i]]));
      const renamed = Object.fromEntries(
        fieldNames.flatMap((field, i) => {
          const { column } = fields[field];
          return Object.hasOwn(entry, column) ? [[columns[i], entry[column]]] : [];
        }),
      );
      expect(record(mapEntry(sourceMapping(mapping), renamed))).toEqual(record(entry));
    }),
  );
});

test('a constant is the same for every org, and a state that is not mapped is ready', () => {
  const mapping = sourceMapping({
    org: 'id',
    icebergEnabled: { constant: true },
    metadataStorePort: { constant: 6432 },
  });
  expect(record(mapEntry(mapping, { id: 'acme', state: 'gone' }))).toMatchObject({
    ok: true,
    record: { org: 'acme', icebergEnabled: true, state: 'ready', metadataStore: { port: 6432 } },
  });
});

test('a name with dots is a key, or else a path', () => {
  const entry = { 'a.b': 1, a: { b: 2, c: { d: 3 } }, list: [4] };
  expect(valueAt(entry, 'a.b')).toBe(1);
  expect(valueAt(entry, 'a.c.d')).toBe(3);
  expect(valueAt(entry, 'a.x.d')).toBeUndefined();
  expect(valueAt(entry, 'list.0')).toBeUndefined();
  expect(valueAt(entry, 'constructor.name')).toBeUndefined();
  expect(pathsOf([entry, null, { z: {} }])).toEqual(['a.b', 'a', 'a.c', 'a.c.d', 'list', 'z']);
});

test('a problem is at the column that the source has', () => {
  const mapping = sourceMapping({ org: 'id', icebergEnabled: 'on', dataStoreBucket: 'odd\nname' });
  const columns = mapEntry(mapping, { id: 7, on: 'yes', 'odd\nname': 1 });
  const parsed = parseWarehouseRecord({ at: 'tenants[0]', columns, names: mapping.names });
  expect(parsed.ok ? [] : parsed.problems.map(({ at }) => at)).toEqual([
    'tenants[0].id',
    'tenants[0].on',
    String.raw`tenants[0]."odd\nname"`,
  ]);
});

test.each(['acme', null, ['x']])('an entry that is no mapping is refused by name: %j', (entry) => {
  expect(mapEntry(sourceMapping({ org: 'id' } satisfies Partial<Record<FieldName, string>>), entry)).toBe(
    entry,
  );
});
