import { Worker } from 'node:worker_threads';
import type { Listing } from './listing.ts';
import { type DirectorySeals, SealReader } from './seal.ts';

/** What is in a directory. */
export interface Sight {
  /** As `Listing.filesIn`. */
  readonly files: readonly string[];
  readonly seals: DirectorySeals;
}

/** Looks at directories of the output directory. */
export interface Survey {
  look(directory: string): Sight;
  close(): void;
}

/** Looks when it is asked. */
export function survey(out: string, listing: Listing): Survey {
  const reader = new SealReader();
  return {
    look: (directory) => {
      const files = listing.filesIn(directory);
      return { files, seals: reader.readAll(`${out}/${directory}`, files) };
    },
    close() {},
  };
}

/** What the thread is given. */
export interface SurveyTask {
  readonly out: string;
  readonly directories: readonly string[];
  /** Shared: for each of them, not 0 when somebody else looks. */
  readonly isTaken: Uint8Array;
}

/** What it sends: a part of what it has seen, by the numbers of the directories. */
export type Sights = readonly (readonly [place: number, sight: Sight])[];

/**
 * Looks in a thread, from now on: half of the time of a run that changes nothing is the reading of 30,000 files, and it has no side effects that
 * would have to be kept apart. The thread begins with the first directory, as who asks does, but later. What it has not seen by then is
 * looked at here, so that nobody waits, whatever becomes of it.
 *
 * @param thread `survey-thread.ts`, as built.
 */
export function surveyInThread(thread: URL, out: string, listing: Listing): Survey {
  const here = survey(out, listing);
  const directories = [...listing.directories];
  const places = new Map(directories.map((directory, place) => [directory, place]));
  const isTaken = new Uint8Array(new SharedArrayBuffer(directories.length));
  const seen = new Map<number, Sight>();
  const worker = new Worker(thread, { workerData: { out, directories, isTaken } satisfies SurveyTask });
  worker.unref();
  worker.on('message', (sights: Sights) => {
    for (const [place, sight] of sights) seen.set(place, sight);
  });
  // Then all is looked at here.
  worker.on('error', () => undefined);
  return {
    look(directory) {
      const place = places.get(directory) ?? -1;
      const sight = seen.get(place);
      seen.delete(place);
      isTaken[place] = 1;
      return sight ?? here.look(directory);
    },
    close() {
      void worker.terminate();
    },
  };
}
