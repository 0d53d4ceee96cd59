import { once } from 'node:events';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { Worker } from 'node:worker_threads';
import { build } from 'esbuild';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Listing, listTree } from '../../src/output/listing.ts';
import { sealed, sealOf } from '../../src/output/seal.ts';
import {
  type Sights,
  type Survey,
  type SurveyTask,
  survey,
  surveyInThread,
} from '../../src/output/survey.ts';

let home: string;
let listing: Listing;
const orgs = Array.from({ length: 150 }, (_, i) => `orgs/org-${i}`);
beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'survey-'));
  for (const directory of orgs) {
    await mkdir(join(home, directory), { recursive: true });
    await writeFile(join(home, directory, 'a.yaml'), sealed(`in: ${directory}\n`));
    await writeFile(join(home, directory, 'b.yaml'), sealed('kind: B\n'));
    await writeFile(join(home, directory, 'README.md'), '');
  }
  await writeFile(join(home, 'orgs/org-7/b.yaml'), 'edited: true\n');
  await build({
    entryPoints: ['src/output/survey-thread.ts'],
    outfile: join(home, 'thread.mjs'),
    bundle: true,
    platform: 'node',
    format: 'esm',
  });
  listing = await listTree(home);
});
afterAll(() => rm(home, { recursive: true }));

const inThread = (file: string) => surveyInThread(pathToFileURL(join(home, file)), home, listing);
const sightOf = (directory: string) => ({
  files: ['a.yaml', 'b.yaml'],
  seals:
    directory === 'orgs/org-7'
      ? undefined
      : [sealOf(sealed(`in: ${directory}\n`)), sealOf(sealed('kind: B\n'))],
});

describe.each<[string, () => Survey]>([
  ['when it is asked', () => survey(home, listing)],
  ['in a thread', () => inThread('thread.mjs')],
  ['with a thread that cannot run', () => inThread('missing.mjs')],
])('a survey %s', (_, open) => {
  test.each([
    ['forwards', orgs],
    ['backwards', [...orgs].reverse()],
  ])('sees the files of every directory, %s, and the seals where none was edited', (__, order) => {
    const { look, close } = open();
    for (const directory of order) expect(look(directory)).toEqual(sightOf(directory));
    expect(look('orgs/nobody')).toEqual({ files: [], seals: [] });
    close();
  });
});

test('the thread sees all of them by itself, but those that are looked at here already', async () => {
  const isTaken = new Uint8Array(new SharedArrayBuffer(orgs.length));
  isTaken[3] = 1;
  const workerData: SurveyTask = { out: home, directories: orgs, isTaken };
  const worker = new Worker(join(home, 'thread.mjs'), { workerData });
  const seen: Sights[number][] = [];
  worker.on('message', (sights: Sights) => seen.push(...sights));
  await once(worker, 'exit');
  const expected = orgs.map((directory, place) => [place, sightOf(directory)]);
  expect(seen).toEqual(expected.filter(([place]) => place !== 3));
});
