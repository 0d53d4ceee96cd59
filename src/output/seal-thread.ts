import { parentPort, workerData } from 'node:worker_threads';
import { type DirectorySeals, SealReader } from './seal.ts';
import type { SealTask } from './seals.ts';

/** Entry of the thread that `sealsWithThread` starts. */
const { out, directories, isTaken } = workerData as SealTask;
/** Directories in a message. */
const perPart = 64;

const reader = new SealReader();
let part: [number, DirectorySeals][] = [];
for (const [place, [directory, files]] of directories.entries()) {
  if (isTaken[place] !== 0) continue;
  part.push([place, reader.readAll(`${out}/${directory}`, files)]);
  if (part.length < perPart) continue;
  parentPort?.postMessage(part);
  part = [];
}
parentPort?.postMessage(part);
