import { access, constants, writeFile } from 'node:fs/promises';
import { printToStderr } from '../text/command-line.ts';

/** Where Kubernetes reads a container's last words; 4 kB of them. */
const terminationLog = '/dev/termination-log';

/** The last line of a run, also as the container's termination message, which `kubectl describe pod` shows. */
export async function finish(message: string, file = terminationLog): Promise<void> {
  printToStderr(message);
  const isContainer = await access(file, constants.W_OK).then(
    () => true,
    () => false,
  );
  if (isContainer) await writeFile(file, Buffer.from(message).subarray(0, 4096));
}
