import { cp, mkdtemp, readdir, readFile, rm, symlink, unlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { withLock, writeFiles } from '../../src/output/dist-tree.ts';
import { KnownFiles } from '../../src/output/known-files.ts';
import { listTree } from '../../src/output/listing.ts';
import { sealed } from '../../src/output/seal.ts';

let home: string;
let out: string;
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'notes-'));
  out = join(home, 'dist');
  vi.stubEnv('XDG_CACHE_HOME', join(home, 'cache'));
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(home, { recursive: true, force: true });
});

const directory = 'orgs/acme';
const files = [
  { path: `${directory}/b.yaml`, text: sealed('kind: B\n') },
  { path: `${directory}/a.yaml`, text: sealed('kind: A\nname: שלום\n') },
];

/** As a run that renders an org unless it is known, and keeps its notes. @returns what was known. */
async function run(key = 'key', context = 'context', to = out): Promise<readonly string[] | undefined> {
  const known = new KnownFiles(to, context, await listTree(to));
  known.takeNotes();
  const directories = [await known.or(directory, key, () => files)];
  await withLock(to, (tree) => writeFiles(tree, directories));
  known.keep();
  known.close();
  const [first] = directories;
  return first !== undefined && 'unchanged' in first ? first.unchanged : undefined;
}

test('a directory whose key is the same, and whose files are as they were written, is known', async () => {
  expect(await run()).toBeUndefined();
  expect(await run()).toEqual([`${directory}/a.yaml`, `${directory}/b.yaml`]);
});

test('what was found unchanged is noted again', async () => {
  await run();
  await run();
  expect(await run()).toHaveLength(2);
});

test.each([
  ['another key', 'other', 'context'],
  ['other settings, or another program', 'key', 'other'],
])('%s: nothing is known', async (_, key, context) => {
  await run();
  expect(await run(key, context)).toBeUndefined();
});

test.each<[string, () => Promise<unknown>]>([
  ['an edit', () => edit('kind: B', 'kind: C')],
  ['an edit of the digest', () => edit(/sha256:./, 'sha256:-')],
  ['an edit of the header', () => edit('Do not edit', 'Do edit')],
  [
    'an edit that has a seal of its own',
    () => writeFile(join(out, `${directory}/b.yaml`), sealed('kind: C\n')),
  ],
  ['a file that is gone', () => unlink(join(out, `${directory}/b.yaml`))],
  ['a file more', () => writeFile(join(out, `${directory}/c.yaml`), sealed('kind: C\n'))],
  ['a link to a file like it', asLink],
])('%s is seen', async (_, change) => {
  await run();
  await change();
  const known = new KnownFiles(out, 'context', await listTree(out));
  expect(await known.or(directory, 'key', () => files)).toBe(files);
});

test("somebody else's files beside it do not matter", async () => {
  await run();
  await writeFile(join(out, `${directory}/README.md`), 'mine');
  expect(await run()).toHaveLength(2);
});

test('notes of one output directory say nothing of another', async () => {
  await run();
  expect(await readdir(join(home, 'cache/lakekeeper-gitops/synth'))).toEqual([
    expect.stringMatching(/^[0-9a-f]{32}\.notes$/),
  ]);
  await cp(out, `${out}2`, { recursive: true });
  expect(await run('key', 'context', `${out}2`)).toBeUndefined();
});

test('without a place for them, everything is rendered', async () => {
  await writeFile(join(home, 'file'), '');
  vi.stubEnv('XDG_CACHE_HOME', join(home, 'file'));
  await run();
  expect(await run()).toBeUndefined();
});

async function edit(from: string | RegExp, to: string): Promise<void> {
  const path = join(out, `${directory}/b.yaml`);
  await writeFile(path, (await readFile(path, 'utf8')).replace(from, to));
}

async function asLink(): Promise<void> {
  const path = join(out, `${directory}/b.yaml`);
  await writeFile(join(home, 'b.yaml'), await readFile(path));
  await unlink(path);
  await symlink(join(home, 'b.yaml'), path);
}
