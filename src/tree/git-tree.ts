import { createHash } from 'node:crypto';
import { join, resolve } from 'node:path';
import { PermanentError, UsageError } from '../text/errors.ts';
import { nameForMessage } from '../text/printable.ts';
import { type CommittedFiles, isManifest } from './committed-files.ts';
import { git, reasonOf, withBlobs } from './git.ts';
import { hasHeader } from './header.ts';
import { existingPart, refuseIgnored } from './ignored-by-git.ts';
import { isTreeDirectory } from './tree-path.ts';

/**
 * Lends the output directory as it is at a commit.
 *
 * @param out the output directory; it need not be there in the work tree.
 * @param ref whatever Git takes for a commit: a branch, a tag, `HEAD~1`, a hash.
 * @throws UsageError when there is no Git, no repository, or no such commit, or when Git ignores the directory.
 */
export async function withGitTree<T>(
  out: string,
  ref: string,
  work: (committed: CommittedFiles) => Promise<T>,
): Promise<T> {
  const { directory, below } = existingPart(resolve(out));
  const prefix = await prefixOf(directory, out);
  const commit = await commitOf(directory, ref);
  await refuseIgnored(out);
  const entries = await entriesOf(directory, commit, [prefix, below].filter((part) => part !== '').join('/'));
  const files = filesByDirectory(entries);
  return withBlobs(directory, (readBlob) => {
    const read = async (path: string) => (await readBlob(entries.get(path)?.id ?? '')).toString('utf8');
    return work({
      against: { directory: out, ref, commit },
      directories: new Set(files.keys()),
      filesIn: (one) => files.get(one) ?? [],
      isSame: (path, text) => {
        const entry = entries.get(path);
        if (entry === undefined) return false;
        if (entry.kind !== 'file')
          throw new PermanentError(
            `${join(out, path)} is no file at ${nameForMessage(ref)}, and links are not followed. Remove it there`,
          );
        return entry.id === blobId(Buffer.from(text), entry.id.length);
      },
      isOurs: async (path) => entries.get(path)?.kind === 'file' && hasHeader(await read(path)),
      read,
    });
  });
}

interface Entry {
  readonly id: string;
  readonly kind: 'file' | 'link' | 'submodule';
}

/** Where a directory is in its repository, without a slash at the end. */
async function prefixOf(directory: string, out: string): Promise<string> {
  const prefix = await git(directory, ['rev-parse', '--show-prefix']);
  if (prefix.code === 0) return prefix.stdout.replace(/\/?\n$/, '');
  throw new UsageError(
    `--against needs a Git repository around ${out}. Run the command inside a clone, or leave --against out ` +
      `to compare with the work tree. ${reasonOf(prefix)}`,
  );
}

async function commitOf(directory: string, ref: string): Promise<string> {
  // What begins with a hyphen would be an option.
  const found = ref.startsWith('-')
    ? undefined
    : await git(directory, ['rev-parse', '--verify', `${ref}^{commit}`]);
  if (found?.code === 0) return found.stdout.trim();
  const { stdout } = await git(directory, ['rev-parse', '--is-shallow-repository']);
  const remedy =
    stdout.trim() === 'true'
      ? 'This clone is shallow: fetch it first (git fetch --depth 1 origin ' +
        '<branch>:refs/remotes/origin/<branch>), or clone with the whole history (fetch-depth: 0)'
      : 'Fetch it first (git fetch origin), or name what git log shows';
  throw new UsageError(
    `--against: there is no commit ${nameForMessage(ref)} in the repository. ` +
      `${[remedy, ...(found ? [reasonOf(found)] : [])].join('. ')}`,
  );
}

/** Entries by path below the output directory; none if it does not exist at this commit. */
async function entriesOf(directory: string, commit: string, path: string): Promise<Map<string, Entry>> {
  const tree = path === '' ? commit : await treeAt(directory, commit, path);
  if (tree === undefined) return new Map();
  const listed = await git(directory, ['ls-tree', '-r', '-z', '--full-tree', tree]);
  if (listed.code !== 0) throw new Error(`while listing ${path} at ${commit}. ${reasonOf(listed)}`);
  return new Map(
    listed.stdout.split('\0').flatMap((line): [string, Entry][] => {
      const [, mode = '', id, name] = /^(\d+) \w+ ([0-9a-f]+)\t(.*)$/s.exec(line) ?? [];
      const kind = mode.startsWith('100') ? 'file' : mode === '120000' ? 'link' : 'submodule';
      return id === undefined || name === undefined ? [] : [[name, { id, kind }]];
    }),
  );
}

/** The id of a directory at a commit; undefined when there is nothing at its path. */
async function treeAt(directory: string, commit: string, path: string): Promise<string | undefined> {
  // A path is a path: without the option, one that begins with a colon would be a pattern.
  const found = await git(directory, [
    '--literal-pathspecs',
    'ls-tree',
    '-z',
    '--full-tree',
    commit,
    '--',
    path,
  ]);
  if (found.code !== 0) throw new Error(`while looking for ${path} at ${commit}. ${reasonOf(found)}`);
  if (found.stdout === '') return undefined;
  const [, type, id] = /^\d+ (\w+) ([0-9a-f]+)\t/.exec(found.stdout) ?? [];
  if (type !== 'tree') throw new UsageError(`--against: ${path} is no directory at ${commit}, but a ${type}`);
  return id;
}

/** Names by directory, both sorted. */
function filesByDirectory(entries: ReadonlyMap<string, Entry>): Map<string, string[]> {
  const files = new Map<string, string[]>();
  for (const [path, { kind }] of [...entries].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const slash = path.lastIndexOf('/');
    const [directory, file] = [path.slice(0, slash), path.slice(slash + 1)];
    if (kind === 'submodule' || !isTreeDirectory(directory) || !isManifest(file)) continue;
    const known = files.get(directory);
    if (known === undefined) files.set(directory, [file]);
    else known.push(file);
  }
  return files;
}

/** What Git names a blob by, in a repository with hashes of this many hex digits. */
function blobId(content: Buffer, length: number): string {
  const hash = createHash(length === 64 ? 'sha256' : 'sha1');
  return hash.update(`blob ${content.length}\0`).update(content).digest('hex');
}
