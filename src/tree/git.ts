import { execFile, spawn } from 'node:child_process';
import type { Readable } from 'node:stream';
import { UsageError } from '../text/errors.ts';

/** The `git` executable, in one directory. Never through a shell. */

export interface GitResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a command to its end. A failure of the command itself is a result. @throws UsageError when there is no Git. */
export async function git(directory: string, args: readonly string[]): Promise<GitResult> {
  return run(['-C', directory, ...args], await environment());
}

/** Why Git failed, in its own words, as the end of a message: `Git says: …`. */
export function reasonOf({ stderr }: Pick<GitResult, 'stderr'>): string {
  const reason = stderr.trim().replaceAll(/\s*\n\s*/g, ' / ');
  return reason === '' ? 'Git gives no reason' : `Git says: ${reason}`;
}

/** Lends a reader of blobs: one `git cat-file` for all of them. */
export async function withBlobs<T>(
  directory: string,
  work: (read: (id: string) => Promise<Buffer>) => Promise<T>,
): Promise<T> {
  const child = spawn('git', ['-C', directory, 'cat-file', '--batch'], { env: await environment() });
  let stderr = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr = `${stderr}${text}`.slice(-2000);
  });
  const closed = new Promise<void>((resolve) => child.on('close', () => resolve()));
  const failed = new Promise<never>((_, reject) => {
    child.on('error', (error) => reject(asUsageError(error)));
    // A closed pipe shows as output that ends.
    child.stdin.on('error', () => undefined);
  });
  failed.catch(() => undefined);
  const bytes = new ByteReader(child.stdout);
  const readOne = async (id: string): Promise<Buffer> => {
    child.stdin.write(`${id}\n`);
    const header = await bytes.line();
    const [, type, size] = header?.split(' ') ?? [];
    const content = type === 'blob' ? await bytes.take(Number(size) + 1) : undefined;
    if (content !== undefined) return content.subarray(0, -1);
    if (header === undefined || type === 'blob') {
      await closed;
      throw new Error(`while reading ${id} from Git: git cat-file ended. ${reasonOf({ stderr })}`);
    }
    throw new Error(`while reading ${id} from Git: expected a blob, saw "${header}"`);
  };
  let last: Promise<unknown> = Promise.resolve();
  const read = (id: string): Promise<Buffer> => {
    const next = last.then(() => readOne(id));
    last = next.catch(() => undefined);
    return Promise.race([next, failed]);
  };
  try {
    return await work(read);
  } finally {
    child.kill();
  }
}

/** The next bytes of a stream, of a given number; undefined if it ends before. */
class ByteReader {
  private readonly chunks: AsyncIterator<Buffer>;
  private buffered = Buffer.alloc(0);

  constructor(stream: Readable) {
    this.chunks = stream[Symbol.asyncIterator]();
  }

  async take(count: number): Promise<Buffer | undefined> {
    while (this.buffered.length < count) if (!(await this.more())) return undefined;
    const taken = this.buffered.subarray(0, count);
    this.buffered = this.buffered.subarray(count);
    return taken;
  }

  /** Up to the next newline, without it. */
  async line(): Promise<string | undefined> {
    while (!this.buffered.includes(0x0a)) if (!(await this.more())) return undefined;
    const line = await this.take(this.buffered.indexOf(0x0a) + 1);
    return line?.toString('utf8', 0, line.length - 1);
  }

  private async more(): Promise<boolean> {
    const { done, value } = await this.chunks.next();
    if (done !== true) this.buffered = Buffer.concat([this.buffered, value]);
    return done !== true;
  }
}

/** Names of the variables that belong to one repository. */
let localVariables: Promise<ReadonlySet<string>> | undefined;

/**
 * The environment of every Git that is started: this process's, without the variables that belong to one repository.
 * Git sets them for its hooks, where they would lead it to the repository, the index and the directory of the hook
 * instead of the given directory. Git itself lists them.
 */
async function environment(): Promise<NodeJS.ProcessEnv> {
  localVariables ??= namesOfLocalVariables();
  const local = await localVariables;
  const kept = Object.entries(process.env).filter(([name]) => !local.has(name));
  return { ...Object.fromEntries(kept), GIT_TERMINAL_PROMPT: '0', GIT_OPTIONAL_LOCKS: '0' };
}

async function namesOfLocalVariables(): Promise<ReadonlySet<string>> {
  // Asked without any of Git's variables: some keep this command from running.
  const others = Object.entries(process.env).filter(([name]) => !name.startsWith('GIT_'));
  const listed = await run(['rev-parse', '--local-env-vars'], Object.fromEntries(others));
  if (listed.code !== 0) throw new UsageError(`git rev-parse --local-env-vars failed. ${reasonOf(listed)}`);
  return new Set(listed.stdout.split('\n'));
}

function run(args: readonly string[], env: NodeJS.ProcessEnv): Promise<GitResult> {
  return new Promise((resolve, reject) => {
    execFile('git', args, { maxBuffer: 1 << 30, encoding: 'utf8', env }, (error, stdout, stderr) => {
      if (error === null) resolve({ code: 0, stdout, stderr });
      else if (typeof error.code === 'number') resolve({ code: error.code, stdout, stderr });
      else reject(asUsageError(error));
    });
  });
}

/** There is no Git on the PATH. */
export class GitMissing extends UsageError {}

function asUsageError(error: Error): Error {
  if (!('code' in error) || error.code !== 'ENOENT') return error;
  return new GitMissing(
    '--against needs git, and there is none on the PATH; install it, or leave --against out to compare with ' +
      'the work tree',
    { cause: error },
  );
}
