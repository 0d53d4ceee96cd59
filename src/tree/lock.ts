import { mkdirSync, realpathSync, rmdirSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import lockfile from 'proper-lockfile';
import { codeOf, whileDoing, wrapped } from '../text/file-system-error.ts';
import { removeLeftovers } from './staging.ts';

/** An output directory whose lock this run holds. Every function that writes takes one. */
export interface LockedTree {
  /** The output directory, as the user passed it. */
  readonly out: string;
  /** @throws Error once the lock is lost or released: from then on another run may be writing. */
  readonly assertHeld: () => void;
}

export interface LockOptions {
  /** Time without a sign of life after which a lock counts as left by a killed process; at least 2,000 ms. */
  readonly staleAfterMs?: number;
  /** Time to wait for another run. Longer than `staleAfterMs`, or a killed run's lock is not taken over. */
  readonly waitAtMostMs?: number;
  /** Called once, when another run holds the lock and this one starts to wait. */
  readonly onWait?: (lock: string) => void;
}

/**
 * Lends the output directory to one run at a time, and creates it when it is missing; when `work` then fails before
 * anything is in it, it is gone again. What crashed runs left over is removed first. The lock is released when `work`
 * ends, and by SIGINT and SIGTERM (proper-lockfile sees to that). `work` must yield to the event loop every few
 * seconds, as `diff` does: a timer keeps the lock fresh.
 * @throws Error when another run does not finish in time, or when the lock was lost.
 */
export async function withLock<T>(
  out: string,
  work: (tree: LockedTree) => Promise<T>,
  options: LockOptions = {},
): Promise<T> {
  const state: { notHeld?: Error } = {};
  const { release, created } = await acquire(out, options, (cause) => {
    const message =
      `the lock ${lockOf(out)} was taken over or removed while this run was writing (was it suspended?). It ` +
      'stopped; run the command again';
    state.notHeld = new Error(message, { cause });
  });
  const assertHeld = () => {
    if (state.notHeld) throw state.notHeld;
  };
  let isDone = false;
  try {
    await wrapped(`removing what another run left over in ${out}`, () => removeLeftovers(out));
    const result = await work({ out, assertHeld });
    assertHeld();
    isDone = true;
    return result;
  } finally {
    const lost = state.notHeld !== undefined;
    state.notHeld ??= new Error(`bug: ${out} was written to after its lock was released`);
    // A lost lock belongs to another run.
    if (!lost) await release();
    if (!lost && !isDone && created !== undefined) removeEmpty(out, created);
  }
}

interface Acquired {
  readonly release: () => Promise<void>;
  /** The first of the directories that were created for it. */
  readonly created: string | undefined;
}

async function acquire(
  out: string,
  { staleAfterMs = 10_000, waitAtMostMs = 30_000, onWait }: LockOptions,
  onCompromised: (cause: Error) => void,
): Promise<Acquired> {
  const lock = lockOf(out);
  const deadline = performance.now() + waitAtMostMs;
  for (let attempt = 1; ; attempt += 1) {
    // Each time: a failed run may have removed it.
    const created = await wrapped(`creating ${out}`, () => mkdirSync(out, { recursive: true }));
    try {
      const release = await lockfile.lock(out, {
        // Absolute, so that it is still found if the working directory changes.
        lockfilePath: lockOf(realpathSync(out)),
        stale: staleAfterMs,
        onCompromised,
      });
      // A left-over lock is no harm: it goes stale. It must not hide what `work` threw.
      return { release: () => release().catch(() => undefined), created };
    } catch (error) {
      // Not the library's own retries: they would also wait 30 s for a read-only disk. Missing: who made it failed,
      // and has removed it.
      const code = codeOf(error);
      if (code !== 'ELOCKED' && code !== 'ENOENT') throw whileDoing(`locking ${lock}`, error);
      if (performance.now() >= deadline)
        throw code === 'ELOCKED'
          ? stillHeld(lock, waitAtMostMs, error)
          : whileDoing(`locking ${lock}`, error);
    }
    if (attempt === 1) onWait?.(lock);
    await sleep(100);
  }
}

/**
 * Removes the output directory, and what it stands in up to the first directory that was made for it; what is not
 * empty stays.
 */
function removeEmpty(out: string, created: string): void {
  const last = resolve(created);
  try {
    for (let directory = resolve(out); ; directory = dirname(directory)) {
      rmdirSync(directory);
      if (directory === last) return;
    }
  } catch {
    // Somebody has put something there.
  }
}

// An empty directory: Git does not see it.
function lockOf(out: string): string {
  return join(out, '.lakekeeper-gitops.lock');
}

function stillHeld(lock: string, waited: number, cause: unknown): Error {
  return new Error(
    `another run holds ${lock} and did not finish within ${Math.round(waited / 1000)} s. Run the command ` +
      `again when it is done; if none is alive, remove the lock first: rmdir '${lock}'`,
    { cause },
  );
}
