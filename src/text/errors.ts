/**
 * Errors a person is meant to read. They say what was expected, what was seen and what to do next; the
 * entry files print the message and its causes, never a stack, and choose the exit code from the class.
 * Any other error is transient when it comes from outside (exit code 1).
 */

/** The command was called wrongly, or a settings file is wrong: the user has to change something. */
export class UsageError extends Error {
  override name = 'UsageError';
}

/** Trying again cannot help; a person has to decide. */
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
  /** Of `plan --exit-code` alone: 1 and 2 are taken, and a gate must not take a failure for changes. */
  changes: 5,
} as const;
export type ExitCode = (typeof ExitCode)[keyof typeof ExitCode];

export function exitCodeOf(error: unknown): ExitCode {
  if (error instanceof UsageError) return ExitCode.usage;
  if (error instanceof PermanentError) return ExitCode.permanent;
  return ExitCode.transient;
}

/** The message of an error and of its causes, one line each, without a stack. */
export function explain(error: unknown): string {
  const seen = new Set<unknown>();
  const lines: string[] = [];
  for (let e = error; e !== undefined && !seen.has(e); e = e instanceof Error ? e.cause : undefined) {
    seen.add(e);
    const message = messageOf(e);
    // Libraries often repeat a cause's message in their own.
    if (!lines.some((line) => line.includes(message))) lines.push(message);
  }
  return lines.join('\n  because: ');
}

function messageOf(error: unknown): string {
  // An attempt at several addresses fails with one error for each, and no message of its own.
  if (error instanceof AggregateError && error.message === '') return error.errors.map(messageOf).join('; ');
  return error instanceof Error ? error.message : String(error);
}
