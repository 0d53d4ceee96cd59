import { randomBytes } from 'node:crypto';
import { rmSync } from 'node:fs';
import { rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setImmediate as turnOfTheLoop } from 'node:timers/promises';
import { entriesOf, orgDirectories, removeIfEmpty } from './directory.ts';

// Never `.yaml`: Argo CD would read a left-over as a manifest.
const temporary = /^\..+\.yaml\.\d+-[0-9a-f]{12}\.tmp$/;

/**
 * Puts a file in place in one step: a reader, also one that comes after a crash, sees the old text or the new.
 *
 * The mode is that of a new file (0666 without the umask), also where a file is replaced: `git checkout`
 * does the same, and Git records nothing of a mode but the executable bit, which no manifest should have.
 * @param assertAllowed is asked right before the step; what it throws leaves everything as it was.
 */
export async function replace(
  directory: string,
  file: string,
  bytes: Buffer,
  assertAllowed: () => void,
): Promise<void> {
  const path = join(directory, `.${file}.${process.pid}-${randomBytes(6).toString('hex')}.tmp`);
  try {
    // `wx` neither follows a link nor opens a file of somebody else.
    // No fsync: after a power cut the next run writes what is missing, and 30,000 of them take minutes.
    await writeFile(path, bytes, { flag: 'wx' });
    assertAllowed();
    await rename(path, join(directory, file));
  } catch (error) {
    rmSync(path, { force: true });
    throw error;
  }
}

/** Removes what crashed runs left over. Call it under the lock only: a live run's files look the same. */
export async function removeLeftovers(out: string): Promise<void> {
  removeFrom(out, 'platform');
  for (const { directory, entry } of orgDirectories(out)) {
    if (!entry.isDirectory()) continue;
    removeFrom(out, directory);
    await turnOfTheLoop();
  }
}

function removeFrom(out: string, directory: string): void {
  const leftovers = entriesOf(out, directory).filter((entry) => entry.isFile() && temporary.test(entry.name));
  for (const { name } of leftovers) rmSync(join(out, directory, name));
  if (leftovers.length > 0) removeIfEmpty(join(out, directory));
}
