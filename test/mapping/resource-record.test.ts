import { expect, test } from 'vitest';
import { entryRecords } from '../../src/mapping/entry-records.ts';
import { resourceRecord } from '../../src/mapping/resource-record.ts';
import { duckling, sourceMapping } from '../../src/mapping/source-mapping.ts';
import { parseWarehouseRecord } from '../../src/source/warehouse-record.ts';

const mapping = sourceMapping({
  org: 'spec.org',
  icebergEnabled: { constant: true },
  state: 'status.phase',
  dataStoreBucket: 'metadata.annotations.example.org/bucket',
});
const object = {
  metadata: { name: 'acme-x7', namespace: 'tenants', annotations: { 'example.org/bucket': 'lake' } },
  spec: { org: 'acme' },
  status: { phase: 'provisioning' },
};

test('a path may end in a key with dots, as annotations have', () => {
  expect(resourceRecord(mapping, { plural: 'tenants' }, object)).toMatchObject({
    columns: { org_id: 'acme', state: 'provisioning', data_store_bucket_name: 'lake' },
    resource: { namespace: 'tenants', name: 'acme-x7' },
  });
});

test('a resource that is being deleted is an org that leaves, whatever its state is', () => {
  const metadata = { ...object.metadata, deletionTimestamp: '2026-11-30T00:00:00Z' };
  const { columns } = resourceRecord(mapping, { plural: 'tenants' }, { ...object, metadata });
  expect(columns).toMatchObject({ org_id: 'acme', state: 'deleting' });
});

test('a problem names the resource and the path', () => {
  const wrong = { ...object, spec: { org: 7 } };
  const parsed = parseWarehouseRecord(resourceRecord(mapping, { plural: 'tenants' }, wrong));
  expect(parsed.ok ? [] : parsed.problems).toEqual([
    { at: 'tenants[tenants/acme-x7].spec.org', message: 'is a number (7); expected a string, in quotes' },
  ]);
});

test.each([null, 'text', {}, { metadata: { name: '' } }])(
  '%j is no resource, and refused by its position',
  (it) => {
    const { at, resource } = resourceRecord(mapping, { plural: 'tenants', at: 'items[3]' }, it);
    expect({ at, resource }).toEqual({ at: 'items[3]', resource: undefined });
  },
);

test('the Ducklings of duckgres are resources with a mapping that is built in', () => {
  const items = [
    {
      metadata: { name: 'acme', namespace: 'ducklings' },
      spec: { iceberg: { enabled: true } },
      status: {
        metadataStore: {
          type: 'external',
          endpoint: 'pg.example.com',
          user: 'u',
          database: 'd',
          password: 'no',
        },
        dataStore: { type: 's3bucket', bucketName: 'acme-lake', s3Region: 'eu-central-1' },
      },
    },
    { metadata: { name: 'new', namespace: 'ducklings' }, spec: { iceberg: { enabled: true } } },
  ];
  const warnings: string[] = [];
  const source = {
    place: 'ducklings',
    at: (i: number) => `[${i}]`,
    plural: 'ducklings',
    warn: (line: string) => void warnings.push(line),
  };
  const parsed = [...entryRecords(duckling, items, source)].map(parseWarehouseRecord);
  expect(parsed).toMatchObject([
    {
      ok: true,
      record: {
        org: 'acme',
        icebergEnabled: true,
        metadataStore: { kind: 'external', host: 'pg.example.com', user: 'u', database: 'd' },
        dataStore: { kind: 's3bucket', bucket: 'acme-lake', region: 'eu-central-1' },
        ducklingName: 'acme',
      },
    },
    { ok: true, record: { org: 'new' } },
  ]);
  expect(JSON.stringify(parsed)).not.toContain('"no"');
  expect([...entryRecords(duckling, items.slice(1), source)]).toHaveLength(1);
  expect(warnings).toEqual([]);
  const without = items.map(({ spec: _, ...rest }) => rest);
  expect(() => [...entryRecords(duckling, without, source)]).toThrow(
    /source\.mapping\.icebergEnabled: there is no column spec\.iceberg\.enabled/,
  );
});
