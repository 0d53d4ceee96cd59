export type Change = 'created' | 'updated' | 'unchanged';

/** What happened to a file of a directory; `obsolete` is one that is not rendered, and that somebody may have to remove. */
export interface FileChange {
  readonly path: string;
  readonly change: Change | 'obsolete';
}

/** What happened to the files of a directory, without its name: in most directories, the same. */
type Pattern = readonly { readonly file: string; readonly change: Change }[];

/** What happened to the files of each directory of a tree, by the number under which it was rendered: a few bytes for each. */
export class Changes {
  private readonly patterns: Pattern[] = [];
  private readonly numbers = new Map<string, number>();
  /** The numbers of the directories' patterns, and one more; an array of numbers would be copied by 100,000 again and again. */
  private seen = new Uint32Array(1024);
  private readonly counts = { created: 0, updated: 0, unchanged: 0 };
  private readonly left: string[] = [];

  /**
   * @param index of the directory.
   * @throws Error when a path is there twice: of two texts for one path, whichever came last would win.
   */
  add(index: number, files: readonly FileChange[]): void {
    const pattern: Pattern[number][] = [];
    for (const { path, change } of files) {
      if (change === 'obsolete') this.left.push(path);
      else {
        pattern.push({ file: path.slice(path.lastIndexOf('/') + 1), change });
        this.counts[change] += 1;
      }
    }
    const key = pattern.map(({ file, change }) => `${file}:${change}`).join('/');
    let number = this.numbers.get(key);
    if (number === undefined) {
      const twice = files.find(({ path }, i) => files.findIndex((other) => other.path === path) < i);
      if (twice !== undefined) throw new Error(`${twice.path} was rendered twice`);
      number = this.patterns.push(pattern);
      this.numbers.set(key, number);
    }
    if (index >= this.seen.length) {
      const bigger = new Uint32Array(2 * index);
      bigger.set(this.seen);
      this.seen = bigger;
    }
    this.seen[index] = number;
  }

  count(change: Change): number {
    return this.counts[change];
  }

  /** Paths of what is obsolete, relative to the output directory. */
  get obsolete(): readonly string[] {
    return this.left;
  }

  /** What happened to the files of a directory. @param directory its path, relative to the output directory. */
  of(index: number, directory: string): { readonly path: string; readonly change: Change }[] {
    return this.at(index).map(({ file, change }) => ({ path: `${directory}/${file}`, change }));
  }

  /** Whether a file of a directory was created or updated. */
  isChanged(index: number): boolean {
    return this.at(index).some(({ change }) => change !== 'unchanged');
  }

  private at(index: number): Pattern {
    return this.patterns[(this.seen[index] ?? 0) - 1] ?? [];
  }
}
