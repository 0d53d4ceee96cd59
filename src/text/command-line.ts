import type { ExitCode } from './errors.ts';

/** What a command ends with: its output, and the exit code that says what happened. */
export interface Outcome {
  readonly exitCode: ExitCode;
}

/** The command's result, for people or for scripts. A reader that has seen enough (`| head`) is no failure. */
export function print(text: string): void {
  if (process.stdout.listenerCount('error') === 0)
    process.stdout.on('error', (error) => {
      if (!('code' in error) || error.code !== 'EPIPE') throw error;
    });
  process.stdout.write(text.endsWith('\n') ? text : `${text}\n`);
}

/** Everything else, so that stdout stays the result alone. */
export function say(text: string): void {
  process.stderr.write(text.endsWith('\n') ? text : `${text}\n`);
}

/** Columns of the terminal that results go to; undefined when they go elsewhere. */
export function terminalWidth(): number | undefined {
  return process.stdout.isTTY ? process.stdout.columns : undefined;
}
