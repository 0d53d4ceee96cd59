import { outputEnd, printToStderr } from '../text/command-line.ts';
import { ExitCode } from '../text/errors.ts';
import { codeOf } from '../text/file-system-error.ts';

/**
 * Where stdout cannot be written, says so, and lets the process end with 1, whatever the command says: a gate must not
 * pass with half a file. A reader that is gone is no error, and where stderr cannot be written, nobody can be told.
 */
export function reportOutputEnd(): void {
  if (process.stderr.listenerCount('error') === 0) process.stderr.on('error', () => {});
  outputEnd.onabort = () => {
    const { reason } = outputEnd;
    if (codeOf(reason) === 'EPIPE') return;
    printToStderr(
      `error: standard output cannot be written (${reason.message}), so it is not complete. Where the disk is full, ` +
        'free some space; then run the command again',
    );
    process.once('exit', () => {
      process.exitCode = ExitCode.transient;
    });
  };
}
