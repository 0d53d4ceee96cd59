import { parentPort, workerData } from 'node:worker_threads';
import { isYamlFile } from './dist-path.ts';
import { listTree } from './listing.ts';
import { type DirectorySeals, SealReader } from './seal.ts';
import type { SurveyReport, SurveyTask } from './survey.ts';

/** Entry of the thread that `surveyInThread` starts. What goes wrong ends it: who started it looks for himself, and says what it is. */
const { out } = workerData as SurveyTask;
/** Directories in a message. */
const perPart = 64;
const send = (report: SurveyReport) => parentPort?.postMessage(report);

const listing = await listTree(out);
const isTaken = new Uint8Array(new SharedArrayBuffer(listing.size));
send({ listing, isTaken });

const reader = new SealReader();
let part: [number, DirectorySeals][] = [];
let place = 0;
for (const [directory, files] of listing) {
  if (isTaken[place] === 0)
    part.push([place, reader.readAll(`${out}/${directory}`, files.filter(isYamlFile))]);
  place += 1;
  if (part.length < perPart) continue;
  send({ seals: part });
  part = [];
}
send({ seals: part });
