import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { readFile } from 'node:fs/promises';

/**
 * A shell between us and the program. It holds a pipe that closes when we stop the program, and when we end in
 * whatever way, also by SIGKILL: then it ends the program, politely at first, and removes its directory.
 */
const supervisor = `
  directory=$1; shift
  exec 3<&0
  ("$@" 3<&- </dev/null) & program=$!
  (cat <&3 >/dev/null; kill -TERM "$program" 2>/dev/null; sleep 5; kill -KILL "$program" 2>/dev/null) & watcher=$!
  wait "$program"; code=$?
  while kill -0 "$program" 2>/dev/null; do wait "$program"; code=$?; done
  pkill -KILL -P "$watcher" 2>/dev/null; kill -KILL "$watcher" 2>/dev/null
  # What still ends may write there until it has.
  if [ -n "$directory" ]; then rm -rf "$directory"; [ ! -e "$directory" ] || { sleep 6; rm -rf "$directory"; }; fi
  exit "$code"`;

export interface ProgramOptions {
  readonly env?: NodeJS.ProcessEnv;
  readonly cwd?: string;
  /** Removed when the program has ended. */
  readonly directory?: string;
  /** Where its output goes. */
  readonly log: string;
}

export interface Supervised extends AsyncDisposable {
  /** Settles when the program has ended. */
  readonly ended: Promise<number>;
  /** The last lines that the program said. */
  said(lines?: number): Promise<string>;
  stop(): Promise<void>;
}

/** For programs in Go: memory is there, and to collect garbage takes a fifth of their processor time. */
export const seldomCollect = { GOGC: '400' };

/** Starts a program that ends with this process, at the latest. */
export function supervise(command: string, args: readonly string[], options: ProgramOptions): Supervised {
  // A file and no pipe: what writes to it when we have ended must not fail of it.
  const log = openSync(options.log, 'a');
  const child: ChildProcess = spawn(
    '/bin/sh',
    ['-c', supervisor, 'sh', options.directory ?? '', command, ...args],
    {
      cwd: options.cwd ?? '/',
      env: options.env ?? { ...seldomCollect, PATH: process.env.PATH, HOME: process.env.HOME },
      stdio: ['pipe', log, log],
      // Ctrl-C in a terminal goes to the whole process group; the pipe tells it, in order.
      detached: true,
    },
  );
  closeSync(log);
  child.stdin?.on('error', () => {});
  child.unref();
  const ended = once(child, 'exit').then(([code]) => code ?? 1);
  const stop = async () => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    child.ref();
    child.stdin?.end();
    await ended;
  };
  return {
    ended,
    said: async (lines = 20) =>
      (await readFile(options.log, 'utf8').catch(() => '')).trimEnd().split('\n').slice(-lines).join('\n'),
    stop,
    [Symbol.asyncDispose]: stop,
  };
}
