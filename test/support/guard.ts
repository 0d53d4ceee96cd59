import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Writable } from 'node:stream';

export type Guard = ChildProcessByStdio<Writable, null, null>;

const script = `
  if ! read -r stopped; then
    pid=$(head -n 1 "$0/data/postmaster.pid") && kill -QUIT "$pid"
    for _ in 1 2 3 4 5 6 7 8 9 10; do [ -e "$0/data/postmaster.pid" ] || break; sleep 0.2; done
  fi
  rm -rf "$0" || { sleep 1; rm -rf "$0"; }`;

/**
 * Starts a shell that outlives us. It reads a pipe that closes when this process ends for whatever reason, also by
 * SIGKILL; then it stops the server of the directory at once and removes the directory.
 */
export function spawnGuard(directory: string): Guard {
  const guard = spawn('/bin/sh', ['-c', script, directory], {
    cwd: '/',
    stdio: ['pipe', 'ignore', 'ignore'],
    // Ctrl-C in a terminal goes to the whole process group.
    detached: true,
  });
  guard.unref();
  return guard;
}

/** Tells the guard that the server has stopped: it removes the directory and ends. */
export async function dismiss(guard: Guard): Promise<void> {
  if (guard.exitCode !== null || guard.signalCode !== null) return;
  guard.ref();
  const exited = once(guard, 'exit');
  guard.stdin.end('stopped\n');
  await exited;
}
