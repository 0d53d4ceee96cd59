import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';

/** What a process took. */
export interface Cost {
  /** Seconds until it ended. */
  readonly wall: number;
  /** Seconds of processors, in the program and in the system for it; NaN where it is not known. */
  readonly cpu: number;
  /** The most memory that it had at a time, MB; NaN where it is not known. */
  readonly memory: number;
}

/** Runs programs to their end, and says what they took. */
export class Runner {
  /**
   * @param directory where the programs' outputs, and what they took, are written.
   * @param signal ends the program that runs, and every later one.
   */
  constructor(
    private readonly directory: string,
    private readonly signal: AbortSignal,
  ) {}

  /**
   * Runs a program of Node's, with a module that writes down what it took. @throws Error when it does not end with
   * one of the exit codes.
   */
  async node(args: readonly string[], exitCodes: readonly number[] = [0]): Promise<Cost> {
    const file = join(this.directory, 'usage.json');
    const env = { BENCH_USAGE: file };
    const wall = await this.run(process.execPath, ['--import', probe, ...args], exitCodes, env);
    const usage = JSON.parse(readFileSync(file, 'utf8')) as NodeJS.ResourceUsage;
    return { wall, cpu: (usage.userCPUTime + usage.systemCPUTime) / 1e6, memory: usage.maxRSS / 1024 };
  }

  /** Runs any program, of which the time alone is known. @throws Error when it does not end with 0. */
  async program(program: string, args: readonly string[]): Promise<Cost> {
    return { wall: await this.run(program, args, [0], {}), cpu: Number.NaN, memory: Number.NaN };
  }

  private async run(
    program: string,
    args: readonly string[],
    exitCodes: readonly number[],
    env: Record<string, string>,
  ): Promise<number> {
    await writeBack();
    // To files, as a pipe would make it wait for us.
    const output = openSync(join(this.directory, 'output.txt'), 'w');
    const errors = openSync(this.errors, 'w');
    const start = performance.now();
    const child = spawn(program, args, {
      env: { ...process.env, ...env },
      stdio: ['ignore', output, errors],
      signal: this.signal,
    });
    try {
      const status = await end(child);
      const wall = (performance.now() - start) / 1000;
      if (status !== null && exitCodes.includes(status)) return wall;
      const said = readFileSync(this.errors, 'utf8').slice(0, 2000);
      throw new Error(`${program} ${args.join(' ')} ended with ${status}:\n${said}`);
    } finally {
      closeSync(output);
      closeSync(errors);
    }
  }

  private get errors(): string {
    return join(this.directory, 'errors.txt');
  }
}

/**
 * Waits until a program has ended, also when it is interrupted: until then it writes. @returns its exit code, null
 * after a signal.
 */
async function end(child: ChildProcess): Promise<number | null> {
  const failures: Error[] = [];
  child.on('error', (error) => failures.push(error));
  const status = await new Promise<number | null>((resolve) => child.once('close', resolve));
  const [failure] = failures;
  if (failure !== undefined) throw failure;
  return status;
}

const probeSource = `
import { writeFileSync } from 'node:fs';
process.on('exit', () => writeFileSync(process.env.BENCH_USAGE, JSON.stringify(process.resourceUsage())));
`;
const probe = `data:text/javascript,${encodeURIComponent(probeSource)}`;

/**
 * Has the system write to the disk what earlier programs left in memory: during the next one, it would slow that
 * down.
 */
async function writeBack(): Promise<void> {
  try {
    await promisify(execFile)('sync');
  } catch (error) {
    // Not every system has it.
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
}
