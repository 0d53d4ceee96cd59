import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decodeRetirement } from '../../src/catalog/retirement-inputs.ts';
import { type SynthInputs, synth } from '../../src/synth.ts';
import { sealed } from '../../src/tree/header.ts';
import { orgIds } from '../support/arbitrary.ts';
import { objectsIn, platform, type SettingsOverrides } from '../support/fleet.ts';
import { readTree, stamps, withDirectory } from '../support/tree.ts';

type Row = Record<string, unknown> & { readonly org_id: string };

const run = (
  out: string,
  source: readonly Row[],
  settings: SettingsOverrides = {},
  more: Partial<SynthInputs> = {},
) =>
  synth({
    records: source.map((row, i) => ({
      at: `warehouses[${i}]`,
      columns: {
        state: 'ready',
        iceberg_enabled: true,
        metadata_store_kind: 'external',
        metadata_store_endpoint: 'postgres.example.com',
        data_store_bucket_name: 'lake',
        duckling_name: 'duckling',
        ...row,
      },
    })),
    platform: platform(settings),
    ducklings: new Map(),
    out,
    check: false,
    allowRemoval: false,
    ...more,
  });

const acme = { org_id: 'acme' };
const globex = { org_id: 'globex' };
const hooli = { org_id: 'hooli' };
const gone = { ...globex, iceberg_enabled: false };
const retired = { ...gone, iceberg_state: 'retired' };
const directory = 'orgs/lakekeeper-globex';
const file = (out: string) => join(out, directory, 'retirement.yaml');
const deletes = { retirement: { policy: 'delete' as const, confirm: ['globex'] } };

/** Settings of another org that logs in as globex. */
const withItsRole = {
  metadataStore: {
    provisioning: 'preProvisioned' as const,
    host: 'postgres.example.com',
    database: 'another',
    user: 'lakekeeper_globex',
    password: { secret: { name: 'x', key: 'y' } },
  },
};

const corp = { orgs: { 'globex-corp': { database: 'lakekeeper_globex' } } };

async function inputsIn(out: string) {
  const objects = objectsIn({ path: file(out), text: await readFile(file(out), 'utf8') });
  const config = objects.find(({ kind }) => kind === 'ConfigMap');
  const data = (config?.data ?? {}) as Record<string, string>;
  return decodeRetirement(data['inputs.json'] ?? '');
}

/** A directory in which the orgs were rendered, and globex has begun to retire. */
const retiring = (work: (out: string) => Promise<void>, settings: SettingsOverrides = {}) =>
  withDirectory(async (out) => {
    await run(out, [acme, globex, hooli], settings);
    await run(out, [acme, gone, hooli], settings);
    await work(out);
  });

describe('an org that leaves', () => {
  test('is rendered as retiring, from the inputs that are committed and not from its row', () =>
    withDirectory(async (out) => {
      await run(out, [acme, { ...globex, metadata_store_port: 6432 }, hooli]);
      await run(out, [acme, { ...gone, metadata_store_port: 7 }, hooli]);
      expect(await readdir(join(out, directory))).toEqual(['retirement.yaml']);
      expect(await inputsIn(out)).toMatchObject({
        policy: 'retain',
        registration: { org: 'globex', metadataStore: { port: 6432, database: 'lakekeeper_globex' } },
      });
    }));

  test('stays so, to the byte, until its retirement is recorded in its row; then its directory goes', () =>
    retiring(async (out) => {
      const before = await stamps(out);
      for (const later of [
        [acme, gone, hooli],
        [acme, hooli],
      ]) {
        const { retiring, files } = await run(out, later);
        expect(retiring).toMatchObject([{ org: 'globex', begins: false }]);
        expect(files).toMatchObject({ written: 0, removed: 0 });
      }
      expect(await stamps(out)).toEqual(before);
      const last = await run(out, [acme, retired, hooli]);
      expect(last.removed).toEqual([
        { org: 'globex', name: 'lakekeeper-globex', directory: join(out, directory) },
      ]);
      expect(last.files).toMatchObject({ written: 0, removed: 1 });
      expect(await readdir(join(out, 'orgs'))).toEqual(['lakekeeper-acme', 'lakekeeper-hooli']);
    }));

  test('whose row is gone goes when the status of the cluster has its retirement', () =>
    retiring(async (out) => {
      const of = (isRetired?: boolean) => ({
        status: { orgs: [{ name: 'lakekeeper-globex', retired: isRetired }] },
      });
      for (const status of [of(), of(false)])
        expect((await run(out, [acme, hooli], {}, status)).removed).toEqual([]);
      expect((await run(out, [acme, hooli], {}, of(true))).removed).toHaveLength(1);
    }));

  test('never goes in one step, also where an earlier retirement is recorded', () =>
    withDirectory(async (out) => {
      await run(out, [acme, globex, hooli]);
      const report = await run(out, [acme, retired, hooli]);
      expect([report.retiring.length, report.removed.length]).toEqual([1, 0]);
    }));

  test('and came back meanwhile, whose row has the record of before, goes when the cluster has its retirement', () =>
    retiring(async (out) => {
      await run(out, [acme, { ...retired, iceberg_enabled: true }, hooli]);
      for (const _ of [1, 2, 3]) {
        const report = await run(out, [acme, retired, hooli]);
        expect([report.retiring.length, report.removed.length]).toEqual([1, 0]);
        expect(await inputsIn(out)).toMatchObject({ recordedBefore: true });
      }
      const of = (isRetired: boolean) => ({
        status: { orgs: [{ name: 'lakekeeper-globex', retired: isRetired }] },
      });
      expect((await run(out, [acme, retired, hooli], {}, of(false))).removed).toEqual([]);
      expect((await run(out, [acme, retired, hooli], {}, of(true))).removed).toHaveLength(1);
    }));

  test('and whose row lost that record meanwhile goes when the row has it again', () =>
    withDirectory(async (out) => {
      await run(out, [acme, globex, hooli]);
      await run(out, [acme, retired, hooli]);
      await run(out, [acme, { ...gone, iceberg_state: 'provisioning' }, hooli]);
      expect(await inputsIn(out)).not.toHaveProperty('recordedBefore');
      expect((await run(out, [acme, retired, hooli])).removed).toHaveLength(1);
    }));

  test('comes back with the files that it had', () =>
    withDirectory(async (out) => {
      await run(out, [acme, globex, hooli]);
      const before = await readTree(out);
      await run(out, [acme, gone, hooli]);
      await run(out, [acme, globex, hooli]);
      expect(await readTree(out)).toEqual(before);
    }));

  test('comes back under the names that it had adopted, though its endpoint was cleared', () =>
    withDirectory(async (out) => {
      const adopted = {
        ...{ ...globex, iceberg_state: 'ready', iceberg_lakekeeper_warehouse: 'kept' },
        iceberg_lakekeeper_endpoint: 'http://globex-catalog.lakekeeper.svc:8181/catalog',
        iceberg_lakekeeper_client_credentials_name: 'globex-catalog',
      };
      const after = { ...adopted, iceberg_state: 'retired', iceberg_lakekeeper_endpoint: '' };
      await run(out, [acme, adopted, hooli]);
      const before = await readTree(out);
      expect(Object.keys(before)).toContain('orgs/globex-catalog/catalog.yaml');
      await run(out, [acme, { ...adopted, iceberg_enabled: false }, hooli]);
      const ended = await run(out, [acme, { ...after, iceberg_enabled: false }, hooli]);
      expect(ended.removed).toMatchObject([{ name: 'globex-catalog' }]);
      await run(out, [acme, after, hooli]);
      expect(await readTree(out)).toEqual(before);
    }));

  test('is rendered again by the present settings', () =>
    retiring(async (out) => {
      await run(out, [acme, gone, hooli], deletes);
      expect(await inputsIn(out)).toMatchObject({ policy: 'delete' });
      const withTables = { retirement: { ...deletes.retirement, evenWithTables: ['globex'] } };
      await run(out, [acme, gone, hooli], withTables);
      expect(await inputsIn(out)).toMatchObject({ policy: 'delete', evenWithTables: true });
    }));

  test('counts for --allow-removal when it begins to retire, and not later', () =>
    withDirectory(async (out) => {
      const orgs = ['a', 'b', 'c', 'd'].map((org_id) => ({ org_id }));
      const left = orgs.map((row, i) => (i === 0 ? row : { ...row, iceberg_enabled: false }));
      await run(out, orgs);
      const held = await run(out, left);
      expect(held.heldBack).toMatch(/^3 of 4 committed orgs would leave at once/);
      expect(held.retiring.map(({ org }) => org)).toEqual(['b', 'c', 'd']);
      await run(out, left, {}, { allowRemoval: true });
      expect((await run(out, left)).heldBack).toBeUndefined();
      const over = left.map((row, i) => (i === 0 ? row : { ...row, iceberg_state: 'retired' }));
      expect(await run(out, over)).toMatchObject({ heldBack: undefined, removed: { length: 3 } });
    }));

  test('is no slip when the settings override it', () =>
    withDirectory(async (out) => {
      const orgs = { globex: { retirement: { policy: 'retain' as const } }, typo: {} };
      await run(out, [acme, globex, hooli]);
      expect((await run(out, [acme, hooli], { orgs })).unknownOverrides).toEqual(['typo']);
    }));
});

describe('an org that cannot be retired keeps its files, and others go on', () => {
  const registration = (out: string) => join(out, directory, 'registration.yaml');
  const edit = (path: string, change: (text: string) => string) =>
    readFile(path, 'utf8').then((text) => writeFile(path, change(text)));
  const bodyOf = (text: string) => text.split('\n').slice(2).join('\n');

  test.each<[string, (text: string) => string, RegExp]>([
    [
      'was edited',
      (text) => text.replace('lakekeeper_globex', 'lakekeeper_acme'),
      /was edited after synth wrote it/,
    ],
    [
      'has other line ends',
      (text) => text.replaceAll('\n', '\r\n'),
      /has CRLF line ends, as a checkout makes them: put .* into \.gitattributes/,
    ],
    [
      'is of another version',
      (text) => sealed(bodyOf(text).replace('"version": 1', '"version": 9')),
      /not of this version of lakekeeper-gitops \(version: /,
    ],
    [
      'has the inputs of another org',
      (text) => sealed(bodyOf(text).replace('"org": "globex"', '"org": "acme"')),
      /has the inputs of org acme/,
    ],
    [
      'has no inputs',
      (text) => sealed(bodyOf(text).replace('inputs.json', 'other.json')),
      /has no ConfigMap/,
    ],
  ])('its file %s', (_, change, message) =>
    withDirectory(async (out) => {
      await run(out, [acme, globex, hooli]);
      await edit(registration(out), change);
      const before = (await readTree(out))[`${directory}/registration.yaml`];
      const report = await run(out, [{ ...acme, data_store_region: 'eu-west-1' }, gone, hooli]);
      const [{ org, problems: [problem] = [] } = {}] = report.rejected;
      expect({ org, at: problem?.at }).toEqual({ org: 'globex', at: registration(out) });
      expect(problem?.message).toMatch(message);
      expect(problem?.message).toMatch(/Restore the file from Git, or let synth render the org once more/);
      expect((await readTree(out))[`${directory}/registration.yaml`]).toBe(before);
      expect(report.rendered.map(({ changed }) => changed)).toEqual([true, false]);
    }),
  );

  test('its retiring file was edited', () =>
    retiring(async (out) => {
      await edit(file(out), (text) => text.replace('retain', 'delete'));
      expect((await run(out, [acme, gone, hooli])).rejected).toMatchObject([
        { org: 'globex', problems: [{ at: file(out) }] },
      ]);
      expect(await readFile(file(out), 'utf8')).toContain('"policy": "delete"');
    }));

  test('the policy delete is not confirmed for it', () =>
    withDirectory(async (out) => {
      const settings = { retirement: { policy: 'delete' as const, confirm: [] } };
      await run(out, [acme, globex, hooli], settings);
      const before = await readTree(out);
      const report = await run(out, [acme, gone, hooli], settings);
      expect(report.rejected.map(({ problems }) => problems)).toEqual([
        [
          {
            at: 'retirement.confirm',
            message:
              'lacks "globex", whose retirement policy is delete; the org keeps its files. Add it there, and its ' +
              'database, role and Secret are deleted, or set the policy retain',
          },
        ],
      ]);
      expect(await readTree(out)).toEqual(before);
      const ofOne = { orgs: { globex: { retirement: { policy: 'retain' as const } } } };
      expect((await run(out, [acme, gone, hooli], { ...settings, ...ofOne })).rejected).toEqual([]);
    }));

  test.each([
    ['database', { database: 'lakekeeper_globex' }],
    ['role', withItsRole],
  ])('its %s is used by another org now: it was renamed', (what, override) =>
    withDirectory(async (out) => {
      await run(out, [acme, globex, hooli]);
      const settings = { orgs: { 'globex-corp': override } };
      const renamed = { org_id: 'globex-corp' };
      const report = await run(out, [acme, renamed, hooli], settings);
      expect(report.rejected).toMatchObject([{ org: 'globex' }]);
      expect(report.rejected[0]?.problems[0]?.message).toMatch(
        new RegExp(
          `^the .*${what} lakekeeper_globex is that of org "globex-corp" now; .*remove ${directory} from Git`,
        ),
      );
      expect(await readdir(join(out, directory))).toHaveLength(3);
    }),
  );

  test.each<[string, Row, SettingsOverrides]>([
    ['is rejected', { org_id: 'globex-corp', data_store_bucket_name: '' }, corp],
    ['is paused', { org_id: 'globex-corp', state: 'failed' }, corp],
    ['may not go to another database', { org_id: 'globex-corp' }, {}],
  ])('its database is used by an org that %s now, and keeps its files', (_, row, settings) =>
    withDirectory(async (out) => {
      await run(out, [acme, globex, hooli]);
      await run(out, [acme, { org_id: 'globex-corp' }, hooli], corp);
      const { rejected, retiring } = await run(out, [acme, row, hooli], settings);
      expect(retiring).toEqual([]);
      expect(rejected.find(({ org }) => org === 'globex')?.problems[0]?.message).toMatch(
        /^the database lakekeeper_globex is that of org "globex-corp" now/,
      );
    }),
  );
});

describe('until the retirement of an org is recorded, its database and role are kept for it', () => {
  const taker = { org_id: 'globex-corp' };

  test.each<[string, Row[], SettingsOverrides, string]>([
    ['its row is disabled', [acme, gone, taker, hooli], corp, 'database'],
    ['its row is gone, and the policy is delete', [acme, taker, hooli], { ...corp, ...deletes }, 'database'],
    [
      'the other org has its role',
      [acme, gone, taker, hooli],
      { orgs: { 'globex-corp': withItsRole } },
      'Postgres role',
    ],
    [
      'its row is rejected now',
      [acme, { ...globex, data_store_bucket_name: '' }, taker, hooli],
      corp,
      'database',
    ],
  ])('from an org that comes, when %s', (_, source, settings, object) =>
    retiring(async (out) => {
      const before = await readFile(file(out), 'utf8');
      const report = await run(out, source, settings);
      const refused = report.rejected.find(({ org }) => org === 'globex-corp');
      expect(refused?.problems).toEqual([
        {
          at: file(out),
          message: expect.stringMatching(
            new RegExp(
              `^the ${object} lakekeeper_globex is that of org "globex" until .*remove ${directory} from`,
            ),
          ),
        },
      ]);
      expect(report.rendered.map(({ org }) => org)).toEqual(['acme', 'hooli']);
      if (source.includes(gone)) expect(await readFile(file(out), 'utf8')).toBe(before);
      expect(await readdir(join(out, directory))).toEqual(['retirement.yaml']);
    }, settings.retirement && deletes),
  );

  test('from an org that moves: it keeps the files that it has', () =>
    withDirectory(async (out) => {
      await run(out, [acme, globex, taker, hooli]);
      await run(out, [acme, gone, taker, hooli]);
      const before = await readTree(out);
      const settings = { ...corp, moves: { confirm: ['globex-corp'] } };
      const named = { orgs: { 'globex-corp': { ...corp.orgs['globex-corp'], name: 'corp' } } };
      for (const moved of [settings, { ...settings, ...named }]) {
        const { rejected, retiring: leave, removed } = await run(out, [acme, gone, taker, hooli], moved);
        expect(rejected).toMatchObject([{ org: 'globex-corp' }]);
        expect([leave.map(({ org }) => org), removed]).toEqual([['globex'], []]);
        expect(await readTree(out)).toEqual(before);
      }
    }));

  test('and then the other org has them', () =>
    retiring(async (out) => {
      const report = await run(out, [acme, retired, taker, hooli], corp);
      expect(report.rejected).toEqual([]);
      expect(report.removed).toMatchObject([{ org: 'globex' }]);
      expect(report.rendered.map(({ org }) => org)).toContain('globex-corp');
    }));

  test('but not from an org that is committed with them: then it is not retired', () =>
    retiring(async (out) => {
      const committed = await readFile(file(out), 'utf8');
      await run(out, [acme, retired, taker, hooli], corp);
      await mkdir(join(out, directory));
      await writeFile(file(out), committed);
      const { rejected, retiring: leave } = await run(out, [acme, gone, taker, hooli], corp);
      expect([rejected.map(({ org }) => org), leave]).toEqual([['globex'], []]);
    }));

  test('nothing is kept of a pre-provisioned store, in which retirement changes nothing', () =>
    withDirectory(async (out) => {
      const provided = { ...withItsRole.metadataStore, database: 'lakekeeper_globex' };
      const settings = { orgs: { globex: { metadataStore: provided } } };
      await run(out, [acme, globex, hooli], settings);
      await run(out, [acme, gone, hooli], settings);
      expect((await run(out, [acme, gone, taker, hooli], corp)).rejected).toEqual([]);
    }));
});

test('the files of other orgs are the same, whether or not one leaves, and however it is called', () =>
  fc.assert(
    fc.asyncProperty(orgIds, async (org_id) => {
      fc.pre(!['acme', 'hooli'].includes(org_id));
      await withDirectory(async (out) => {
        const both = [acme, { org_id }, hooli];
        const { rendered, rejected } = await run(out, both);
        // Of an id that is refused there is nothing that could leave.
        if (rejected.length > 0) return;
        const [own] = rendered.filter(({ org }) => org === org_id);
        const isOwn = ([path]: [string, string]) => join(out, path).startsWith(`${own?.directory}/`);
        const before = Object.entries(await readTree(out));
        const left = await run(out, [acme, hooli]);
        expect(left.retiring.map(({ org }) => org)).toEqual([org_id]);
        const after = Object.entries(await readTree(out));
        expect(after.filter((entry) => !isOwn(entry))).toEqual(before.filter((entry) => !isOwn(entry)));
        expect(after.filter(isOwn).map(([path]) => path.split('/').at(-1))).toEqual(['retirement.yaml']);
        expect((await run(out, [acme, hooli])).changes).toEqual([]);
        await run(out, both);
        expect(Object.entries(await readTree(out))).toEqual(before);
      });
    }),
    { numRuns: 30 },
  ));
