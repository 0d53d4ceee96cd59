import assert from 'node:assert/strict';
import { readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { withClient } from '../src/postgres/client.ts';
import { parseConnection } from '../src/postgres/connection.ts';
import { withPostgres } from '../test/support/embedded-postgres.ts';
import { helm, writeChart } from './chart.ts';
import { documentsOf } from './documents.ts';
import { fleetAsSql, rows, table, withBadRecords, writeFleet } from './fleet.ts';
import { type Part, type Row, ratio } from './part.ts';
import { runProgram } from './process.ts';
import { byTurns, inNewDirectory, median, type Scene } from './scene.ts';

/** The parts of the bench, in their order. */
export const parts: readonly Part[] = [
  part('cold-json', (scene) => coldFromFile(scene, 'json')),
  part('cold-yaml', (scene) => coldFromFile(scene, 'yaml')),
  part('cold-postgres', coldFromPostgres),
  part('helm', comparedWithHelm),
  part('growth', growth),
  part('again', again),
  part('startup', startUp),
  part('bad-records', badRecords),
];

function part(name: string, measure: (scene: Scene) => Row[] | Promise<Row[]>): Part {
  return { name, measure: async (scene) => measure(scene) };
}

function cold(scene: Scene, source: string, kind: string, more: readonly string[] = []): Row {
  expectSameDocuments(scene, source, more);
  const costs = byTurns(scene.rounds, () => ({
    floor: inNewDirectory(scene, (out) => scene.floor(source, out)),
    synth: inNewDirectory(scene, (out) => scene.synth(source, out, more)),
  }));
  return ratio(`cold synth of ${scene.orgs} orgs from ${kind}, to the floor`, 1.5, costs, ['synth', 'floor']);
}

/** A floor that made something else would be none. */
function expectSameDocuments(scene: Scene, source: string, more: readonly string[]): void {
  const ofFloor = inNewDirectory(scene, (out) => {
    scene.floor(source, out);
    return documentsOf(out);
  });
  const ofSynth = inNewDirectory(scene, (out) => {
    scene.synth(source, out, more);
    return documentsOf(out);
  });
  assert.deepEqual(ofFloor, ofSynth);
}

function coldFromFile(scene: Scene, kind: 'json' | 'yaml'): Row[] {
  const source = writeFleet(join(scene.directory, `fleet.${kind}`), rows(scene.orgs));
  return [cold(scene, source, kind === 'json' ? 'JSON' : 'YAML')];
}

function coldFromPostgres(scene: Scene): Promise<Row[]> {
  return withPostgres({}, async ({ url }) => {
    await withClient(parseConnection(url, {}), (client) => client.query(fleetAsSql(rows(scene.orgs))));
    return [cold(scene, url, 'Postgres', ['--table', table])];
  });
}

function comparedWithHelm(scene: Scene): Row[] {
  const program = helm();
  if (program === undefined) throw new Error('there is no Helm: npm could not fetch it');
  const fleet = rows(scene.orgs);
  const source = writeFleet(join(scene.directory, 'fleet.json'), fleet);
  const chart = join(scene.directory, 'chart');
  writeChart(chart, scene.sample, fleet);
  const costs = byTurns(scene.rounds, () => ({
    helm: runProgram(scene.directory, program, ['template', 'orgs', chart]),
    synth: inNewDirectory(scene, (out) => scene.synth(source, out)),
  }));
  return [ratio(`the same to helm template`, 0.15, costs, ['synth', 'helm'])];
}

function growth(scene: Scene): Row[] {
  const sizes = { small: scene.orgs / 10, middle: scene.orgs, large: scene.orgs * 10 };
  const sources = Object.values(sizes).map((size) =>
    writeFleet(join(scene.directory, `fleet-${size}.json`), rows(size)),
  );
  const [small = '', middle = '', large = ''] = sources;
  const synth = (source: string) => inNewDirectory(scene, (out) => scene.synth(source, out));
  const costs = byTurns(scene.rounds, () => ({
    small: synth(small),
    middle: synth(middle),
    large: synth(large),
  }));
  const memory = (key: keyof typeof sizes) => median(costs.map((cost) => cost[key].memory));
  const [inMiddle, inLarge] = [memory('middle'), memory('large')];
  return [
    ratio(
      `time per org at ${sizes.large}, to that at ${sizes.small}`,
      1.2,
      costs,
      ['large', 'small'],
      sizes.small / sizes.large,
    ),
    { what: `peak memory at ${sizes.large} orgs`, goal: 300, seen: inLarge, unit: 'MB', details: '' },
    {
      what: `the same to the peak at ${sizes.middle}`,
      goal: 1.2,
      seen: inLarge / inMiddle,
      unit: '×',
      details: `${inMiddle.toFixed(0)} MB`,
    },
  ];
}

/** A second run over what a first one has made. */
function again(scene: Scene): Row[] {
  const fleet = rows(scene.orgs);
  const source = writeFleet(join(scene.directory, 'fleet.json'), fleet);
  const [first, ...others] = fleet;
  if (first === undefined) throw new Error('no orgs');
  const changed = writeFleet(join(scene.directory, 'changed.json'), [
    { ...first, metadata_store_port: 6432 },
    ...others,
  ]);
  const costs = byTurns(scene.rounds, (round) =>
    inNewDirectory(scene, (out) => {
      const times = {
        cold: scene.synth(source, out),
        unchanged: scene.synth(source, out),
        check: scene.synth(source, out, ['--check']),
      };
      const before = round === 0 ? touched(out) : new Map<string, number>();
      if (round === 0) scene.synth(source, out);
      expectTouched(out, before, round, 0);
      const oneChanged = scene.synth(changed, out);
      expectTouched(out, before, round, 1);
      return { ...times, oneChanged };
    }),
  );
  return [
    ratio(`nothing changed, ${scene.orgs} orgs, to cold`, 0.5, costs, ['unchanged', 'cold']),
    ratio('one org changed, to cold', 0.55, costs, ['oneChanged', 'cold']),
    ratio('--check of what is up to date, to cold', 0.5, costs, ['check', 'cold']),
  ];
}

/** When each file was written last. */
function touched(out: string): Map<string, number> {
  const files = readdirSync(out, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return new Map(
    files.map(({ parentPath, name }) => [join(parentPath, name), statSync(join(parentPath, name)).mtimeMs]),
  );
}

function expectTouched(out: string, before: ReadonlyMap<string, number>, round: number, orgs: number): void {
  if (round > 0) return;
  const files = [...touched(out)].filter(([file, time]) => before.get(file) !== time);
  const directories = new Set(files.map(([file]) => file.slice(0, file.lastIndexOf('/'))));
  if (directories.size !== orgs)
    throw new Error(
      `expected files of ${orgs} orgs to be written, saw ${files.map(([file]) => file).join(', ')}`,
    );
}

function startUp(scene: Scene): Row[] {
  const empty = join(scene.directory, 'empty.mjs');
  writeFileSync(empty, '');
  const node = (...args: string[]) => runProgram(scene.directory, process.execPath, args);
  const costs = byTurns(scene.rounds * 4, () => ({
    node: node(empty),
    version: node(scene.cli, '--version'),
    help: node(scene.cli, '--help'),
  }));
  return [
    ratio('--version, to an empty Node process', 2, costs, ['version', 'node']),
    ratio('--help, to an empty Node process', 2, costs, ['help', 'node']),
  ];
}

function badRecords(scene: Scene): Row[] {
  const fleet = rows(scene.orgs);
  const good = writeFleet(join(scene.directory, 'fleet.json'), fleet);
  const bad = writeFleet(join(scene.directory, 'bad.json'), withBadRecords(fleet));
  const costs = byTurns(scene.rounds, () => ({
    good: inNewDirectory(scene, (out) => scene.synth(good, out)),
    bad: inNewDirectory(scene, (out) => scene.synth(bad, out, [], [3])),
  }));
  return [ratio('10 % of the records are bad, to a fleet without', 1, costs, ['bad', 'good'])];
}
