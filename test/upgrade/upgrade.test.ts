import { cp, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { parse, parseAllDocuments, stringify } from 'yaml';
import { decode } from '../../src/catalog/registration-inputs.ts';
import type { ChangeKind } from '../../src/explain/change.ts';
import { recordOfRegistration } from '../../src/registration/row/registration-record.ts';
import { sealed } from '../../src/tree/header.ts';
import { version } from '../../src/version.ts';
import { runCommand } from '../support/command.ts';
import { readTree, withDirectory } from '../support/tree.ts';

/**
 * A change of this program's version. `previous/` is what the version before rendered of its example fleet
 * (`scripts/release.ts prepare` puts it there); `names.json` is what no version may change, or catalogs lose their
 * data. Do not adapt it to a change of the code.
 */
const previous = 'test/upgrade/previous';

/** What of an org no version may change: its names, where its data is, and the keys of its Secret. */
interface Kept {
  readonly catalog: string;
  readonly metadataStore: {
    readonly host: string;
    readonly port: number;
    readonly database: string;
    readonly user: string;
  };
  readonly lakekeeperWarehouse: string;
  readonly dataStore: Readonly<Record<string, unknown>>;
  readonly audience: string | undefined;
  readonly secretKeys: readonly string[];
  readonly row: Readonly<Record<string, string>>;
}

/** What is kept of every org that a directory of manifests has, by the org's id. */
async function keptIn(dist: string): Promise<Record<string, Kept>> {
  const names = await readdir(join(dist, 'orgs'));
  const all = await Promise.all(
    names.map(async (name): Promise<[string, Kept]> => {
      const files = Object.values(await readTree(join(dist, 'orgs', name)));
      const objects = files.flatMap((text) => parseAllDocuments(text).map((document) => document.toJS()));
      const inputs = decode(
        objects.find(({ data }) => data?.['inputs.json'] !== undefined).data['inputs.json'],
      );
      const { kind, metadata, spec } = objects.find((object) => object.kind === 'Lakekeeper');
      const { host, port, database, ...store } = inputs.metadataStore;
      const { type, bucket, keyPrefix, filesystem, accountName } = inputs.lakekeeperWarehouse
        .dataStore as Record<string, unknown>;
      const user = 'user' in store ? store.user : store.postgresRole;
      return [
        inputs.org,
        {
          catalog: `${kind} ${metadata.namespace}/${metadata.name}`,
          metadataStore: { host, port, database, user },
          lakekeeperWarehouse: inputs.lakekeeperWarehouse.name,
          dataStore: { type, bucket, keyPrefix, filesystem, accountName },
          audience: 'audience' in inputs.authentication ? inputs.authentication.audience : undefined,
          secretKeys: [...new Set(keysOf(spec, metadata.name))].sort(),
          row: recordOfRegistration(inputs),
        },
      ];
    }),
  );
  return JSON.parse(JSON.stringify(Object.fromEntries(all.sort(([a], [b]) => (a < b ? -1 : 1)))));
}

/** The keys of a Secret that an object refers to, wherever it does. */
function keysOf(value: unknown, secret: string): string[] {
  if (typeof value !== 'object' || value === null) return [];
  const { name, key } = value as Record<string, unknown>;
  const own = name === secret && typeof key === 'string' ? [key] : [];
  return [...own, ...Object.values(value).flatMap((inner) => keysOf(inner, secret))];
}

const example = [
  '--warehouses',
  'examples/fleet/warehouses.yaml',
  '--platform',
  'examples/fleet/platform.yaml',
];
const names: Record<string, Kept> = JSON.parse(await readFile('test/upgrade/names.json', 'utf8'));

/** An org that is new in the example comes in addition. */
test('names, databases, keys and rows of the example fleet are those of every version', () =>
  withDirectory(async (directory) => {
    expect(Object.keys(names).length).toBeGreaterThan(5);
    expect(await runCommand(['synth', ...example, '--out', directory])).toMatchObject({ stderr: '' });
    expect(await keptIn(directory)).toEqual(names);
  }));

/** Rows as the previous version has left them: of every org that it rendered, its registration was written back. */
async function registeredRows(before: Record<string, Kept>): Promise<string> {
  const { warehouses } = parse(await readFile(join(previous, 'warehouses.yaml'), 'utf8'));
  return stringify({
    warehouses: warehouses.map((row: { org_id: string }) => ({
      ...row,
      state: 'ready',
      ...before[row.org_id]?.row,
    })),
  });
}

const writtenBack = 'as registration has written them back';
describe.each(['as the control plane wrote them', writtenBack])(
  'rows of the previous version, %s',
  (which) => {
    let before: Record<string, Kept>;
    beforeAll(async () => {
      before = await keptIn(join(previous, 'dist'));
    });

    const withUpgrade = (work: (flags: string[], directory: string) => Promise<void>) =>
      withDirectory(async (directory) => {
        await cp(previous, directory, { recursive: true });
        if (which === writtenBack)
          await writeFile(join(directory, 'warehouses.yaml'), await registeredRows(before));
        const flags = ['--warehouses', 'warehouses.yaml', '--platform', 'platform.yaml'].map((flag) =>
          flag.endsWith('.yaml') ? join(directory, flag) : flag,
        );
        await work([...flags, '--out', join(directory, 'dist')], directory);
      });

    test('go through this one without a change of names, databases, keys or rows, and no org comes or goes', () =>
      withUpgrade(async (flags, directory) => {
        expect(await runCommand(['synth', ...flags])).toMatchObject({ code: 3, stderr: '' });
        expect(await keptIn(join(directory, 'dist'))).toEqual(before);
      }));

    test('and the plan of it has nothing that loses data, moves a catalog or stops one', () =>
      withUpgrade(async (flags) => {
        const { stdout } = await runCommand(['plan', ...flags, '--output', 'json']);
        const { orgs, risk, changes } = JSON.parse(stdout);
        expect(orgs).toMatchObject({ added: 0, leaving: 0, desired: Object.keys(before).length });
        const harmful: readonly ChangeKind[] = [
          ...(['metadataStoreMoved', 'encryptionKeyReplaced', 'catalogTakenOver', 'catalogMoved'] as const),
          ...([
            'namespaceLeaves',
            'retirementRetains',
            'retirementDeletes',
            'authenticationOff',
            'storageRefused',
            'storageElsewhere',
          ] as const),
          ...([
            'lakekeeperWarehouseRenamed',
            'scaledToZero',
            'endpointChanged',
            'imageChanged',
            'imageUpgraded',
          ] as const),
        ];
        const kinds = changes.map(({ kind }: { kind: ChangeKind }) => kind);
        expect(kinds.filter((kind: ChangeKind) => harmful.includes(kind))).toEqual([]);
        expect(risk).not.toBe('critical');
      }));
  },
);

test('a plan says which version registers the orgs from then on, and that their Jobs run again', () =>
  withDirectory(async (directory) => {
    const dist = join(directory, 'dist');
    for (const [path, text] of Object.entries(await readTree('dist'))) {
      const body = text.split('\n').slice(2).join('\n');
      await mkdir(dirname(join(dist, path)), { recursive: true });
      await writeFile(join(dist, path), sealed(body.replaceAll(`gitops:v${version}`, 'gitops:v0.0.9')));
    }
    const { stdout } = await runCommand(['plan', ...example, '--out', dist, '--output', 'json']);
    const { changes, risk } = JSON.parse(stdout);
    const orgs = Object.keys(names).length;
    expect(changes).toMatchObject([
      { kind: 'programChanged', orgs, variants: [{ from: 'v0.0.9', to: `v${version}` }] },
      { kind: 'registrationAgain', orgs },
    ]);
    expect(risk).toBe('low');
  }));
