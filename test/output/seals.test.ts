import { once } from 'node:events';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { Worker } from 'node:worker_threads';
import { build } from 'esbuild';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { listTree } from '../../src/output/listing.ts';
import { sealed, sealOf } from '../../src/output/seal.ts';
import {
  type FoundSeals,
  type Seals,
  type SealTask,
  sealsOf,
  sealsWithThread,
} from '../../src/output/seals.ts';

let home: string;
const orgs = Array.from({ length: 150 }, (_, i) => `orgs/org-${i}`);
beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'seals-'));
  for (const directory of orgs) {
    await mkdir(join(home, directory), { recursive: true });
    await writeFile(join(home, directory, 'a.yaml'), sealed(`in: ${directory}\n`));
    await writeFile(join(home, directory, 'b.yaml'), sealed('kind: B\n'));
    await writeFile(join(home, directory, 'README.md'), '');
  }
  await writeFile(join(home, 'orgs/org-7/b.yaml'), 'edited: true\n');
  await build({
    entryPoints: ['src/output/seal-thread.ts'],
    outfile: join(home, 'thread.mjs'),
    bundle: true,
    platform: 'node',
    format: 'esm',
  });
});
afterAll(() => rm(home, { recursive: true }));

const files = ['a.yaml', 'b.yaml'];
const isYaml = (file: string) => file.endsWith('.yaml');
const inThread = async (file: string) =>
  sealsWithThread(pathToFileURL(join(home, file)), home, await listTree(home), isYaml);

describe.each<[string, () => Seals | Promise<Seals>]>([
  ['when they are asked for', () => sealsOf(home)],
  ['in a thread too', () => inThread('thread.mjs')],
  ['with a thread that cannot run', () => inThread('missing.mjs')],
])('seals are read %s', (_, open) => {
  test('of every directory, in whatever order, and none of one that was edited or is not there', async () => {
    const seals = await open();
    for (const directory of [...orgs].reverse()) {
      const expected = [sealOf(sealed(`in: ${directory}\n`)), sealOf(sealed('kind: B\n'))];
      expect(seals.of(directory, files)).toEqual(directory === 'orgs/org-7' ? undefined : expected);
    }
    expect(seals.of('orgs/nobody', files)).toBeUndefined();
    seals.close();
  });
});

test('the thread finds all of them by itself, but those that are read here already', async () => {
  const directories = orgs.map((directory): [string, string[]] => [directory, files]);
  const isTaken = new Uint8Array(new SharedArrayBuffer(orgs.length));
  isTaken[3] = 1;
  const workerData: SealTask = { out: home, directories, isTaken };
  const worker = new Worker(join(home, 'thread.mjs'), { workerData });
  const found: FoundSeals[number][] = [];
  worker.on('message', (part: FoundSeals) => found.push(...part));
  await once(worker, 'exit');
  const here = sealsOf(home);
  const expected = orgs.map((directory, place) => [place, here.of(directory, files)]);
  expect(found).toEqual(expected.filter(([place]) => place !== 3));
});
