import { parentPort, workerData } from 'node:worker_threads';
import { SealReader } from './seal.ts';
import type { FoundSeals, SealTask } from './seals.ts';

/** Entry of the thread that `sealsWithThread` starts. */
const { out, directories } = workerData as SealTask;
/** Directories in a message. */
const perPart = 64;

const reader = new SealReader();
for (let start = 0; start < directories.length; start += perPart) {
  const part: FoundSeals = directories
    .slice(start, start + perPart)
    .map(([directory, files]) => [directory, reader.readAll(`${out}/${directory}`, files)]);
  parentPort?.postMessage(part);
}
