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

/** What the thread is given. */
export interface SealTask {
  readonly out: string;
  readonly directories: readonly (readonly [directory: string, files: readonly string[]])[];
  /** Shared: for each directory, not 0 when it is read here. */
  readonly isTaken: Uint8Array;
}

/** What it sends, a part at a time: what it has found, by the number of the directory. */
export type FoundSeals = readonly (readonly [place: number, seals: DirectorySeals])[];

/**
 * Reads seals in a thread: half of the time of a run that changes nothing is the reading of 30,000 files, and it has no side effects that would
 * have to be kept apart. It begins at once, and with the first directory, as who asks for them does, later. What it has not found by then is
 * read here, so that nobody waits, whatever becomes of it.
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
  );
  const places = new Map(directories.map(([directory], place) => [directory, place]));
  const isTaken = new Uint8Array(new SharedArrayBuffer(directories.length));
  const found = new Map<number, DirectorySeals>();
  const here = sealsOf(out);
  const worker = new Worker(thread, { workerData: { out, directories, isTaken } satisfies SealTask });
  worker.unref();
  worker.on('message', (part: FoundSeals) => {
    for (const [place, seals] of part) found.set(place, seals);
  });
  // Then all is read here.
  worker.on('error', () => undefined);
  return {
    of(directory, files) {
      const place = places.get(directory) ?? -1;
      const seals = found.get(place);
      if (found.delete(place)) return seals;
      isTaken[place] = 1;
      return here.of(directory, files);
    },
    close() {
      void worker.terminate();
    },
  };
}
