import { setTimeout as sleep } from 'node:timers/promises';
import { printToStderr } from '../text/command-line.ts';
import { type ExitCode, exitCodeOf, explain } from '../text/errors.ts';
import { printableLines } from '../text/printable.ts';

/**
 * Repeats a check until the signal. A check that fails is printed and the next one follows, but for the first: what it
 * was started with may be wrong.
 *
 * @returns the exit code of the last check that was not interrupted.
 * @throws what the first check throws, or the reason of the signal when it interrupts the first check.
 */
export async function repeatCheck(
  check: () => Promise<ExitCode>,
  intervalMs: number,
  signal: AbortSignal,
): Promise<ExitCode> {
  let exitCode = await check();
  while (await passes(intervalMs, signal)) {
    try {
      exitCode = await check();
    } catch (error) {
      if (signal.aborted) break;
      printToStderr(`error: ${printableLines(explain(error))}\nthe check is repeated`);
      exitCode = exitCodeOf(error);
    }
  }
  return exitCode;
}

/** Whether the time passes before the signal. */
async function passes(milliseconds: number, signal: AbortSignal): Promise<boolean> {
  try {
    await sleep(milliseconds, undefined, { signal });
    return true;
  } catch {
    return false;
  }
}
