import { existsSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { UsageError } from '../text/errors.ts';
import { nameForMessage } from '../text/printable.ts';
import { git, reasonOf } from './git.ts';

/**
 * Refuses an output directory whose new files Git ignores: they would not be committed, without any error.
 *
 * @param out the output directory; it need not be there.
 * @throws UsageError with the rule that ignores it. Outside of a repository nothing is ignored.
 */
export async function refuseIgnored(out: string): Promise<void> {
  const { directory, below } = existingPart(resolve(out));
  const repository = await git(directory, ['rev-parse', '--show-toplevel']);
  if (repository.code !== 0) return;
  // Names of files that do not exist: a file that Git tracks is not ignored any more.
  const directories = ['platform', 'orgs/new', 'shards/000/new'];
  const paths = directories.map((path) => join(below, path, 'new.yaml'));
  const checked = await git(directory, ['check-ignore', '--verbose', '--no-index', '--', ...paths]);
  if (checked.code === 1) return;
  if (checked.code !== 0) throw new Error(`while asking whether Git ignores ${out}. ${reasonOf(checked)}`);
  // `<file>:<line>:<pattern>`, a tab, and the path; a pattern that begins with ! takes a path out again.
  const [, file, line, pattern] = /^(.*?):(\d+):(?!!)(.*?)\t/m.exec(checked.stdout) ?? [];
  if (file === undefined || pattern === undefined) return;
  throw new UsageError(
    `Git ignores ${out}, by ${nameForMessage(pattern)} in ${nameForMessage(file)}:${line}: what is written there ` +
      'would never be committed. Take the rule out, or name another directory with --out',
  );
}

/** The part of a path that is there, and what is below it. */
export function existingPart(path: string): { directory: string; below: string } {
  if (existsSync(path)) return { directory: path, below: '' };
  const { directory, below } = existingPart(dirname(path));
  return { directory, below: below === '' ? basename(path) : `${below}/${basename(path)}` };
}
