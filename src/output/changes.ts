export type Change = 'created' | 'updated' | 'unchanged';

/** What happened to a file of a directory. */
export interface FileChange {
  readonly path: string;
  readonly change: Change;
}

/** What happened to the files of a directory, without its name: in most directories, the same. */
type Pattern = readonly { readonly file: string; readonly change: Change }[];

/** What happened to the files of each directory of a tree, by the number under which it was rendered: a few bytes for each. */
export class Changes {
  private readonly patterns: Pattern[] = [];
  private readonly numbers = new Map<string, number>();
  private readonly seen: number[] = [];
  private readonly counts = { created: 0, updated: 0, unchanged: 0 };

  /**
   * @param index of the directory.
   * @throws Error when a path is there twice: of two texts for one path, whichever came last would win.
   */
  add(index: number, files: readonly FileChange[]): void {
    const pattern = files.map(({ path, change }) => ({
      file: path.slice(path.lastIndexOf('/') + 1),
      change,
    }));
    const key = pattern.map(({ file, change }) => `${file}:${change}`).join('/');
    let number = this.numbers.get(key);
    if (number === undefined) {
      const twice = files.find(({ path }, i) => files.findIndex((other) => other.path === path) < i);
      if (twice !== undefined) throw new Error(`${twice.path} was rendered twice`);
      number = this.patterns.push(pattern) - 1;
      this.numbers.set(key, number);
    }
    this.seen[index] = number;
    for (const { change } of files) this.counts[change] += 1;
  }

  count(change: Change): number {
    return this.counts[change];
  }

  /** What happened to the files of a directory. @param directory its path, relative to the output directory. */
  of(index: number, directory: string): FileChange[] {
    const pattern = this.patterns[this.seen[index] ?? -1] ?? [];
    return pattern.map(({ file, change }) => ({ path: `${directory}/${file}`, change }));
  }

  /** Whether a file of a directory was created or updated. */
  isChanged(index: number): boolean {
    const pattern = this.patterns[this.seen[index] ?? -1] ?? [];
    return pattern.some(({ change }) => change !== 'unchanged');
  }
}
