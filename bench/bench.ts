import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { arch, cpus, platform, tmpdir, totalmem } from 'node:os';
import { parseArgs } from 'node:util';
import type { Row } from './part.ts';
import { parts } from './parts.ts';
import { asDocument, asTable, type Circumstances, isMissed } from './results.ts';
import { type Scene, withScene } from './scene.ts';
import { freeSpace, neededSpace, shortage } from './space.ts';

/**
 * `npm run bench [-- [--check] [--rounds 5] [--orgs 10000] [--dir <directory>] [part…]]`: how long synth takes and
 * how much memory, as ratios within one run. All parts together also write `bench/RESULTS.md`. With `--check` it
 * exits 1 when a goal is missed.
 */
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    check: { type: 'boolean', default: false },
    rounds: { type: 'string', default: '5' },
    orgs: { type: 'string', default: '10000' },
    dir: { type: 'string', default: tmpdir() },
  },
});
const names = parts.map(({ name }) => name);
const unknown = positionals.filter((name) => !names.includes(name));
if (unknown.length > 0) refuse(`there is no part ${unknown.join(', ')}; known are ${names.join(', ')}`);

const chosen = parts.filter(({ name }) => positionals.length === 0 || positionals.includes(name));
// The growth part has a tenth of the orgs too, and `documentsOf` looks at the first fifty.
const sizes = { orgs: wholeNumber('orgs', 50), rounds: wholeNumber('rounds', 1) };
const free = await freeSpace(values.dir).catch((error: Error) => refuse(`--dir: ${error.message}`));
const lacking = shortage(values.dir, neededSpace(chosen, sizes), free);
if (lacking !== undefined) refuse(lacking);

const interruption = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => interruption.abort());

try {
  await withScene(values.dir, sizes, interruption.signal, async (scene) => {
    const rows = await measureAll(scene);
    console.log(asTable(rows));
    // Before the scene ends: on a slow disk, removing its files takes half an hour.
    if (chosen.length === parts.length) writeFileSync('bench/RESULTS.md', asDocument(rows, circumstances()));
    if (values.check && rows.some(isMissed)) process.exitCode = 1;
  });
} catch (error) {
  if (!interruption.signal.aborted) throw error;
  console.error('interrupted');
  process.exitCode = 130;
}

async function measureAll(scene: Scene): Promise<Row[]> {
  const rows: Row[] = [];
  for (const part of chosen) {
    console.error(`${part.name} …`);
    const found = await part.measure(scene);
    console.error(asTable(found));
    rows.push(...found);
  }
  return rows;
}

function circumstances(): Circumstances {
  const flags = process.argv.slice(2);
  return {
    command: ['npm run bench', ...(flags.length > 0 ? ['--', ...flags] : [])].join(' '),
    commit: execFileSync('git', ['rev-parse', '--short', 'HEAD'], { encoding: 'utf8' }).trim(),
    machine:
      `${cpus().length} × ${cpus()[0]?.model.trim()}, ${(totalmem() / 2 ** 30).toFixed(0)} GB, ` +
      `${platform()} ${arch()}, Node ${process.versions.node}`,
    rounds: sizes.rounds,
  };
}

function wholeNumber(flag: 'orgs' | 'rounds', least: number): number {
  const value = Number(values[flag]);
  return Number.isInteger(value) && value >= least
    ? value
    : refuse(`--${flag} ${values[flag]}: expected a whole number of at least ${least}`);
}

function refuse(message: string): never {
  console.error(message);
  process.exit(2);
}
