import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';

export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

const root = new URL('../../', import.meta.url).pathname;

/** Runs the program, built by the global set-up, in a process of its own, as a user would. */
export async function lakekeeperGitops(
  args: readonly string[],
  options: { cwd?: string; env?: NodeJS.ProcessEnv } = {},
): Promise<Ended> {
  const { PGHOST: _, PGDATABASE: __, LAKEKEEPER_GITOPS_WAREHOUSES: ___, ...env } = process.env;
  const child = spawn(process.execPath, [`${root}lib/cli.js`, ...args], {
    cwd: options.cwd ?? root,
    env: { ...env, ...options.env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const [stdout, stderr, [code]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, 'close'),
  ]);
  return { code, stdout, stderr };
}
