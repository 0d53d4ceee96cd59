import type { CommittedFiles } from './committed-files.ts';

/**
 * Lends what is committed of an output directory: the work tree, or a Git commit.
 *
 * @param against commit, branch or tag; undefined for the work tree.
 * @throws UsageError when Git does not have the commit.
 */
export async function withCommitted<T>(
  out: string,
  against: string | undefined,
  work: (committed: CommittedFiles) => Promise<T>,
): Promise<T> {
  if (against !== undefined) {
    const { withGitTree } = await import('./git-tree.ts');
    return withGitTree(out, against, work);
  }
  const { readWorkTree } = await import('./work-tree.ts');
  return work(await readWorkTree(out));
}
