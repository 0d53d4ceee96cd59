import type { ExitCode } from './errors.ts';

/** What a command ends with: its output, and the exit code that says what happened. */
export interface Outcome {
  readonly exitCode: ExitCode;
}

/** The command's result, for people or for scripts. */
export function print(text: string): void {
  process.stdout.write(text.endsWith('\n') ? text : `${text}\n`);
}

/** Everything else, so that stdout stays the result alone. */
export function say(text: string): void {
  process.stderr.write(text.endsWith('\n') ? text : `${text}\n`);
}
