import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import type { LakekeeperPrograms } from './lakekeeper-image.ts';
import type { Pod } from './pod.ts';
import { type PodProcess, startInPod } from './pod-process.ts';

/** The executable of a real Lakekeeper, `LAKEKEEPER_SERVER`, which catalogs' pods run instead of the stand-in. */
export const serverUnderTest = process.env.LAKEKEEPER_SERVER || undefined;

/** @returns the version that it says it has, without a `v`. */
export async function versionOf(executable: string): Promise<string> {
  const { stdout } = await promisify(execFile)(executable, ['version']);
  const found = /\d+\.\d+\.\d+/.exec(stdout)?.[0];
  if (found === undefined) throw new Error(`${executable} version says no version: ${stdout}`);
  return found;
}

/**
 * The container's command line, its environment, mounts and /etc. A pod has a network of its own; here it has an
 * address of its own, at which the server is told to listen (LAKEKEEPER__BIND_IP), and no metadata service that AWS's
 * library would look for.
 */
export function lakekeeperExecutable(executable: string): LakekeeperPrograms {
  const commandOf = ({ spec }: Pod) => [executable, ...(spec.containers[0].args ?? [])];
  return {
    migrate: async (pod, surroundings) => {
      const { child, remove } = await startInPod(pod, surroundings, commandOf(pod));
      const said = Promise.all([text(child.stdout), text(child.stderr)]);
      const [code] = await once(child, 'close');
      await remove();
      if (code !== 0) throw new Error(`${code}: ${lastOf((await said).join(''))}`);
    },
    serve: async (pod, surroundings) => {
      const host = `127.${[0, 0, 0].map(() => 1 + Math.floor(Math.random() * 253)).join('.')}`;
      const process = await startInPod(pod, surroundings, commandOf(pod), {
        LAKEKEEPER__BIND_IP: host,
        AWS_EC2_METADATA_DISABLED: 'true',
      });
      const { child, remove } = process;
      let output = '';
      for (const stream of [child.stdout, child.stderr])
        stream.setEncoding('utf8').on('data', (chunk) => (output = (output + chunk).slice(-10_000)));
      const ended = once(child, 'close').then(remove, remove);
      const port = pod.spec.containers[0].ports?.find(({ name }) => name === 'http')?.containerPort ?? 8181;
      if (!(await isReady(process, `http://${host}:${port}/health`)))
        throw new Error(`${child.exitCode}: ${lastOf(output)}`);
      return { host, port, ended, stop: () => void child.kill('SIGTERM') };
    },
  };
}

/** As its readiness probe asks. @returns false when it has ended first. */
async function isReady({ child }: PodProcess, health: string): Promise<boolean> {
  while (child.exitCode === null && child.signalCode === null) {
    const { ok } = await fetch(health).catch(() => ({ ok: false }));
    if (ok) return true;
    await sleep(100);
  }
  return false;
}

function lastOf(output: string): string {
  return output.trimEnd().split('\n').slice(-3).join('\n');
}
