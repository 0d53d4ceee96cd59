import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { build } from 'esbuild';
import { bundle } from '../scripts/build.mjs';
import { documentsModule } from './documents.ts';
import { rows } from './fleet.ts';
import { type Cost, Runner } from './process.ts';
import { writeFleet } from './sources.ts';
import { kinds } from './values.ts';

/** How much the bench does. */
export interface Sizes {
  /** Orgs of an ordinary large fleet. */
  readonly orgs: number;
  /** How often everything is measured, after a round that warms up. */
  readonly rounds: number;
}

/** What the parts of the bench share: where they work, and the two programs that are compared. */
export interface Scene extends Sizes {
  readonly directory: string;
  readonly runner: Runner;
  /** The program, for what is no synth. */
  readonly cli: string;
  /** Output of synth for one org of each kind. */
  readonly sample: string;
  /** A directory that is not there yet. */
  newOutput(): string;
  /** Runs synth. @param more further arguments. */
  synth(source: string, out: string, more?: readonly string[], exitCodes?: readonly number[]): Promise<Cost>;
  plan(source: string, out: string, settings: string): Promise<Cost>;
  /** Makes the documents of a sample: of `sample`, when left out. */
  floor(source: string, out: string, sample?: string): Promise<Cost>;
  /** The platform settings. */
  readonly settings: string;
}

const settings = 'examples/fleet/platform.yaml';

/**
 * Lends a scene, in a directory of its own below `base`. Both programs are bundles of plain JavaScript in processes
 * of their own.
 *
 * Nothing is removed before the end, not even between two runs: for minutes ext4 does not give the inodes of deleted
 * files to new ones, and passes over each of them whenever it looks for a free one. Beside 30,000 deleted files a new
 * one takes twenty times as long, for every program alike, and a bench that cleans up behind each run measures that.
 * So do two benches in one place, with less than five minutes between them.
 *
 * @param signal ends it: `work` fails, and everything is removed.
 */
export async function withScene<T>(
  base: string,
  sizes: Sizes,
  signal: AbortSignal,
  work: (scene: Scene) => Promise<T>,
): Promise<T> {
  const directory = mkdtempSync(join(base, 'lakekeeper-gitops-bench-'));
  // Inside the repository, where they find its packages and files.
  mkdirSync('.bench', { recursive: true });
  const programs = mkdtempSync(resolve('.bench/run-'));
  try {
    await bundle(join(programs, 'lib'));
    const cli = join(programs, 'lib', 'cli.js');
    const runner = new Runner(directory, signal);
    const synth: Scene['synth'] = (source, out, more = [], exitCodes = [0]) =>
      runner.node(
        [cli, 'synth', '--warehouses', source, '--platform', settings, '--out', out, ...more],
        exitCodes,
      );
    const plan: Scene['plan'] = (source, out, platform) =>
      runner.node([cli, 'plan', '--warehouses', source, '--platform', platform, '--out', out]);
    const sample = join(directory, 'sample');
    await synth(writeFleet(join(directory, 'sample.json'), rows(kinds)), sample);
    const program = await bundleFloor(programs);
    const floor: Scene['floor'] = (source, out, of = sample) => {
      const documents = `${of}.mjs`;
      if (!existsSync(documents)) writeFileSync(documents, documentsModule(of));
      return runner.node([program, source, documents, out]);
    };
    let outputs = 0;
    const newOutput = () => join(directory, `out-${++outputs}`);
    return await work({ ...sizes, directory, runner, cli, sample, newOutput, synth, plan, floor, settings });
  } finally {
    console.error(`removing ${directory} …`);
    for (const used of [directory, programs]) rmSync(used, { recursive: true, force: true });
  }
}

async function bundleFloor(directory: string): Promise<string> {
  const program = join(directory, 'floor.mjs');
  await build({
    entryPoints: ['bench/floor.ts'],
    outfile: program,
    bundle: true,
    packages: 'external',
    platform: 'node',
    format: 'esm',
    logLevel: 'warning',
  });
  return program;
}

/**
 * Runs several things by turns, so that what slows the machine down slows all of them, after a round that warms
 * caches and does not count.
 *
 * @param things what is run in a round; the one that warms up is number 0.
 * @returns for each thing what it cost in each round.
 */
export async function byTurns<K extends string>(
  { rounds }: Pick<Sizes, 'rounds'>,
  things: (round: number) => Promise<Record<K, Cost>>,
): Promise<Record<K, Cost>[]> {
  const costs: Record<K, Cost>[] = [];
  for (let round = 0; round <= rounds; round++) {
    const cost = await things(round);
    if (round > 0) costs.push(cost);
  }
  return costs;
}
