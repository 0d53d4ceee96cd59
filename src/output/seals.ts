import { Worker } from 'node:worker_threads';
import type { Listing } from './listing.ts';
import { type DirectorySeals, SealReader } from './seal.ts';

/** The seals of the files in directories of the tree. */
export interface Seals {
  /** One for each file; undefined when a file is not as some run of synth wrote it. */
  of(directory: string, files: readonly string[]): DirectorySeals | Promise<DirectorySeals>;
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
 * Reads the seals of all directories in a thread, ahead of whoever asks: half of the time of a run that changes nothing is the reading of
 * 30,000 files, and it has no side effects that would have to be kept apart.
 *
 * @param thread `seal-thread.ts`, as built.
 */
export function sealsInThread(
  thread: URL,
  out: string,
  listing: Listing,
  isWanted: (file: string) => boolean,
): Seals {
  const directories = Array.from(
    listing,
    ([directory, files]) => [directory, files.filter(isWanted)] as const,
  );
  const found = new Map<string, DirectorySeals>();
  const waiting = new Map<string, (seals: DirectorySeals) => void>();
  let isOver = false;
  const worker = new Worker(thread, { workerData: { out, directories } satisfies SealTask });
  // Nobody waits for it but whoever asks.
  worker.unref();
  worker.on('message', (part: FoundSeals) => {
    for (const [directory, seals] of part) {
      const resolve = waiting.get(directory);
      waiting.delete(directory);
      if (resolve === undefined) found.set(directory, seals);
      else resolve(seals);
    }
  });
  const end = () => {
    isOver = true;
    // What is not known is rendered.
    for (const resolve of waiting.values()) resolve(undefined);
    waiting.clear();
  };
  worker.on('error', end);
  worker.on('exit', end);
  return {
    of(directory) {
      const seals = found.get(directory);
      if (found.delete(directory) || isOver || !listing.has(directory)) return seals;
      worker.ref();
      return new Promise<DirectorySeals>((resolve) => {
        waiting.set(directory, resolve);
      }).finally(() => worker.unref());
    },
    close() {
      void worker.terminate();
    },
  };
}
