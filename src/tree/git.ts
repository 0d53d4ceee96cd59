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
export function git(directory: string, args: readonly string[]): Promise<GitResult> {
  return new Promise((resolve, reject) => {
    execFile(
      'git',
      ['-C', directory, ...args],
      { maxBuffer: 1 << 30, encoding: 'utf8', env: environment() },
      (error, stdout, stderr) => {
        if (error === null) resolve({ code: 0, stdout, stderr });
        else if (typeof error.code === 'number') resolve({ code: error.code, stdout, stderr });
        else reject(asUsageError(error));
      },
    );
  });
}

/** Lends a reader of blobs: one `git cat-file` for all of them. */
export async function withBlobs<T>(
  directory: string,
  work: (read: (id: string) => Promise<Buffer>) => Promise<T>,
): Promise<T> {
  const child = spawn('git', ['-C', directory, 'cat-file', '--batch'], {
    stdio: ['pipe', 'pipe', 'ignore'],
    env: environment(),
  });
  const failed = new Promise<never>((_, reject) => {
    child.on('error', (error) => reject(asUsageError(error)));
    // A closed pipe is told by the output that ends.
    child.stdin.on('error', () => undefined);
  });
  failed.catch(() => undefined);
  const bytes = new ByteReader(child.stdout);
  let last: Promise<unknown> = Promise.resolve();
  const read = (id: string): Promise<Buffer> => {
    const next = last.then(async () => {
      child.stdin.write(`${id}\n`);
      const [, type, size] = (await bytes.line()).split(' ');
      if (type !== 'blob') throw new Error(`while reading ${id} from Git: expected a blob, saw ${type}`);
      const content = await bytes.take(Number(size));
      await bytes.take(1);
      return content;
    });
    last = next.catch(() => undefined);
    return Promise.race([next, failed]);
  };
  try {
    return await work(read);
  } finally {
    child.kill();
  }
}

/** Bytes of a stream, as many as are asked for. */
class ByteReader {
  private readonly chunks: AsyncIterator<Buffer>;
  private buffered = Buffer.alloc(0);

  constructor(stream: Readable) {
    this.chunks = stream[Symbol.asyncIterator]();
  }

  async take(count: number): Promise<Buffer> {
    while (this.buffered.length < count) await this.more();
    const taken = this.buffered.subarray(0, count);
    this.buffered = this.buffered.subarray(count);
    return taken;
  }

  /** Up to the next newline, without it. */
  async line(): Promise<string> {
    while (!this.buffered.includes(0x0a)) await this.more();
    const line = await this.take(this.buffered.indexOf(0x0a) + 1);
    return line.toString('utf8', 0, line.length - 1);
  }

  private async more(): Promise<void> {
    const { done, value } = await this.chunks.next();
    if (done) throw new Error('git cat-file ended before it had answered; run the command again');
    this.buffered = Buffer.concat([this.buffered, value]);
  }
}

function environment(): NodeJS.ProcessEnv {
  return { ...process.env, GIT_TERMINAL_PROMPT: '0', GIT_OPTIONAL_LOCKS: '0' };
}

function asUsageError(error: Error): Error {
  if (!('code' in error) || error.code !== 'ENOENT') return error;
  return new UsageError(
    '--against needs git, and there is none on the PATH; install it, or leave --against out to compare with the work tree',
    { cause: error },
  );
}
