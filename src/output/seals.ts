import { Worker } from 'node:worker_threads';
import type { Listing } from './listing.ts';
import { type DirectorySeals, SealReader } from './seal.ts';

/** The seals of the files in directories of the tree. */
export interface Seals {
  /** One for each file; undefined when a file is not as some run of synth wrote it. */
  of(directory: string, files: readonly string[]): DirectorySeals;
  close(): void;
}

/** Reads seals when they are asked for. */
export function sealsOf(out: string): Seals {
  const reader = new SealReader();
  return {
    of: (directory, files) => reader.readAll(`${out}/${directory}`, files),
    close() {},
  };
}

/** What the thread is given, and what it sends: what it has found, a part at a time. */
export interface SealTask {
  readonly out: string;
  readonly directories: readonly (readonly [directory: string, files: readonly string[]])[];
}
export type FoundSeals = readonly (readonly [directory: string, seals: DirectorySeals])[];

/**
 * Reads seals here and in a thread: half of the time of a run that changes nothing is the reading of 30,000 files, and it has no side effects
 * that would have to be kept apart. The thread begins with the last directory, as who asks most often begins with the first; what it has not
 * found yet is read here, so that nobody waits, whatever becomes of it.
 *
 * @param thread `seal-thread.ts`, as built. @param isWanted which files of a directory.
 */
export function sealsWithThread(
  thread: URL,
  out: string,
  listing: Listing,
  isWanted: (file: string) => boolean,
): Seals {
  const directories = Array.from(
    listing,
    ([directory, files]) => [directory, files.filter(isWanted)] as const,
  ).reverse();
  const found = new Map<string, DirectorySeals>();
  const here = sealsOf(out);
  const worker = new Worker(thread, { workerData: { out, directories } satisfies SealTask });
  worker.unref();
  worker.on('message', (part: FoundSeals) => {
    for (const [directory, seals] of part) found.set(directory, seals);
  });
  // Then all is read here.
  worker.on('error', () => undefined);
  return {
    of(directory, files) {
      const seals = found.get(directory);
      return found.delete(directory) ? seals : here.of(directory, files);
    },
    close() {
      void worker.terminate();
    },
  };
}
