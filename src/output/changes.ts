export type Change = 'created' | 'updated' | 'unchanged';

/** One more file in a directory: what happened to it, and what to those before it. */
interface Step {
  readonly before: Step | undefined;
  readonly file: string;
  readonly change: Change;
}

/**
 * What happened to each file of a tree. In most directories the same happened to the same files, so this takes one entry for a
 * directory rather than one for a file.
 */
export class Changes implements Iterable<[path: string, change: Change]> {
  private readonly directories = new Map<string, Step>();
  private readonly steps = new Map<Step | undefined, Step[]>();
  private readonly counts = { created: 0, updated: 0, unchanged: 0 };

  /** @throws Error when the path is there already: of two texts for one path, whichever came last would win. */
  add(path: string, change: Change): void {
    const slash = path.lastIndexOf('/');
    const directory = path.slice(0, slash);
    const file = path.slice(slash + 1);
    const before = this.directories.get(directory);
    for (let step = before; step !== undefined; step = step.before)
      if (step.file === file) throw new Error(`${path} was rendered twice`);
    this.directories.set(directory, this.step(before, file, change));
    this.counts[change] += 1;
  }

  count(change: Change): number {
    return this.counts[change];
  }

  /** Whether a file of a directory was created or updated. */
  isChanged(directory: string): boolean {
    for (let step = this.directories.get(directory); step !== undefined; step = step.before)
      if (step.change !== 'unchanged') return true;
    return false;
  }

  has(path: string): boolean {
    const slash = path.lastIndexOf('/');
    const file = path.slice(slash + 1);
    for (let step = this.directories.get(path.slice(0, slash)); step !== undefined; step = step.before)
      if (step.file === file) return true;
    return false;
  }

  *[Symbol.iterator](): Generator<[path: string, change: Change]> {
    for (const [directory, last] of this.directories)
      for (let step: Step | undefined = last; step !== undefined; step = step.before)
        yield [`${directory}/${step.file}`, step.change];
  }

  private step(before: Step | undefined, file: string, change: Change): Step {
    const next = this.steps.get(before) ?? [];
    const known = next.find((step) => step.file === file && step.change === change);
    if (known !== undefined) return known;
    const step: Step = { before, file, change };
    this.steps.set(before, [...next, step]);
    return step;
  }
}
