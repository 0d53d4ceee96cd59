import { PermanentError, UsageError } from './errors.ts';

const noRight =
  'this user may not do that. Give it the right to write there (chown, chmod), or choose another directory';
const full =
  'the disk or the quota is full. Free some space and run the command again; files are never half written';
const readOnly = 'the file system is mounted read-only. Mount it writable, or choose another directory';

const notADirectory = 'a file stands where a directory is needed. Move it away, or choose another directory';
const notThere =
  'a directory of this path is not there, or is a link to nothing. Make it, or choose another directory';
const notAFile = 'a directory stands where a file is needed. Move it away, or choose another directory';

const mounted =
  'another file system is mounted inside the output directory, where nothing gets in one step. Mount the ' +
  'whole of it, or choose another directory';

interface Advice {
  readonly text: string;
  readonly error: new (message: string, options: ErrorOptions) => Error;
}

const advice: Readonly<Record<string, Advice>> = {
  EACCES: { text: noRight, error: PermanentError },
  EPERM: { text: noRight, error: PermanentError },
  EEXIST: { text: notADirectory, error: UsageError },
  ENOENT: { text: notThere, error: UsageError },
  ENOTDIR: { text: notADirectory, error: UsageError },
  EISDIR: { text: notAFile, error: UsageError },
  EXDEV: { text: mounted, error: PermanentError },
  EROFS: { text: readOnly, error: PermanentError },
  // Space comes back without anybody changing this program's settings, so trying again may help.
  ENOSPC: { text: full, error: Error },
  EDQUOT: { text: full, error: Error },
};

/** The code of a file system error (`ENOENT`), or undefined for any other error. */
export function codeOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}

/**
 * Says what was being done when the file system refused.
 * @param doing for example `writing dist/orgs/acme/catalog.yaml`.
 * @param cause what was thrown; an error that does not come from the file system is returned as it is.
 */
export function whileDoing(doing: string, cause: unknown): unknown {
  const code = codeOf(cause);
  if (code === undefined) return cause;
  const known = advice[code];
  return known
    ? new known.error(`while ${doing}: ${known.text}`, { cause })
    : new Error(`while ${doing}`, { cause });
}

/** Runs `work` and wraps what the file system throws with `while <doing>`. */
export async function wrapped<T>(doing: string, work: () => T | Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw whileDoing(doing, error);
  }
}
