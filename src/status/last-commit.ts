import { existsSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { UsageError } from '../text/errors.ts';
import type { CommittedFiles } from '../tree/committed-files.ts';
import { GitMissing, type GitResult, git, reasonOf } from '../tree/git.ts';
import { existingPart } from '../tree/ignored-by-git.ts';

/**
 * When a commit last changed the output directory. Of a branch that was merged, the time of the merge counts.
 *
 * @returns undefined without Git, outside of a repository, and when no commit has the directory.
 * @throws UsageError when Git refuses to read the repository.
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
  if (found.code !== 0) await refuseUnreadable(directory, out);
  const [, time] = found.stdout.split('\n');
  return found.code === 0 && time !== undefined && time !== '' ? new Date(time) : undefined;
}

/** A repository without a commit can be read; one of another user cannot, as in a container. */
async function refuseUnreadable(directory: string, out: string): Promise<void> {
  if (!isInRepository(directory)) return;
  const found = await git(directory, ['rev-parse', '--git-dir']);
  if (found.code === 0) return;
  throw new UsageError(
    `cannot find out when ${out} was last changed by a commit, and so whether the status is newer. ${reasonOf(found)}`,
  );
}

function isInRepository(directory: string): boolean {
  if (existsSync(join(directory, '.git'))) return true;
  return dirname(directory) !== directory && isInRepository(dirname(directory));
}
