import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { build } from 'esbuild';
import { bundle } from '../scripts/build.mjs';
import { documentsModule, kinds } from './documents.ts';
import { rows, writeFleet } from './fleet.ts';
import { type Cost, probeSource, runNode } from './process.ts';

/** What the parts of the bench share: where they work, and the two programs that are compared. */
export interface Scene {
  readonly directory: string;
  /** Orgs of an ordinary large fleet. */
  readonly orgs: number;
  readonly rounds: number;
  /** The program, for what is no synth. */
  readonly cli: string;
  /** Output of synth for one org of each kind. */
  readonly sample: string;
  /** Runs synth. @param more further arguments. */
  synth(source: string, out: string, more?: readonly string[], exitCodes?: readonly number[]): Cost;
  floor(source: string, out: string): Cost;
}

const settings = 'examples/fleet/platform.yaml';

/** Lends a scene, in a directory of its own below `base`. Both programs are bundles of plain JavaScript in processes of their own. */
export async function withScene<T>(
  base: string,
  sizes: Pick<Scene, 'orgs' | 'rounds'>,
  work: (scene: Scene) => Promise<T>,
): Promise<T> {
  const directory = mkdtempSync(join(base, 'lakekeeper-gitops-bench-'));
  // Inside the repository, where they find its packages and files.
  mkdirSync('.bench', { recursive: true });
  const programs = mkdtempSync(resolve('.bench/run-'));
  try {
    await bundle(join(programs, 'lib'));
    const cli = join(programs, 'lib', 'cli.js');
    writeFileSync(join(directory, 'probe.mjs'), probeSource);
    const synth: Scene['synth'] = (source, out, more = [], exitCodes = [0]) =>
      runNode(
        directory,
        [cli, 'synth', '--warehouses', source, '--platform', settings, '--out', out, ...more],
        exitCodes,
      );
    const sample = join(directory, 'sample');
    synth(writeFleet(join(directory, 'sample.json'), rows(kinds)), sample);
    const documents = join(directory, 'documents.mjs');
    writeFileSync(documents, documentsModule(sample));
    const program = join(programs, 'floor.mjs');
    await build({
      entryPoints: ['bench/floor.ts'],
      outfile: program,
      bundle: true,
      packages: 'external',
      platform: 'node',
      format: 'esm',
      logLevel: 'warning',
    });
    const floor: Scene['floor'] = (source, out) => runNode(directory, [program, source, documents, out]);
    return await work({ directory, ...sizes, cli, sample, synth, floor });
  } finally {
    for (const used of [directory, programs]) rmSync(used, { recursive: true, force: true });
  }
}

/** Lends an output directory that is not there yet. What is in it is removed afterwards, outside of what is measured. */
export function inNewDirectory<T>({ directory }: Scene, work: (out: string) => T): T {
  const out = join(directory, 'out');
  mkdirSync(directory, { recursive: true });
  try {
    return work(out);
  } finally {
    rmSync(out, { recursive: true, force: true });
  }
}

/**
 * Runs several things by turns, so that what slows the machine down slows all of them, after a round that warms caches and does not count.
 *
 * @returns for each thing what it cost in each round.
 */
export function byTurns<K extends string>(
  rounds: number,
  things: (round: number) => Record<K, Cost>,
): Record<K, Cost>[] {
  const costs: Record<K, Cost>[] = [];
  for (let round = 0; round <= rounds; round++) {
    const cost = things(round);
    if (round > 0) costs.push(cost);
  }
  return costs;
}

export function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}
