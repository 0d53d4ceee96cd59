import { once } from 'node:events';
import { mkdir, mkdtemp, rm, symlink, unlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { Worker } from 'node:worker_threads';
import { build } from 'esbuild';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { listTree } from '../../src/output/listing.ts';
import { sealed, sealOf } from '../../src/output/seal.ts';
import {
  type Survey,
  type SurveyReport,
  type SurveyTask,
  survey,
  surveyInThread,
} from '../../src/output/survey.ts';
import { PermanentError } from '../../src/report/errors.ts';

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
    entryPoints: ['src/output/survey-thread.ts'],
    outfile: join(home, 'thread.mjs'),
    bundle: true,
    platform: 'node',
    format: 'esm',
  });
});
afterAll(() => rm(home, { recursive: true }));

const files = ['a.yaml', 'b.yaml'];
const inThread = (file: string) => surveyInThread(pathToFileURL(join(home, file)), home);

describe.each<[string, () => Survey]>([
  ['when it is asked', () => survey(home)],
  ['in a thread', () => inThread('thread.mjs')],
  ['with a thread that cannot run', () => inThread('missing.mjs')],
])('a survey %s', (_, open) => {
  test('lists what is there', async () => {
    const looking = open();
    expect(await looking.list()).toEqual(await listTree(home));
    looking.close();
  });

  test.each([
    ['forwards', orgs],
    ['backwards', [...orgs].reverse()],
  ])(
    'reads the seals of every directory, %s, and none of one that was edited or is not there',
    async (__, order) => {
      const looking = open();
      await looking.list();
      for (const directory of order) {
        const expected = [sealOf(sealed(`in: ${directory}\n`)), sealOf(sealed('kind: B\n'))];
        expect(looking.sealsOf(directory, files)).toEqual(directory === 'orgs/org-7' ? undefined : expected);
      }
      expect(looking.sealsOf('orgs/nobody', files)).toBeUndefined();
      looking.close();
    },
  );

  test('says what stands in the way', async () => {
    await symlink('org-1', join(home, 'orgs/link'));
    const looking = open();
    await expect(looking.list()).rejects.toThrow(PermanentError);
    looking.close();
    await unlink(join(home, 'orgs/link'));
  });
});

test('the thread finds all of them by itself', async () => {
  const workerData: SurveyTask = { out: home };
  const worker = new Worker(join(home, 'thread.mjs'), { workerData });
  const reports: SurveyReport[] = [];
  worker.on('message', (report: SurveyReport) => reports.push(report));
  await once(worker, 'exit');
  const [first, ...others] = reports;
  if (first === undefined || !('listing' in first)) throw new Error('expected the listing first');
  const here = survey(home);
  expect(first.isTaken).toHaveLength(orgs.length);
  expect(others.flatMap((report) => ('seals' in report ? report.seals : []))).toEqual(
    Array.from(first.listing.keys(), (directory, place) => [place, here.sealsOf(directory, files)]),
  );
});
