import { Worker } from 'node:worker_threads';
import { type Listing, listTree } from './listing.ts';
import { type DirectorySeals, SealReader } from './seal.ts';

/** What is in the output directory. */
export interface Survey {
  /** Which files are there. @throws as `listTree`. */
  list(): Promise<Listing>;
  /** The seals of files, one for each; undefined when a file is not as some run of synth wrote it. */
  sealsOf(directory: string, files: readonly string[]): DirectorySeals;
  close(): void;
}

/** Looks when it is asked. */
export function survey(out: string): Survey {
  const reader = new SealReader();
  return {
    list: () => listTree(out),
    sealsOf: (directory, files) => reader.readAll(`${out}/${directory}`, files),
    close() {},
  };
}

/** What the thread is given. */
export interface SurveyTask {
  readonly out: string;
}

/** What it sends: first which files are there; then the seals that it has found, by the numbers of the directories, a part at a time. */
export type SurveyReport =
  | {
      readonly listing: Listing;
      /** Shared: for each directory, not 0 when it is read elsewhere. */
      readonly isTaken: Uint8Array;
    }
  | { readonly seals: readonly (readonly [place: number, seals: DirectorySeals])[] };

/**
 * Looks in a thread, from now on: half of the time of a run that changes nothing is the reading of 30,000 files, and it has no side effects that
 * would have to be kept apart. The thread begins with the first directory, as who asks does, but later. What it has not found by then is
 * read here, so that nobody waits for more than the listing, whatever becomes of it.
 *
 * @param thread `survey-thread.ts`, as built.
 */
export function surveyInThread(thread: URL, out: string): Survey {
  const here = survey(out);
  const found = new Map<number, DirectorySeals>();
  let places: ReadonlyMap<string, number> = new Map();
  let isTaken: Uint8Array = new Uint8Array();
  const worker = new Worker(thread, { workerData: { out } satisfies SurveyTask });
  const listed = new Promise<Listing | undefined>((resolve) => {
    worker.on('message', (report: SurveyReport) => {
      if ('seals' in report) for (const [place, seals] of report.seals) found.set(place, seals);
      else {
        places = new Map(Array.from(report.listing.keys(), (directory, place) => [directory, place]));
        isTaken = report.isTaken;
        // Nobody has to wait for it from now on.
        worker.unref();
        resolve(report.listing);
      }
    });
    // Then all is done here.
    worker.on('error', () => resolve(undefined));
    worker.on('exit', () => resolve(undefined));
  });
  return {
    list: async () => (await listed) ?? here.list(),
    sealsOf(directory, files) {
      const place = places.get(directory) ?? -1;
      const seals = found.get(place);
      if (found.delete(place)) return seals;
      isTaken[place] = 1;
      return here.sealsOf(directory, files);
    },
    close() {
      void worker.terminate();
    },
  };
}
