import { spawnSync } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** What a process took. */
export interface Cost {
  /** Seconds until it ended. */
  readonly wall: number;
  /** Seconds of processors, in the program and in the system for it; NaN where it is not known. */
  readonly cpu: number;
  /** The most memory that it had at a time, MB; NaN where it is not known. */
  readonly memory: number;
}

/** Runs a program of Node's to its end, with a module that notes what it took. @throws Error when it does not end with one of the exit codes. */
export function runNode(
  directory: string,
  args: readonly string[],
  exitCodes: readonly number[] = [0],
): Cost {
  const notes = join(directory, 'usage.json');
  const probe = join(directory, 'probe.mjs');
  const wall = run(process.execPath, ['--import', probe, ...args], directory, exitCodes, {
    BENCH_USAGE: notes,
  });
  const usage = JSON.parse(readFileSync(notes, 'utf8')) as NodeJS.ResourceUsage;
  return { wall, cpu: (usage.userCPUTime + usage.systemCPUTime) / 1e6, memory: usage.maxRSS / 1024 };
}

export function runProgram(directory: string, program: string, args: readonly string[]): Cost {
  return { wall: run(program, args, directory, [0], {}), cpu: Number.NaN, memory: Number.NaN };
}

/** Source of the module that notes what a process took. */
export const probeSource = `
import { writeFileSync } from 'node:fs';
process.on('exit', () => writeFileSync(process.env.BENCH_USAGE, JSON.stringify(process.resourceUsage())));
`;

function run(
  program: string,
  args: readonly string[],
  directory: string,
  exitCodes: readonly number[],
  env: Record<string, string>,
): number {
  // To a file, as a pipe would make it wait for us.
  const output = openSync(join(directory, 'output.txt'), 'w');
  const start = performance.now();
  const { status, stderr } = spawnSync(program, args, {
    env: { ...process.env, ...env },
    stdio: ['ignore', output, 'pipe'],
    maxBuffer: 1 << 30,
  });
  const wall = (performance.now() - start) / 1000;
  closeSync(output);
  if (status === null || !exitCodes.includes(status))
    throw new Error(
      `${program} ${args.join(' ')} ended with ${status}:\n${stderr.toString().slice(0, 2000)}`,
    );
  return wall;
}
