/**
 * Errors for people. The message says what was expected, what was seen and what to do next. The entry files print the
 * message and its causes, never a stack, and choose the exit code by the class. Any other error is transient (exit code
 * 1).
 */

/** The command line or a settings file is wrong, and has to be changed. */
export class UsageError extends Error {
  override name = 'UsageError';
}

/** A retry cannot help; a person has to act. */
export class PermanentError extends Error {
  override name = 'PermanentError';
}

/** Exit codes of every command, as documented in `docs/reference.md`. */
export const ExitCode = {
  done: 0,
  transient: 1,
  usage: 2,
  someRejected: 3,
  permanent: 4,
  /** For `plan --exit-code` only. Not 1 or 2: a failure must not be mistaken for changes. */
  changes: 5,
} as const;
export type ExitCode = (typeof ExitCode)[keyof typeof ExitCode];

export function exitCodeOf(error: unknown): ExitCode {
  if (error instanceof UsageError) return ExitCode.usage;
  if (error instanceof PermanentError) return ExitCode.permanent;
  return ExitCode.transient;
}

/** The messages of an error and of its causes, one line each, without stacks. */
export function explain(error: unknown): string {
  const seen = new Set<unknown>();
  const lines: string[] = [];
  for (let e = error; e !== undefined && !seen.has(e); e = e instanceof Error ? e.cause : undefined) {
    seen.add(e);
    const message = messageOf(e);
    // Libraries often repeat the message of the cause.
    if (!lines.some((line) => line.includes(message))) lines.push(message);
  }
  return lines.join('\n  because: ');
}

function messageOf(error: unknown): string {
  // A connection attempt to several addresses fails with one error for each and an empty message.
  if (error instanceof AggregateError && error.message === '') return error.errors.map(messageOf).join('; ');
  return error instanceof Error ? error.message : String(error);
}
