import { setImmediate as turnOfTheLoop } from 'node:timers/promises';

/** Milliseconds that a step, of a file or of a directory that is new, may take on average before several are under way at a time. */
const quickEnough = 2;
/** Milliseconds after which timers and signals have their turn. */
const turnEvery = 20;

/**
 * How fast the disk is, and when the event loop last turned. What is written to memory takes microseconds: waiting for a thread costs more, so
 * one step is made after the other. Where the disk makes them wait, several are under way at a time.
 */
export class Pace {
  /** @param average milliseconds that a step takes: to begin with. */
  constructor(private average = 0) {}

  private lastTurn = performance.now();

  get isQuick(): boolean {
    return this.average < quickEnough;
  }

  /** Does what may take a while, and remembers how long it took. */
  timed<T>(work: () => T): T {
    const start = performance.now();
    const result = work();
    // One step that waited long, as on a busy machine, does not make a slow disk.
    const took = Math.min(performance.now() - start, 5 * quickEnough);
    this.average += (took - this.average) / 64;
    return result;
  }

  /** Lets timers run, when they have waited for long: one of them keeps the lock fresh and notices its loss. */
  turn(): Promise<void> | undefined {
    if (performance.now() - this.lastTurn < turnEvery) return undefined;
    return turnOfTheLoop().then(() => {
      this.lastTurn = performance.now();
    });
  }
}
