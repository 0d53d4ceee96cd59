import { renameSync, rmSync, writeFileSync } from 'node:fs';
import { rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import onExit from 'signal-exit';
import { removeIfEmpty } from './directory.ts';
import type { Listing } from './listing.ts';

// Never `.yaml`: Argo CD would read a left-over as a manifest.
const temporary = /^\..+\.yaml\.\d+-[0-9a-f]{12}\.tmp$/;

/**
 * Puts a file in place in one step: a reader, also one that comes after a crash, sees the old text or the new. An interrupt (SIGINT,
 * SIGTERM) leaves nothing behind.
 *
 * The mode is that of a new file (0666 without the umask), also where a file is replaced: `git checkout`
 * does the same, and Git records nothing of a mode but the executable bit, which no manifest should have.
 * @param assertAllowed is asked right before the step; what it throws leaves everything as it was.
 */
export async function replace(
  directory: string,
  file: string,
  text: string,
  assertAllowed: () => void,
): Promise<void> {
  const path = temporaryPath(directory, file);
  const clear = () => rmSync(path, { force: true });
  const done = onExit(clear);
  try {
    await writeFile(path, text, asNew);
    assertAllowed();
    await rename(path, join(directory, file));
  } catch (error) {
    clear();
    throw error;
  } finally {
    done();
  }
}

/** The same at once: nothing else happens in the meantime, no interrupt either. */
export function replaceNow(directory: string, file: string, text: string): void {
  const path = temporaryPath(directory, file);
  try {
    writeFileSync(path, text, asNew);
    renameSync(path, `${directory}/${file}`);
  } catch (error) {
    rmSync(path, { force: true });
    throw error;
  }
}

// `wx` neither follows a link nor opens a file of somebody else.
// No fsync: after a power cut the next run writes what is missing, and 30,000 of them take minutes.
// The encoding is stated because Node has a quick way for it, which it does not take when it is left out.
const asNew = { flag: 'wx', encoding: 'utf8' } as const;

function temporaryPath(directory: string, file: string): string {
  // Not cryptographic: `wx` refuses a name that is taken.
  const unique = Math.floor(Math.random() * 2 ** 48)
    .toString(16)
    .padStart(12, '0');
  return `${directory}/.${file}.${process.pid}-${unique}.tmp`;
}

/** Removes what crashed runs left over. Call it under the lock only: a live run's files look the same. */
export function removeLeftovers(out: string, listing: Listing): void {
  for (const [directory, files] of listing) {
    const leftovers = files.filter((file) => temporary.test(file));
    for (const file of leftovers) rmSync(join(out, directory, file));
    if (leftovers.length > 0) removeIfEmpty(join(out, directory));
  }
}
