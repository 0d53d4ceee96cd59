import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';

export interface Ended {
  /** null when a signal ended it. */
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

const root = new URL('../../', import.meta.url).pathname;

/** Flags of Node: to compile code for speed does not pay in half a second. */
export const forShortRuns = ['--no-opt'];

/** A run of the program that can be killed. */
export interface Run {
  readonly child: ChildProcess;
  /** What it has written to stderr so far. */
  stderr(): string;
  readonly ended: Promise<Ended>;
}

/** Runs the program, built by the global set-up, in a process of its own, as a user would. */
export async function lakekeeperGitops(args: readonly string[], options: RunOptions = {}): Promise<Ended> {
  return startLakekeeperGitops(args, options).ended;
}

interface RunOptions {
  readonly cwd?: string;
  readonly env?: NodeJS.ProcessEnv;
}

/** Starts the program, and does not wait for its end. */
export function startLakekeeperGitops(args: readonly string[], options: RunOptions = {}): Run {
  const { PGHOST: _, PGDATABASE: __, LAKEKEEPER_GITOPS_WAREHOUSES: ___, ...env } = process.env;
  const child = spawn(process.execPath, [...forShortRuns, `${root}lib/cli.js`, ...args], {
    cwd: options.cwd ?? root,
    env: { ...env, ...options.env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const output = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const)
    child[name].setEncoding('utf8').on('data', (chunk: string) => {
      output[name] += chunk;
    });
  const ended = once(child, 'close').then(([code]) => ({ code, ...output }));
  return { child, stderr: () => output.stderr, ended };
}
