import { givenCredentials } from './given-credentials.ts';

const output = new AbortController();

/** Aborted when nothing more can be written to stdout: its reader is gone, or the disk is full. */
export const outputEnd: AbortSignal = output.signal;

/** Writes the result to stdout. A reader that closes the pipe early (`| head`) is not an error. */
export function print(text: string): void {
  if (process.stdout.listenerCount('error') === 0) process.stdout.on('error', (error) => output.abort(error));
  process.stdout.write(text.endsWith('\n') ? text : `${text}\n`);
}

/**
 * Writes all other output to stderr, so that stdout has only the result. Credentials that were given to this process
 * are redacted.
 */
export function printToStderr(text: string): void {
  process.stderr.write(givenCredentials().apply(text.endsWith('\n') ? text : `${text}\n`));
}

/** Columns of the terminal that stdout is; undefined when it is not a terminal. */
export function terminalWidth(): number | undefined {
  return process.stdout.isTTY ? process.stdout.columns : undefined;
}
