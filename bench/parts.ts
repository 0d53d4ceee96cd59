import assert from 'node:assert/strict';
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseConnection } from '../src/clients/postgres/connection.ts';
import { withClient } from '../src/clients/postgres/postgres-client.ts';
import { withPostgres } from '../test/support/embedded-postgres.ts';
import { helm, writeChart } from './chart.ts';
import { documentsOf } from './documents.ts';
import { rows, table, withBadRecords } from './fleet.ts';
import { type Part, peak, type Row, ratio } from './part.ts';
import { byTurns, type Scene } from './scene.ts';
import { fleetAsSql, tenantsAsSql, tenantsSettings, writeFleet } from './sources.ts';

/** The parts of the bench, in their order. */
export const parts: readonly Part[] = [
  { name: 'cold-json', fleets: 2, measure: (scene) => coldFromFile(scene, 'json') },
  { name: 'cold-yaml', fleets: 2, measure: (scene) => coldFromFile(scene, 'yaml') },
  { name: 'helm', fleets: 1, measure: comparedWithHelm },
  { name: 'growth', fleets: 10.1, measure: growth },
  { name: 'again', fleets: 1, measure: again },
  { name: 'plan', fleets: 1, measure: planning },
  { name: 'startup', fleets: 0, measure: startUp },
  { name: 'bad-records', fleets: 2, measure: badRecords },
  // The last: the files of its server are removed with it.
  { name: 'cold-postgres', fleets: 5, measure: coldFromPostgres },
];

/** @param more further arguments of synth. @param sample of what it then renders. */
async function cold(
  scene: Scene,
  source: string,
  kind: string,
  more: readonly string[] = [],
  sample?: string,
): Promise<Row[]> {
  const costs = await byTurns(scene, async (round) => {
    const [ofFloor, ofSynth] = [scene.newOutput(), scene.newOutput()];
    const cost = {
      floor: await scene.floor(source, ofFloor, sample),
      synth: await scene.synth(source, ofSynth, more),
    };
    // A floor that made something else would be none.
    if (round === 0) assert.deepEqual(documentsOf(ofFloor), documentsOf(ofSynth));
    return cost;
  });
  return [
    ratio(`cold synth of ${scene.orgs} orgs from ${kind}, to the floor`, 1.9, costs, ['synth', 'floor']),
    peak(`${scene.orgs} orgs from ${kind}`, 250, costs, 'synth'),
  ];
}

async function coldFromFile(scene: Scene, kind: 'json' | 'yaml'): Promise<Row[]> {
  const source = writeFleet(join(scene.directory, `fleet.${kind}`), rows(scene.orgs));
  return cold(scene, source, kind === 'json' ? 'JSON' : 'YAML');
}

function coldFromPostgres(scene: Scene): Promise<Row[]> {
  return withPostgres({}, async ({ url }) => {
    const fleet = rows(scene.orgs);
    await withClient(parseConnection(url, {}), (client) =>
      client.query(fleetAsSql(fleet) + tenantsAsSql(fleet)),
    );
    const settings = join(scene.directory, 'tenants.yaml');
    writeFileSync(settings, tenantsSettings(readFileSync(scene.settings, 'utf8')));
    const sample = scene.newOutput();
    await scene.synth(url, sample, ['--platform', settings]);
    return [
      ...(await cold(scene, url, 'Postgres', ['--table', table])),
      ...(await cold(scene, url, 'Postgres with a mapping', ['--platform', settings], sample)),
    ];
  });
}

async function comparedWithHelm(scene: Scene): Promise<Row[]> {
  const program = helm();
  if (program === undefined) throw new Error('there is no Helm: npm could not fetch it');
  const fleet = rows(scene.orgs);
  const source = writeFleet(join(scene.directory, 'fleet.json'), fleet);
  const chart = join(scene.directory, 'chart');
  writeChart(chart, scene.sample, fleet);
  const costs = await byTurns(scene, async () => ({
    helm: await scene.runner.program(program, ['template', 'orgs', chart]),
    synth: await scene.synth(source, scene.newOutput()),
  }));
  return [
    ratio(`cold synth of ${scene.orgs} orgs from JSON, to helm template`, 0.15, costs, ['synth', 'helm']),
  ];
}

async function growth(scene: Scene): Promise<Row[]> {
  const sizes = { small: scene.orgs / 10, large: scene.orgs * 10 };
  const fleetOf = (size: number) => writeFleet(join(scene.directory, `fleet-${size}.json`), rows(size));
  const [small, large] = [fleetOf(sizes.small), fleetOf(sizes.large)];
  const costs = await byTurns(scene, async () => ({
    small: await scene.synth(small, scene.newOutput()),
    large: await scene.synth(large, scene.newOutput()),
  }));
  return [
    ratio(
      `time per org at ${sizes.large}, to that at ${sizes.small}`,
      1.2,
      costs,
      ['large', 'small'],
      sizes.small / sizes.large,
    ),
    peak(`${sizes.large} orgs from JSON`, 1000, costs, 'large'),
  ];
}

/** A second run over what a first one has made. */
async function again(scene: Scene): Promise<Row[]> {
  const fleet = rows(scene.orgs);
  const source = writeFleet(join(scene.directory, 'fleet.json'), fleet);
  const [first, ...others] = fleet;
  if (first === undefined) throw new Error('no orgs');
  const changed = writeFleet(join(scene.directory, 'changed.json'), [
    { ...first, data_store_region: 'eu-west-1' },
    ...others,
  ]);
  const costs = await byTurns(scene, async (round) => {
    const out = scene.newOutput();
    const cold = await scene.synth(source, out);
    const before = round === 0 ? touched(out) : undefined;
    const unchanged = await scene.synth(source, out);
    const check = await scene.synth(source, out, ['--check']);
    if (before) expectTouched(out, before, 0);
    const oneChanged = await scene.synth(changed, out);
    if (before) expectTouched(out, before, 1);
    return { cold, unchanged, check, oneChanged };
  });
  return [
    ratio(`nothing changed, ${scene.orgs} orgs, to cold`, 0.8, costs, ['unchanged', 'cold']),
    ratio('one org changed, to cold', 0.8, costs, ['oneChanged', 'cold']),
    ratio('--check of what is up to date, to cold', 0.8, costs, ['check', 'cold']),
  ];
}

/** When each file was written last. */
function touched(out: string): Map<string, number> {
  const files = readdirSync(out, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return new Map(
    files.map(({ parentPath, name }) => [join(parentPath, name), statSync(join(parentPath, name)).mtimeMs]),
  );
}

function expectTouched(out: string, before: ReadonlyMap<string, number>, orgs: number): void {
  const files = [...touched(out)].filter(([file, time]) => before.get(file) !== time);
  const directories = new Set(files.map(([file]) => file.slice(0, file.lastIndexOf('/'))));
  if (directories.size !== orgs)
    throw new Error(
      `expected files of ${orgs} orgs to be written, saw ${files.map(([file]) => file).join(', ')}`,
    );
}

/** `plan` over what a synth has made: with nothing changed, and with another image for every org. */
async function planning(scene: Scene): Promise<Row[]> {
  const source = writeFleet(join(scene.directory, 'fleet.json'), rows(scene.orgs));
  const newImage = join(scene.directory, 'new-image.yaml');
  writeFileSync(newImage, readFileSync(scene.settings, 'utf8').replace(/(image: .*catalog):.*/, '$1:v9.9.9'));
  const costs = await byTurns(scene, async () => {
    const out = scene.newOutput();
    return {
      cold: await scene.synth(source, out),
      unchanged: await scene.synth(source, out),
      plan: await scene.plan(source, out, scene.settings),
      planOfAll: await scene.plan(source, out, newImage),
    };
  });
  return [
    ratio(`plan where all of ${scene.orgs} orgs change, to cold synth`, 4, costs, ['planOfAll', 'cold']),
    ratio('plan with nothing changed, to an unchanged synth', 1.2, costs, ['plan', 'unchanged']),
  ];
}

async function startUp({ runner, cli, directory, rounds }: Scene): Promise<Row[]> {
  const empty = join(directory, 'empty.mjs');
  writeFileSync(empty, '');
  const node = (...args: string[]) => runner.program(process.execPath, args);
  const costs = await byTurns({ rounds: rounds * 4 }, async () => ({
    node: await node(empty),
    version: await node(cli, '--version'),
    help: await node(cli, '--help'),
  }));
  return [
    ratio('--version, to an empty Node process', 2, costs, ['version', 'node']),
    ratio('--help, to an empty Node process', 2, costs, ['help', 'node']),
  ];
}

async function badRecords(scene: Scene): Promise<Row[]> {
  const fleet = rows(scene.orgs);
  const good = writeFleet(join(scene.directory, 'fleet.json'), fleet);
  const bad = writeFleet(join(scene.directory, 'bad.json'), withBadRecords(fleet));
  const costs = await byTurns(scene, async () => ({
    good: await scene.synth(good, scene.newOutput()),
    bad: await scene.synth(bad, scene.newOutput(), [], [3]),
  }));
  return [ratio('10 % of the records are bad, to a fleet without', 1.25, costs, ['bad', 'good'])];
}
