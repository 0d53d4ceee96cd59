/**
 * `npm run bench:register -- [--orgs 100,1000] [--rounds 3] [--check]`: registration, repair and status of fleets by
 * the program itself, as counts, times and goals. Postgres is real; the Kubernetes API, the operator and Lakekeeper
 * are the tests' stand-ins. All share the processors with the program, so the time that each takes is stated. Writes
 * `bench/RESULTS-register.md`. With `--check` it exits 1 when a goal is missed. Linux: it reads /proc.
 */
import { writeFile } from 'node:fs/promises';
import { cpus } from 'node:os';
import { parseArgs } from 'node:util';
import { type Measured, withFleet } from './registered-fleet.ts';
import { type Distance, goals } from './registration-goals.ts';
import { asTable, isMissed } from './results.ts';

const { values } = parseArgs({
  options: {
    orgs: { type: 'string', default: '100,1000' },
    rounds: { type: 'string', default: '3' },
    check: { type: 'boolean', default: false },
  },
});
const sizes = values.orgs.split(',').map(Number);
const concurrency = 16;
/** The default number of orgs at a time. A repair runs in the cluster, status on the machine of a person. */
const distances: readonly Distance[] = [
  { command: 'repair', latencyMs: 5, concurrency: 4 },
  { command: 'status', latencyMs: 50, concurrency: 16 },
];
/** As good as none, so that they are not what is measured. */
const noLimits = ['--api-requests-per-second', '999', '--postgres-connections-per-second', '999'];
const flags = { repair: noLimits, status: ['--output', 'json'] };

const columns = [
  ...['What', 'Orgs', 'API server', 'Lakekeeper', 'Connections', 'Statements', 'Writes'],
  ...['Program', 'Stand-ins', 'Postgres', 'Peak', 'Time', 'At a time'],
];

function line({ what, orgs, counts, cost, elsewhere }: Measured): string {
  const each = (count: number) => String(Math.round((count / orgs) * 10) / 10);
  const time = (seconds: number) => `${((seconds / orgs) * 1000).toFixed(1)} ms`;
  const { kubernetes, lakekeeper, connections, statements, writes } = counts;
  return [
    '',
    what,
    orgs,
    ...[kubernetes, lakekeeper, connections, statements, writes].map(each),
    ...[cost.cpu, elsewhere.servers, elsewhere.postgres].map(time),
    `${Math.round(cost.memory)} MB`,
    `${cost.wall.toFixed(1)} s`,
    // A new org has watches, which end when they are no longer needed.
    what.endsWith('in order') ? counts.atATime : '',
    '',
  ]
    .join(' | ')
    .trim();
}

const measured: Measured[] = [];
const rounds = new Map<Distance, Measured[][]>(distances.map((distance) => [distance, []]));
for (const orgs of sizes)
  await withFleet(orgs, async (measure) => {
    const note = async (...run: Parameters<typeof measure>) => {
      const result = await measure(...run);
      measured.push(result);
      console.log(line(result));
      return result;
    };
    const one = ['register', '--org', 'org-1'];
    const all = ['--concurrency', String(concurrency)];
    await note('one new org', one, 1);
    await note('one org in order', one, 1);
    await note('all others new', ['register', '--all', ...all]);
    await note('all in order', ['register', '--all', ...all]);
    for (const distance of distances) {
      const { command, latencyMs, concurrency } = distance;
      const run = [command, ...flags[command], '--concurrency', String(concurrency)];
      const found: Measured[] = [];
      for (let round = 0; round < Number(values.rounds); round += 1)
        found.push(await note(`${command}, ${latencyMs} ms away, all in order`, run, orgs, latencyMs));
      rounds.get(distance)?.push(found);
    }
  });

const rows = distances.flatMap((distance) =>
  goals({
    distance,
    rounds: rounds.get(distance) as Measured[][],
  }),
);
console.log(asTable(rows));
if (values.check && rows.some(isMissed)) process.exitCode = 1;
const typed = process.argv.slice(2).join(' ');
await writeFile(
  'bench/RESULTS-register.md',
  `# Registration, repair and status

\`npm run bench:register${typed && ` -- ${typed}`}\`, Node ${process.versions.node}, ${cpus().length} processors.

## Goals

Of ${values.rounds === '1' ? 'one round' : `${values.rounds} rounds, the median`}. The time that latency needs is
round trips of an org × latency × orgs ÷ orgs at a time; the goal is 1.5 times that. The round trips are all requests,
connections and statements of a run, divided by its orgs, also where some of them are under way side by side. A
connection to Postgres counts as one, and has a few of its own. Postgres, and the stand-ins for the API server and
Lakekeeper, run on the same processors. So the time is also at least that of all three together, divided by the
processors.

Repair and status have the heap that Node takes in a container whose memory is limited to 512 MiB, as that of a
repair is. On a large machine, Node lets more of what is no longer used lie in memory.

${asTable(rows)}

## All runs

Per org: requests to the API server and to Lakekeeper, connections and statements of Postgres, writes to the two
servers, processor time of the program, of the stand-ins with the proxy before Postgres, and of Postgres. Then the peak
memory of the program, its time, and the most requests at a time. A new org also waits for its operator, by watches.
\`register\` has ${concurrency} orgs at a time.

Times depend on the other work of the machine; counts do not.

| ${columns.join(' | ')} |
|${'---|'.repeat(columns.length)}
${measured.map(line).join('\n')}
`,
);
