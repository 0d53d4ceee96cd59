import { access, constants, writeFile } from 'node:fs/promises';
import { printToStderr } from '../text/command-line.ts';

/** Kubernetes reads the termination message of a container from here: at most 4096 bytes. */
const terminationLog = '/dev/termination-log';

/** Prints the last line of a run, and writes it as the container's termination message (`kubectl describe pod`). */
export async function finish(message: string, file = terminationLog): Promise<void> {
  printToStderr(message);
  const isContainer = await access(file, constants.W_OK).then(
    () => true,
    () => false,
  );
  if (isContainer) await writeFile(file, Buffer.from(message).subarray(0, 4096));
}
