import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { parse, stringify } from 'yaml';
import { sourceMapping } from '../../src/mapping/source-mapping.ts';
import { readWarehouseFile } from '../../src/source/warehouse-file.ts';
import { UsageError } from '../../src/text/errors.ts';

let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'warehouse-file-'));
});
afterAll(() => rm(directory, { recursive: true }));

async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const list: T[] = [];
  for await (const item of items) list.push(item);
  return list;
}

async function read(text: string, name = 'warehouses.yaml') {
  const path = join(directory, name);
  await writeFile(path, text);
  return all(readWarehouseFile(path));
}
const refusal = (text: string, name?: string) =>
  read(text, name).then(
    () => 'accepted',
    (error: Error) => (error instanceof UsageError ? error.message : error),
  );

test('reads the list under "warehouses", in its order, each record at its address', async () => {
  expect(await read('warehouses:\n- org_id: b\n  state: failed\n- org_id: a\n')).toEqual([
    { at: 'warehouses[0]', columns: { org_id: 'b', state: 'failed' } },
    { at: 'warehouses[1]', columns: { org_id: 'a', state: 'ready' } },
  ]);
});

test('reads the same from JSON', async () => {
  expect(await read('{"warehouses":[{"org_id":"a"}]}', 'w.json')).toEqual(
    await read('warehouses: [{ org_id: a }]'),
  );
});

test('an unquoted id that YAML takes for something else stays what YAML made of it, to be refused', async () => {
  const records = await read(
    'warehouses: [{org_id: 007}, {org_id: 1e3}, {org_id: 0x1F}, {org_id: null}, {org_id: true}]',
  );
  expect(records.map(({ columns }) => (columns as { org_id: unknown }).org_id)).toEqual([
    7,
    1000,
    31,
    null,
    true,
  ]);
});

test('entries that are no mappings are passed on, to be refused by name', async () => {
  expect(await read('warehouses: [acme, null]')).toEqual([
    { at: 'warehouses[0]', columns: 'acme' },
    { at: 'warehouses[1]', columns: null },
  ]);
});

test('a byte order mark and Windows line ends are accepted', async () => {
  const expected = [{ at: 'warehouses[0]', columns: { org_id: 'a', state: 'ready' } }];
  expect(await read('\ufeffwarehouses:\r\n- org_id: a\r\n')).toEqual(expected);
  expect(await read('\ufeff{"warehouses":[{"org_id":"a"}]}', 'w.json')).toEqual(expected);
});

test('merge keys are merged, and are no columns', async () => {
  const records = await read(`warehouses:
  - &same { org_id: acme, iceberg_enabled: true, data_store_bucket_name: acme-lake }
  - { <<: *same, org_id: beta }
`);
  expect(records[1]?.columns).toEqual({
    org_id: 'beta',
    iceberg_enabled: true,
    data_store_bucket_name: 'acme-lake',
    state: 'ready',
  });
});

test('a file that is not UTF-8 is refused', async () => {
  const path = join(directory, 'latin-1.yaml');
  await writeFile(path, Buffer.from('warehouses: [{ org_id: Z\u00fcrich }]', 'latin1'));
  await expect(all(readWarehouseFile(path))).rejects.toThrow(/latin-1\.yaml: it is not UTF-8 text/);
});

test('a column that is not known and close to a known one is warned of, once; others are not', async () => {
  const path = join(directory, 'columns.yaml');
  const record =
    '{ org_id: a, dataStoreBucketName: x, data_store_bucket: b, note: z, created_at: 2026-01-01, s3_state: ready, ' +
    'data_store_bucket_name: lake }';
  await writeFile(path, `warehouses: [${record}, ${record}, ${record}]`);
  const warnings: string[] = [];
  await all(readWarehouseFile(path, (warning) => warnings.push(warning)));
  expect(warnings).toEqual([
    `${path}: warehouses[0].dataStoreBucketName and 2 more: is not a column; did you mean data_store_bucket_name?`,
    `${path}: warehouses[0].data_store_bucket and 2 more: is not a column; did you mean data_store_bucket_name?`,
  ]);
});

test('with a mapping, an entry that has a misspelt path, and not the path itself, is warned of', async () => {
  const mapping = sourceMapping({
    org: 'id',
    icebergEnabled: 'enabled',
    metadataStoreHost: 'store.host',
    dataStoreBucket: 'bucket',
  });
  const path = join(directory, 'misspelt.yaml');
  const entries = [
    '{ id: a, enabled: true, store: { host: pg }, bucket: x, buckets: 3, names: [a] }',
    '{ id: b, enabld: true, store: { hosts: pg }, buckt: lake, names: [b] }',
    '{ id: c, enabld: true, store: { host: pg }, bucket: z }',
  ];
  await writeFile(path, `[${entries.join(', ')}]`);
  const warnings: string[] = [];
  await all(readWarehouseFile(path, (warning) => warnings.push(warning), mapping));
  expect(warnings).toEqual([
    `${path}: [1].enabld and 1 more: is not a column; did you mean enabled?`,
    `${path}: [1].store.hosts: is not a column; did you mean store.host?`,
    `${path}: [1].buckt: is not a column; did you mean bucket?`,
  ]);
});

test('with a mapping, entries have any keys, in a list of any of the usual places', async () => {
  const mapping = sourceMapping({
    org: 'metadata.name',
    icebergEnabled: { constant: true },
    dataStoreBucket: 'status.bucket',
  });
  const entry = '{ metadata: { name: acme }, status: { bucket: lake } }';
  const columns = { org_id: 'acme', state: 'ready', iceberg_enabled: true, data_store_bucket_name: 'lake' };
  for (const [text, at] of [
    [`[${entry}]`, '[0]'],
    [`items: [${entry}]`, 'items[0]'],
    [`warehouses: [${entry}]`, 'warehouses[0]'],
  ] as const) {
    const path = join(directory, 'mapped.yaml');
    await writeFile(path, text);
    expect(await all(readWarehouseFile(path, undefined, mapping))).toMatchObject([{ at, columns }]);
  }
});

test('an empty list is an empty source', async () => {
  expect(await read('warehouses: []')).toEqual([]);
});

test('lists within lists, thousands of levels deep, are refused with a word about them', async () => {
  const text = `warehouses: ${'['.repeat(5000)}${']'.repeat(5000)}`;
  await expect(read(text)).rejects.toThrow(/warehouses\.yaml:1:\d+: is not YAML: it has too many levels/);
});

test.each([
  ['{}', /warehouses\.yaml: expected a list under the key "warehouses".*; the file has an empty mapping/],
  ['', /expected a list.*; the file has no mapping/],
  ['warehouses: {a: 1}', /expected a list.*; the file has the key "warehouses"/],
  ['Warehouses: []\nmore: []', /expected a list.*; the file has the keys "Warehouses", "more"/],
  ['- org_id: a', /expected a list.*; the file has a list without a key/],
  ['warehouses: [&a {org_id: x, <<: *a}]', /warehouses\.yaml: .*an alias within its own anchor/],
  ['warehouses:\n- org_id: "a', /warehouses\.yaml:\d+:\d+: is not YAML: /],
  [
    'warehouses:\n- org_id: a\n  org_id: b\n',
    /warehouses\.yaml:3:3: has the key "org_id" twice in one mapping/,
  ],
  [
    `a: &a [x]\n${Array.from(
      { length: 12 },
      (_, i) =>
        `b${i}: &b${i} [${Array(10)
          .fill(i ? `*b${i - 1}` : '*a')
          .join(',')}]`,
    ).join('\n')}\nwarehouses: *b11`,
    /alias/i,
  ],
])('refuses %j with the place', async (text, message) => {
  expect(await refusal(text)).toMatch(message);
});

test('refuses what is not JSON in a .json file', async () => {
  expect(await refusal('warehouses: []', 'w.json')).toMatch(/w\.json: is not JSON/);
});

test('says that a file is missing, or is a directory', async () => {
  await expect(all(readWarehouseFile(join(directory, 'none.yaml')))).rejects.toThrow(
    /cannot read .*none\.yaml: there is no such file/,
  );
  await expect(all(readWarehouseFile(directory))).rejects.toThrow(/it is a directory/);
});

test('a list in JSON is found beside other keys and under an escaped key, and a second one is refused', async () => {
  const records = [{ at: 'warehouses[0]', columns: { org_id: 'a', state: 'ready' } }];
  for (const text of [
    '{"before": {"warehouses": [1]}, "x": ["warehouses", {"y": "]\\"["}], "warehouses" : [ ' +
      '{"org_id": "a"} ] , "after": "}" }',
    '{"warehous\\u0065s": [{"org_id": "a"}]}',
    `{"warehouses"${' '.repeat(300)}: [{"org_id": "a"}]}`,
  ])
    expect(await read(text, 'w.json')).toEqual(records);
  expect(
    await refusal('{"warehouses": [{"org_id": "a"}], "warehouses": [{"org_id": "b"}]}', 'w.json'),
  ).toMatch(/w\.json:1: has the key "warehouses" twice in one object; keep one of them$/);
});

test('a YAML file is read as any parser of YAML 1.2 reads it', async () => {
  const value = fc.oneof(
    fc.jsonValue(),
    fc.constantFrom('- a', 'x\n- y\nz', ' - ', '#', 'a: b', 'yeah', '&a', '---'),
  );
  const rows = fc.array(fc.oneof(fc.dictionary(fc.string(), value), value), { maxLength: 5 });
  const layout = fc.record({
    indentSeq: fc.boolean(),
    lineWidth: fc.constantFrom(0, 20, 80),
    blockQuote: fc.constantFrom<boolean | 'literal'>(true, false, 'literal'),
  });
  await fc.assert(
    fc.asyncProperty(
      rows,
      layout,
      fc.constantFrom(1, 1, 40),
      fc.constantFrom('', '# c\n', '---\n'),
      async (list, options, times, first) => {
        const repeated = Array.from({ length: times }).flatMap(() => list);
        const text =
          first +
          stringify(
            { warehouses: repeated },
            { ...options, compat: 'yaml-1.1', aliasDuplicateObjects: times < 3 },
          );
        // Of what other readers take for something else, yaml-reader.test.ts has more.
        fc.pre(!/is .* to other readers/.test(String(await refusal(text))));
        const seen = (await read(text)).map(({ columns }) => columns);
        const expected = (parse(text) as { warehouses: unknown[] }).warehouses;
        expect(seen.map(withState)).toEqual(expected.map(withState));
      },
    ),
    { numRuns: 50 },
  );
});
const withState = (columns: unknown): unknown =>
  typeof columns === 'object' && columns !== null && !Array.isArray(columns)
    ? {
        state: 'ready',
        ...Object.fromEntries(Object.entries(columns).filter(([k, v]) => k !== 'state' || v !== null)),
      }
    : columns;

test.each([
  ['an alias of an item far above', `warehouses:\n${'- org_id: &a x\n'.repeat(150)}- org_id: *a\n`, 151],
  ['a mistake far below', `warehouses:\n${'- org_id: x\n'.repeat(150)}- org_id: [\n`, '153:1: is not YAML'],
  ['an item on the line after its dash', 'warehouses:\n-\n  org_id: x\n- org_id: z\n', 2],
  ['another key after the list', `warehouses:\n${'- org_id: x\n'.repeat(150)}other: 1\n`, 150],
  [
    'the same key again',
    `warehouses:\n${'- org_id: x\n'.repeat(150)}warehouses: []\n`,
    'has the key "warehouses" twice',
  ],
  ['nothing in it', 'warehouses:\n', 'expected a list'],
  ['dashes in a text', `warehouses:\n${'- org_id: |\n    - a\n  x: "b\n    - c"\n'.repeat(150)}`, 150],
])('of a file with %s', async (_, text, expected) => {
  if (typeof expected === 'number') expect(await read(text)).toHaveLength(expected);
  else expect(await refusal(text)).toContain(expected);
});
