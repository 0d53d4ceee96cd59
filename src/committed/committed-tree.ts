/** What is committed of an output directory, in the work tree or at a commit: what a plan compares with. */
export interface CommittedTree {
  /** Where it is, as the user said it. */
  readonly against: {
    /** The output directory. */
    readonly directory: string;
    /** The Git ref; null for the work tree. */
    readonly ref: string | null;
    /** The commit that the ref is. */
    readonly commit: string | null;
  };
  /** `platform`, and those of orgs, each with its files, as paths relative to the output directory; sorted. */
  readonly directories: ReadonlyMap<string, readonly string[]>;
  /**
   * Whether a file is committed with exactly this text. Reads no more than it has to: most of 30,000 files are.
   * @throws PermanentError when something else than a file stands there.
   */
  readonly isSame: (path: string, text: string) => boolean;
  /** The text of a file that is listed in `directories`. */
  readonly read: (path: string) => Promise<string>;
}

/** Whether Argo CD applies a file of this name, whoever made it. */
export function isManifest(file: string): boolean {
  return /\.(ya?ml|json)$/.test(file);
}
