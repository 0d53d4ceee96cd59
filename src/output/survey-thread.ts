import { parentPort, workerData } from 'node:worker_threads';
import { Listing } from './listing.ts';
import { type Sight, type Sights, type SurveyTask, survey } from './survey.ts';

/** Entry of the thread that `surveyInThread` starts. What goes wrong ends it: who started it looks for himself, and says what it is. */
const { out, directories, isTaken } = workerData as SurveyTask;
/** Directories in a message. */
const perPart = 64;
const send = (sights: Sights) => parentPort?.postMessage(sights);

const { look } = survey(out, new Listing(out, new Set(directories)));
let part: [number, Sight][] = [];
for (const [place, directory] of directories.entries()) {
  if (isTaken[place] === 0) part.push([place, look(directory)]);
  if (part.length < perPart) continue;
  send(part);
  part = [];
}
send(part);
