import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { UsageError } from '../../src/report/errors.ts';
import { readWarehouseFile } from '../../src/source/warehouse-file.ts';

let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'warehouse-file-'));
});
afterAll(() => rm(directory, { recursive: true }));

async function read(text: string, name = 'warehouses.yaml') {
  const path = join(directory, name);
  await writeFile(path, text);
  return readWarehouseFile(path);
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
    'warehouses: [{org_id: 007}, {org_id: 1e3}, {org_id: 0x1F}, {org_id: null}, {org_id: yes}, {org_id: true}]',
  );
  expect(records.map(({ columns }) => (columns as { org_id: unknown }).org_id)).toEqual([
    7,
    1000,
    31,
    null,
    'yes',
    true,
  ]);
});

test('entries that are no mappings are passed on, to be refused by name', async () => {
  expect(await read('warehouses: [acme, null]')).toEqual([
    { at: 'warehouses[0]', columns: 'acme' },
    { at: 'warehouses[1]', columns: null },
  ]);
});

test('a byte order mark and Windows line ends are no matter', async () => {
  const expected = [{ at: 'warehouses[0]', columns: { org_id: 'a', state: 'ready' } }];
  expect(await read('\ufeffwarehouses:\r\n- org_id: a\r\n')).toEqual(expected);
  expect(await read('\ufeff{"warehouses":[{"org_id":"a"}]}', 'w.json')).toEqual(expected);
});

test('an empty list is an empty source', async () => {
  expect(await read('warehouses: []')).toEqual([]);
});

test.each([
  ['{}', /warehouses\.yaml: expected a list under the key "warehouses"/],
  ['', /expected a list/],
  ['warehouses: {a: 1}', /expected a list/],
  ['- org_id: a', /expected a list/],
  ['warehouses:\n- org_id: "a', /warehouses\.yaml:\d+:\d+: is not YAML: /],
  ['warehouses:\n- org_id: a\n  org_id: b\n', /warehouses\.yaml:3:3: is not YAML: .*unique/],
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
  await expect(readWarehouseFile(join(directory, 'none.yaml'))).rejects.toThrow(
    /cannot read .*none\.yaml: there is no such file/,
  );
  await expect(readWarehouseFile(directory)).rejects.toThrow(/it is a directory/);
});
