import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { arch, cpus, platform, tmpdir, totalmem } from 'node:os';
import { parseArgs } from 'node:util';
import type { Row } from './part.ts';
import { parts } from './parts.ts';
import { withScene } from './scene.ts';

/**
 * `npm run bench [-- [--check] [--rounds 5] [--orgs 10000] [--dir <directory>] [part…]]`: how long synth takes and how much memory, as ratios
 * within one run. All parts together also write `bench/RESULTS.md`. With `--check` it exits 1 when a goal is missed.
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
if (unknown.length > 0) {
  console.error(`there is no part ${unknown.join(', ')}; known are ${names.join(', ')}`);
  process.exit(2);
}

const chosen = parts.filter(({ name }) => positionals.length === 0 || positionals.includes(name));
const sizes = { orgs: Number(values.orgs), rounds: Number(values.rounds) };
const rows = await withScene(values.dir, sizes, async (scene) => {
  const seen: Row[] = [];
  for (const part of chosen) {
    console.error(`${part.name} …`);
    const found = await part.measure(scene);
    console.error(asTable(found));
    seen.push(...found);
  }
  return seen;
});
const table = asTable(rows);
console.log(table);
if (chosen.length === parts.length) writeFileSync('bench/RESULTS.md', asDocument(table));
if (values.check && rows.some(isMissed)) process.exitCode = 1;

function isMissed({ seen, goal }: Row): boolean {
  return !(seen <= goal);
}

function asTable(seen: readonly Row[]): string {
  const number = (value: number | undefined, unit: string) =>
    value === undefined ? '' : `${value.toFixed(unit === 'MB' ? 0 : 2)} ${unit}`;
  const lines = seen.map(
    (row) =>
      `| ${row.what} | ${number(row.goal, row.unit)} | ${number(row.seen, row.unit)} | ${number(row.cpu, row.unit)} | ${isMissed(row) ? 'missed' : 'met'} | ${row.details} |`,
  );
  return [
    '| What | At most | Seen | Of processor time | | |',
    '| --- | --- | --- | --- | --- | --- |',
    ...lines,
  ].join('\n');
}

function asDocument(results: string): string {
  const machine = `${cpus().length} × ${cpus()[0]?.model.trim()}, ${(totalmem() / 2 ** 30).toFixed(0)} GB, ${platform()} ${arch()}`;
  const flags = process.argv.slice(2);
  const command = ['npm run bench', ...(flags.length > 0 ? ['--', ...flags] : [])].join(' ');
  const commit = execFileSync('git', ['rev-parse', '--short', 'HEAD'], { encoding: 'utf8' }).trim();
  return `# Results

Made by \`${command}\` at ${commit}, on ${machine}, Node ${process.versions.node}, with ${sizes.rounds} rounds after one that warms up.

Ratios are of the time until the process ends, of two things that ran in turns: the median of the rounds. Beside it stands the same of processor
time (user and system), which says more when the machine has other work; goals are for the first. The floor reads the same source into plain objects by its
own parser, makes the same documents as plain objects, and writes them by \`JSON.stringify\` into the same files (bench/floor.ts).

${results}
`;
}
