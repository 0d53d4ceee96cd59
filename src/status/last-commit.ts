import { resolve } from 'node:path';
import type { CommittedFiles } from '../tree/committed-files.ts';
import { GitMissing, type GitResult, git } from '../tree/git.ts';
import { existingPart } from '../tree/ignored-by-git.ts';

/**
 * When a commit last changed the output directory. Of a branch that was merged, the time of the merge counts.
 *
 * @returns undefined without Git, outside of a repository, and when no commit has the directory.
 */
export async function lastCommitTime({
  directory: out,
  commit,
}: CommittedFiles['against']): Promise<Date | undefined> {
  const { directory, below } = existingPart(resolve(out));
  const what = ['--max-count=1', '--first-parent', '--format=%cI', commit ?? 'HEAD'];
  const path = below === '' ? '.' : below;
  let found: GitResult;
  try {
    found = await git(directory, ['--literal-pathspecs', 'rev-list', ...what, '--', path]);
  } catch (error) {
    if (error instanceof GitMissing) return undefined;
    throw error;
  }
  const [, time] = found.stdout.split('\n');
  return found.code === 0 && time !== undefined && time !== '' ? new Date(time) : undefined;
}
