import { statfs } from 'node:fs/promises';
import type { Part } from './part.ts';
import type { Sizes } from './scene.ts';

/** What output takes of a file system, or what one has left. */
export interface Space {
  readonly bytes: number;
  /** Files and directories. */
  readonly inodes: number;
}

/** An org's directory and its three files, in blocks of 4 kB; seen: 24.7 kB on ext4. */
const perOrg: Space = { bytes: 26_000, inodes: 4 };

/** What some parts write in all: nothing of it is removed before the end (`scene.ts`). */
export function neededSpace(parts: readonly Pick<Part, 'fleets'>[], { orgs, rounds }: Sizes): Space {
  const fleets = parts.reduce((sum, part) => sum + part.fleets, 0);
  // And the round that warms up.
  const written = fleets * orgs * (rounds + 1);
  return { bytes: written * perOrg.bytes, inodes: written * perOrg.inodes };
}

/** What is free for us. @throws Error when the directory is not there. */
export async function freeSpace(directory: string): Promise<Space> {
  const { bsize, bavail, files, ffree } = await statfs(directory);
  // A file system that makes inodes as it goes says that it has none.
  return { bytes: bsize * bavail, inodes: files === 0 ? Number.POSITIVE_INFINITY : ffree };
}

/** What to say when there is not enough; undefined when there is. */
export function shortage(directory: string, needed: Space, free: Space): string | undefined {
  if (needed.bytes <= free.bytes && needed.inodes <= free.inodes) return undefined;
  return (
    `the bench would write about ${asText(needed)}, and ${directory} has ${asText(free)} left; name another ` +
    '--dir, fewer --orgs or fewer --rounds'
  );
}

function asText({ bytes, inodes }: Space): string {
  return (
    `${(bytes / 1e9).toFixed(1)} GB in ` +
    `${Number.isFinite(inodes) ? (inodes / 1e6).toFixed(1) : 'any number of'} million files`
  );
}
