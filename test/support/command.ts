import { runProgram } from '../../src/commands/run-program.ts';
import type { Ended } from './program.ts';

/**
 * Runs a command in this process, which takes a tenth of the time of a process of its own. Signals, closed streams and
 * how the program starts need a real one: `program.ts`.
 */
export function runCommand(
  args: readonly string[],
  { cwd = process.cwd() }: { readonly cwd?: string } = {},
): Promise<Ended> {
  // One at a time: directory, output and exit code are those of the process.
  const ended = former.then(() => run(args, cwd));
  former = ended.catch(() => undefined);
  return ended;
}

let former: Promise<unknown> = Promise.resolve();

async function run(args: readonly string[], cwd: string): Promise<Ended> {
  const directory = process.cwd();
  const { argv, exitCode, stdout, stderr } = process;
  const writes = [stdout.write, stderr.write] as const;
  const signals = ['SIGINT', 'SIGTERM'] as const;
  const listeners = signals.map((signal) => process.listeners(signal));
  const output = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const)
    process[name].write = (chunk: string | Uint8Array) => {
      output[name] += chunk.toString();
      return true;
    };
  process.argv = [process.execPath, 'lakekeeper-gitops', ...args];
  process.exitCode = 0;
  process.chdir(cwd);
  try {
    await runProgram();
    return { code: Number(process.exitCode), ...output };
  } finally {
    process.chdir(directory);
    process.argv = argv;
    process.exitCode = exitCode;
    [stdout.write, stderr.write] = writes;
    for (const [i, signal] of signals.entries())
      for (const listener of process.listeners(signal))
        if (!listeners[i]?.includes(listener)) process.removeListener(signal, listener);
  }
}
