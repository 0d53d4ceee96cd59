import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { enter, isDirectory } from './directory.ts';

/** Steps down to the directories of the tree as `enter` does, and remembers the way: `orgs` is looked at once, not once for each org. */
export class Entrance {
  /** The output directory, which may be a link, and what was entered below it. */
  private readonly parents = new Set(['']);

  constructor(private readonly out: string) {}

  /** Whether a directory is there. @throws PermanentError when something else stands in the way, first of all a link. */
  enter(directory: string): boolean {
    return this.enterParent(parentOf(directory)) && isDirectory(join(this.out, directory));
  }

  /** Makes a directory where it is missing. */
  make(directory: string): void {
    this.makeParent(directory);
    const path = join(this.out, directory);
    if (!isDirectory(path)) mkdirSync(path);
  }

  /** Makes what a directory will stand in. */
  makeParent(directory: string): void {
    const parent = parentOf(directory);
    if (this.enterParent(parent)) return;
    mkdirSync(join(this.out, parent), { recursive: true });
    this.parents.add(parent);
  }

  private enterParent(parent: string): boolean {
    if (this.parents.has(parent)) return true;
    if (!enter(this.out, parent)) return false;
    this.parents.add(parent);
    return true;
  }
}

function parentOf(directory: string): string {
  return directory.slice(0, Math.max(0, directory.lastIndexOf('/')));
}
