import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import type { Pod } from './pod.ts';
import { type PodProcess, type Surroundings, startInPod } from './pod-process.ts';

export interface Ending {
  readonly code: number;
  /** What it wrote, both streams. */
  readonly output: string;
}

/** Runs the container of a registration pod to its end. */
export type RunRegistration = (pod: Pod, surroundings: Surroundings) => Promise<Ending>;

const cli = new URL('../../../lib/cli.js', import.meta.url).pathname;

/** What our own image does in a pod: the container's command line. */
export async function runProgram(pod: Pod, surroundings: Surroundings): Promise<Ending> {
  const [{ command = [], args = [] }] = pod.spec.containers;
  const [program, ...more] = command;
  if (program !== 'lakekeeper-gitops') throw new Error(`the image has no program ${program}`);
  const { child, remove } = await startInPod(pod, surroundings, [process.execPath, cli, ...more, ...args]);
  return endingOf(child).finally(remove);
}

/** Waits for the end of a container. */
export async function endingOf(child: PodProcess['child']): Promise<Ending> {
  const [stdout, stderr, [code]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, 'close'),
  ]);
  return { code: code ?? 143, output: stdout + stderr };
}
