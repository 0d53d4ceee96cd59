import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { decode } from '../../src/catalog/registration-inputs.ts';
import { readFormerState } from '../../src/moves/former-state.ts';
import { plan } from '../../src/plan.ts';
import { type SynthInputs, synth } from '../../src/synth.ts';
import { readWorkTree } from '../../src/tree/work-tree.ts';
import {
  baseSettings,
  objectsIn,
  platform,
  type Row,
  rawRecords,
  type SettingsOverrides,
} from '../support/fleet.ts';
import { readTree, stamps, withDirectory } from '../support/tree.ts';

const acme = { org_id: 'acme' };
const globex = { org_id: 'globex' };
const inputs = (rows: readonly Row[], settings: SettingsOverrides) => ({
  records: rawRecords(rows),
  platform: platform(settings),
  ducklings: new Map(),
  allowRemoval: false,
});
const run = (
  out: string,
  rows: readonly Row[],
  settings: SettingsOverrides = {},
  more: Partial<SynthInputs> = {},
) => synth({ ...inputs(rows, settings), out, check: false, ...more });
const planOf = async (out: string, rows: readonly Row[], settings: SettingsOverrides = {}) =>
  plan({ ...inputs(rows, settings), committed: await readWorkTree(out) });
const inputsIn = async (out: string, name = 'lakekeeper-acme') => {
  const path = `orgs/${name}/registration.yaml`;
  const config = objectsIn({ path, text: await readFile(join(out, path), 'utf8') }).find(
    ({ kind, metadata }) => kind === 'ConfigMap' && metadata.name === `${name}-registration`,
  );
  const data = (config?.data ?? {}) as Record<string, string>;
  return decode(data['inputs.json'] ?? '');
};

interface Move {
  readonly rows?: readonly Row[];
  readonly settings?: SettingsOverrides;
  readonly message: string;
}
const registered = {
  ...acme,
  iceberg_lakekeeper_endpoint: 'http://lakekeeper-acme.lakekeeper.svc:8181/catalog',
  iceberg_lakekeeper_warehouse: 'org-acme',
};
const ofNewName = { ...registered, org_id: 'new-acme' };

/** Of the org acme, which the rows say is registered. */
const moves: Record<string, Move> = {
  'to another host': {
    rows: [{ ...registered, metadata_store_endpoint: 'new.example.com' }, globex],
    message:
      'the metadata store would go from database lakekeeper_acme on postgres.example.com:5432 to database ' +
      'lakekeeper_acme on new.example.com:5432, where the catalog starts empty',
  },
  'to another bucket': {
    rows: [{ ...registered, data_store_bucket_name: 'new' }, globex],
    message:
      'the files of the Lakekeeper warehouse org-acme would go from s3://bucket-0/lakekeeper/acme to ' +
      's3://new/lakekeeper/acme, and Lakekeeper cannot move a warehouse',
  },
  'to another prefix of its files': {
    settings: { dataStores: { s3bucket: { ...baseSettings.dataStores.s3bucket, keyPrefix: 'lake/{org}' } } },
    message:
      'the files of the Lakekeeper warehouse org-acme would go from s3://bucket-0/lakekeeper/acme to ' +
      's3://bucket-0/lake/acme',
  },
  'to another name': {
    settings: { orgs: { acme: { name: 'catalog-of-acme' } } },
    message: 'the catalog would go from lakekeeper-acme to catalog-of-acme, where there is no Secret',
  },
  'to another prefix of names': {
    rows: [{ ...acme }, globex],
    settings: { prefix: 'lake' },
    message: 'the catalog would go from lakekeeper-acme to lake-acme, where there is no Secret',
  },
  'to a namespace of its own': {
    settings: { tenancy: 'namespacePerOrg', orgs: { acme: { name: 'lakekeeper-acme' } } },
    message:
      'the catalog would go from lakekeeper/lakekeeper-acme to lakekeeper-acme/lakekeeper-acme, where there',
  },
};

/** The same objects, with an indentation of four. */
function reformatted(text: string, options: { readonly blockQuote?: boolean } = {}): string {
  const documents = parseAllDocuments(text).flatMap((one) => ('toString' in one ? [one] : []));
  return documents.map((one) => one.toString({ indent: 4, lineWidth: 0, ...options })).join('---\n');
}

describe('a registered org that would move', () => {
  test.each(Object.entries(moves))('%s is rejected and keeps its files, until it is confirmed', (_, move) =>
    withDirectory(async (out) => {
      const { rows = [registered, globex], settings = {}, message } = move;
      await run(out, [registered, globex]);
      const files = async () =>
        Object.entries(await readTree(out)).filter(([path]) => path.includes('lakekeeper-acme/'));
      const before = await files();
      const { rejected, rendered } = await run(out, rows, settings);
      expect(rejected.find(({ org }) => org === 'acme')?.problems).toEqual([
        {
          at: 'moves.confirm',
          message: expect.stringContaining(`lacks acme: ${message}`),
        },
      ]);
      expect(rendered.map(({ org }) => org)).not.toContain('acme');
      expect(await files()).toEqual(before);
      const planned = await planOf(out, rows, settings);
      expect(planned.rejected.find(({ org }) => org === 'acme')?.problems[0]?.message).toContain(message);

      const confirmed = { ...settings, moves: { confirm: ['acme', 'globex'] } };
      expect((await planOf(out, rows, confirmed)).risk).toMatch(/high|critical/);
      const moved = await run(out, rows, confirmed);
      expect(moved.rejected).toEqual([]);
      const name = moved.rendered.find(({ org }) => org === 'acme')?.name;
      expect(await inputsIn(out, name)).toMatchObject({
        org: 'acme',
        lakekeeperWarehouse: { mustExist: true },
      });
      expect(await run(out, rows, confirmed)).toMatchObject({ files: { written: 0, removed: 0 } });
    }),
  );

  test.each([
    [
      'of a merge that was not resolved',
      (text: string) => text.replace('inputs.json', '<<<<<<< HEAD\ninputs.json'),
    ],
    ['of another program', () => 'kind: ConfigMap\n'],
    ['that is empty', () => ''],
  ])('is rejected also when its committed file is one %s, until the org is confirmed', (_, edited) =>
    withDirectory(async (out) => {
      await run(out, [registered, globex]);
      const file = join(out, 'orgs/lakekeeper-acme/registration.yaml');
      const text = edited(await readFile(file, 'utf8'));
      await writeFile(file, text);
      const rows = [{ ...registered, metadata_store_endpoint: 'new.example.com' }, globex];
      const { rejected } = await run(out, rows);
      expect(rejected).toMatchObject([{ org: 'acme', problems: [{ at: file }] }]);
      expect(rejected[0]?.problems[0]?.message).toMatch(
        /no inputs that can be read.*Restore it.*name acme in moves/,
      );
      expect(await readFile(file, 'utf8')).toBe(text);
      const confirmed = await run(out, rows, { moves: { confirm: ['acme'] } });
      expect(confirmed.rejected).toEqual([]);
      expect((await inputsIn(out)).metadataStore.host).toBe('new.example.com');
    }),
  );

  // A checkout of Git has other line ends, and formatters write other YAML: the catalog is where it was.
  test.each<[string, (text: string) => string]>([
    ['CRLF line ends', (text) => text.replaceAll('\n', '\r\n')],
    ['CRLF line ends and another indentation', (text) => reformatted(text).replaceAll('\n', '\r\n')],
    ['another indentation', reformatted],
    ['its inputs in quotes', (text) => reformatted(text, { blockQuote: false })],
  ])('is rejected also when its committed file has %s', (_, rewritten) =>
    withDirectory(async (out) => {
      await run(out, [registered, globex]);
      const file = join(out, 'orgs/lakekeeper-acme/registration.yaml');
      const text = rewritten(await readFile(file, 'utf8'));
      await writeFile(file, text);
      const { rejected } = await run(out, [
        { ...registered, metadata_store_endpoint: 'new.example.com' },
        globex,
      ]);
      expect(rejected[0]?.problems[0]?.message).toContain(
        'to database lakekeeper_acme on new.example.com:5432',
      );
      expect(await readFile(file, 'utf8')).toBe(text);
    }),
  );

  test('to another org id is rejected: it would take the catalog over', () =>
    withDirectory(async (out) => {
      await run(out, [registered, globex]);
      const before = await stamps(out);
      const { rejected, retiring } = await run(out, [ofNewName, globex]);
      expect(retiring).toEqual([]);
      expect(rejected[0]?.problems.map(({ message }) => message)).toEqual([
        expect.stringMatching(/^lacks new-acme: the catalog lakekeeper-acme would go from org acme to it/),
        expect.stringMatching(/^lacks new-acme: the metadata store would go from database lakekeeper_acme/),
        expect.stringMatching(
          /^lacks new-acme: the files of .* would go from s3:\/\/bucket-0\/lakekeeper\/acme/,
        ),
      ]);
      expect(await stamps(out)).toEqual(before);
    }));

  test('to another org id keeps its catalog, with the names of the former id, once that is confirmed', () =>
    withDirectory(async (out) => {
      await run(out, [registered, globex]);
      const { lakekeeperWarehouse, ...former } = await inputsIn(out);
      const { s3bucket } = baseSettings.dataStores;
      const settings = {
        orgs: {
          'new-acme': {
            name: 'lakekeeper-acme',
            database: 'lakekeeper_acme',
            lakekeeperWarehouse: 'org-acme',
            // The same prefix: the default one has the org's id in it.
            dataStore: { ...s3bucket, keyPrefix: 'lakekeeper/acme' },
          },
        },
      };
      const [problem, ...others] = (await run(out, [ofNewName, globex], settings)).rejected.flatMap(
        ({ problems }) => problems,
      );
      expect(problem?.message).toMatch(
        /^lacks new-acme: the catalog lakekeeper-acme would go from org acme to it/,
      );
      expect(others).toEqual([]);
      const confirmed = await run(out, [ofNewName, globex], {
        ...settings,
        moves: { confirm: ['new-acme'] },
      });
      expect(confirmed).toMatchObject({ rejected: [], retiring: [], removed: [] });
      const { catalog, metadataStore } = former;
      expect(await inputsIn(out)).toMatchObject({
        org: 'new-acme',
        catalog,
        metadataStore,
        lakekeeperWarehouse: { ...lakekeeperWarehouse, mustExist: true },
      });
    }));

  test('to another place with another warehouse gets a second warehouse, without a confirmation', () =>
    withDirectory(async (out) => {
      await run(out, [registered, globex]);
      const settings = { orgs: { acme: { lakekeeperWarehouse: 'org-acme-2' } } };
      const { rejected } = await run(
        out,
        [{ ...registered, data_store_bucket_name: 'new' }, globex],
        settings,
      );
      expect(rejected).toEqual([]);
      expect(await inputsIn(out)).toMatchObject({
        lakekeeperWarehouse: { name: 'org-acme-2', dataStore: { bucket: 'new' } },
      });
    }));

  test('by a change that keeps its catalog is rendered', () =>
    withDirectory(async (out) => {
      await run(out, [registered, globex]);
      const region = {
        ...registered,
        data_store_region: 'eu-west-1',
        metadata_store_endpoint: 'POSTGRES.example.com',
      };
      expect((await run(out, [region, globex])).rejected).toEqual([]);
    }));

  test('and comes back from its retirement elsewhere is rejected', () =>
    withDirectory(async (out) => {
      const hooli = { org_id: 'hooli' };
      await run(out, [acme, globex, hooli]);
      await run(out, [{ ...acme, iceberg_enabled: false }, globex, hooli]);
      const elsewhere = { ...acme, metadata_store_endpoint: 'new.example.com' };
      const { rejected } = await run(out, [elsewhere, globex, hooli]);
      expect(rejected[0]?.problems[0]?.message).toContain(
        'to database lakekeeper_acme on new.example.com:5432',
      );
      expect((await run(out, [acme, globex, hooli])).rejected).toEqual([]);
    }));
});

describe('an image that is older than the one of an org', () => {
  const image = (version: string) => `quay.io/lakekeeper/catalog:${version}`;
  const at = (version: string) => ({ catalog: { image: image(version) } });
  const problemOf = ({ rejected }: Pick<Awaited<ReturnType<typeof run>>, 'rejected'>, org: string) =>
    rejected.find((one) => one.org === org)?.problems;

  test('is refused at its setting, in synth, with --check and in plan, as a move is: other orgs go on', () =>
    withDirectory(async (out) => {
      const pinned = { ...at('v0.12.4'), orgs: { globex: { image: image('v0.13.3') } } };
      await run(out, [acme, globex], at('v0.13.3'));
      const before = await stamps(out);
      const refused = [
        {
          at: 'catalog.image',
          message: expect.stringContaining(
            `is ${image('v0.12.4')}; expected ${image('v0.13.3')}, as before, or newer`,
          ),
        },
      ];
      for (const report of [
        await run(out, [acme, globex], pinned),
        await run(out, [acme, globex], pinned, { check: true }),
      ]) {
        expect(problemOf(report, 'acme')).toEqual(refused);
        expect(report.rendered.map(({ org }) => org)).toEqual(['globex']);
      }
      const planned = await planOf(out, [acme, globex], pinned);
      expect(planned.rejected).toEqual([{ org: 'acme', problems: refused }]);
      expect(await stamps(out)).toEqual(before);
      const region = { ...globex, data_store_region: 'eu-west-1' };
      expect((await run(out, [acme, region], pinned)).orgs.changed).toBe(1);
    }));

  test('is accepted where a backup was restored: the org is in moves.confirm', () =>
    withDirectory(async (out) => {
      await run(out, [acme, globex], at('v0.13.3'));
      const confirmed = { ...at('v0.12.4'), moves: { confirm: ['acme', 'globex'] } };
      expect((await planOf(out, [acme, globex], confirmed)).changes[0]?.kind).toBe('imageDowngraded');
      expect((await run(out, [acme, globex], confirmed)).orgs.changed).toBe(2);
    }));

  test('is refused at the setting that decides: the override of the org, the stage or the image of a roll-out', () =>
    withDirectory(async (out) => {
      const rollout = (stage: number) => ({
        ...at('v0.12.2'),
        rollout: { image: image('v0.13.3'), stages: [{ orgs: ['acme'] }, { orgs: ['globex'] }], stage },
      });
      await run(out, [acme, globex], rollout(2));
      expect(problemOf(await run(out, [acme, globex], rollout(1)), 'globex')).toMatchObject([
        { at: 'rollout.stage' },
      ]);
      const older = rollout(2);
      older.rollout.image = image('v0.12.3');
      expect(problemOf(await run(out, [acme, globex], older), 'acme')).toMatchObject([
        { at: 'rollout.image' },
      ]);
      const lowered = { ...rollout(1), ...at('v0.11.0') };
      await withDirectory(async (other) => {
        await run(other, [acme, globex], rollout(1));
        expect(problemOf(await run(other, [acme, globex], lowered), 'globex')).toMatchObject([
          { at: 'catalog.image' },
        ]);
      });
      const pinned = { ...rollout(2), orgs: { acme: { image: image('v0.12.2') } } };
      expect(problemOf(await run(out, [acme, globex], pinned), 'acme')).toMatchObject([
        { at: 'orgs."acme".image' },
      ]);
    }));
});

test('docs/moves.md shows what is said', async () => {
  const document = (await readFile('docs/moves.md', 'utf8')).replaceAll(/\s+/g, ' ');
  await withDirectory(async (out) => {
    await run(out, [{ ...acme, metadata_store_endpoint: 'pg-old' }]);
    const { rejected } = await run(out, [{ ...acme, metadata_store_endpoint: 'pg-new' }]);
    const [{ at, message } = { at: '', message: '' }] = rejected[0]?.problems ?? [];
    expect(document).toContain(`${at}: ${message}`);
  });
});

test('the state of an org is read from what the previous release wrote', async () => {
  const orgs = 'test/upgrade/previous/dist/orgs';
  for (const name of await readdir(orgs)) {
    const former = readFormerState(await readFile(join(orgs, name, 'registration.yaml'), 'utf8'));
    expect(former?.catalog.name, name).toBe(name);
  }
});
