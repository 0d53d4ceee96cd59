import { mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, test } from 'vitest';
import { type Plan, planJsonSchema } from '../src/explain/plan-schema.ts';
import { plan } from '../src/plan.ts';
import { synth } from '../src/synth.ts';
import { readWorkTree } from '../src/tree/work-tree.ts';
import { hostileIds } from './support/arbitrary.ts';
import { platform, type Row, rawRecords, type SettingsOverrides } from './support/fleet.ts';
import { readTree, withDirectory } from './support/tree.ts';

const row = (org_id: unknown, columns: Partial<Row> = {}): Row => ({ org_id, ...columns });

function inputs(rows: readonly Row[], settings: SettingsOverrides = {}) {
  return { records: rawRecords(rows), platform: platform(settings), ducklings: new Map() };
}

async function planOf(
  out: string,
  rows: readonly Row[],
  { settings = {}, allowRemoval = false }: { settings?: SettingsOverrides; allowRemoval?: boolean } = {},
): Promise<Plan> {
  return plan({ ...inputs(rows, settings), committed: await readWorkTree(out), allowRemoval });
}

/** Lends a directory in which these rows are committed. */
async function withCommitted(rows: readonly Row[], work: (out: string) => Promise<void>): Promise<void> {
  await withDirectory(async (out) => {
    await synth({ ...inputs(rows), out, check: false, allowRemoval: true });
    await work(out);
  });
}

const none = { desired: 0, added: 0, leaving: 0, retiring: 0, removed: 0, changed: 0, unchanged: 0 };
const brief = ({ changes }: Plan) => changes.map(({ kind, orgs }) => `${kind}: ${orgs}`);
const subjects = ({ changes }: Plan, kind: string) =>
  changes
    .filter((change) => change.kind === kind)
    .flatMap(({ variants }) => variants.flatMap((v) => v.subjects));

describe('a plan', () => {
  test('of what is committed already is empty', () =>
    withCommitted([row('acme'), row('globex')], async (out) => {
      expect(await planOf(out, [row('acme'), row('globex')])).toEqual({
        version: 1,
        program: { version: expect.any(String), registrationImage: inputs([]).platform.registration.image },
        against: { directory: out, ref: null, commit: null },
        risk: 'none',
        orgs: { ...none, desired: 2, unchanged: 2 },
        authentication: { none: ['acme', 'globex'], prepare: [], enforce: [] },
        files: { created: 0, updated: 0, removed: 0, unchanged: 8 },
        heldBack: null,
        changes: [],
        rejected: [],
        skipped: [],
        foreignFiles: [],
        unknownOverrides: [],
      });
    }));

  test('writes nothing', () =>
    withCommitted([row('acme')], async (out) => {
      const before = await readTree(out);
      await planOf(out, [row('globex')]);
      expect(await readTree(out)).toEqual(before);
      await planOf(join(out, 'nowhere'), [row('globex')]);
      expect(await readTree(out)).toEqual(before);
    }));

  test('counts the files that synth writes', () =>
    withCommitted([row('acme'), row('globex'), row('initech')], async (out) => {
      const rows = [row('acme'), row('globex', { data_store_bucket_name: 'other' }), row('new')];
      const { files } = await planOf(out, rows);
      const report = await synth({ ...inputs(rows), out, check: false, allowRemoval: false });
      const by = (change: string) => report.changes.filter((one) => one.change === change).length;
      expect(files).toEqual({
        created: by('created'),
        updated: by('updated'),
        removed: by('removed'),
        unchanged: report.files.unchanged,
      });
      expect(await planOf(out, rows)).toMatchObject({ risk: 'none', changes: [] });
    }));

  test('groups changes that orgs share, with placeholders in place of their names', () =>
    withCommitted([row('acme'), row('a-b'), row('a_b')], async (out) => {
      const settings = {
        catalog: {
          image: 'quay.io/lakekeeper/catalog:v0.13.3',
          server: { baseURI: 'http://{name}.lake.example.com' },
        },
      };
      const { changes } = await planOf(out, [row('acme'), row('a-b'), row('a_b')], { settings });
      expect(
        changes.map(({ kind, variants }) => [
          kind,
          variants.map(({ from, to, subjects: of }) => [from, to, of.length]),
        ]),
      ).toEqual([
        ['imageUpgraded', [['v0.12.2', 'v0.13.3', 3]]],
        ['endpointChanged', [['http://{name}.lakekeeper.svc:8181', 'http://{name}.lake.example.com', 3]]],
        ['registrationAgain', [[undefined, undefined, 3]]],
      ]);
      expect(changes[1]?.variants[0]?.subjects[0]).toMatchObject({
        org: 'a-b',
        name: 'lakekeeper-a-b',
        from: 'http://lakekeeper-a-b.lakekeeper.svc:8181',
        to: 'http://lakekeeper-a-b.lake.example.com',
      });
    }));

  test('of one org has its exact values', () =>
    withCommitted([row('acme')], async (out) => {
      const settings = { moves: { confirm: ['acme'] } };
      const rows = [row('acme', { data_store_bucket_name: 'lake-of-acme' })];
      const { changes } = await planOf(out, rows, { settings });
      expect(changes[0]).toMatchObject({
        kind: 'storageRefused',
        variants: [{ what: 'bucket', from: 'bucket-0', to: 'lake-of-acme' }],
      });
    }));

  test('lists the highest risk first', () =>
    withCommitted([row('acme'), row('globex')], async (out) => {
      const rows = [row('acme', { metadata_store_endpoint: 'new.example.com' }), row('initech')];
      const planned = await planOf(out, rows, { settings: { moves: { confirm: ['acme'] } } });
      expect(brief(planned)).toEqual([
        'metadataStoreMoved: 1',
        'retirementRetains: 1',
        'catalogAdded: 1',
        'registrationAgain: 1',
      ]);
      expect(planned.risk).toBe('critical');
      expect(planned.orgs).toEqual({ ...none, desired: 2, added: 1, leaving: 1, changed: 1 });
    }));

  test('does not depend on the order of the rows', () =>
    withCommitted([row('gone')], async (out) => {
      const rows = hostileIds
        .slice(0, 12)
        .map((id, i) => row(id, { data_store_bucket_name: `b-${i}`, duckling_name: `d-${i}` }));
      expect(await planOf(out, [...rows].reverse())).toEqual(await planOf(out, rows));
    }));

  test('has the shape of its schema, which is committed', () =>
    withCommitted([row('acme'), row('globex')], async (out) => {
      const schema = planJsonSchema();
      expect(JSON.parse(await readFile('schemas/plan.schema.json', 'utf8'))).toEqual(schema);
      const validate = new Ajv2020({ strict: false }).compile(schema);
      const planned = await planOf(
        out,
        [row('acme', { metadata_store_port: 1 }), row(7), row('off', { iceberg_enabled: false })],
        {
          settings: { orgs: { nobody: { replicas: 1 } } },
        },
      );
      expect(validate(JSON.parse(JSON.stringify(planned))), JSON.stringify(validate.errors)).toBe(true);
      expect(validate({ ...planned, risk: 'some' })).toBe(false);
    }));
});

describe('an org that leaves', () => {
  const settings = { retirement: { policy: 'delete' as const, confirm: ['acme'] } };
  const both = [row('acme'), row('globex')];
  const off = (columns: object = {}) => [row('acme', { iceberg_enabled: false, ...columns }), row('globex')];
  const synthOf = (out: string, rows: readonly Row[], of: SettingsOverrides = {}) =>
    synth({ ...inputs(rows, of), out, check: false, allowRemoval: true });

  test('is reported with its policy, and with what stays, is dropped, and where its files are', () =>
    withCommitted(both, async (out) => {
      const retains = await planOf(out, off());
      expect(brief(retains)).toEqual(['retirementRetains: 1']);
      expect(retains).toMatchObject({ risk: 'high', orgs: { leaving: 1, removed: 0 } });
      const detail = (what: string) => [
        {
          org: 'acme',
          name: 'lakekeeper-acme',
          detail:
            `database lakekeeper_acme on postgres.example.com ${what}; ` +
            'files stay in s3://bucket-0/lakekeeper/acme',
        },
      ];
      expect(subjects(retains, 'retirementRetains')).toEqual(
        detail('stays, role lakekeeper_acme cannot log in'),
      );
      const deletes = await planOf(out, off(), { settings });
      expect(deletes.risk).toBe('critical');
      expect(subjects(deletes, 'retirementDeletes')).toEqual(detail('and role lakekeeper_acme are dropped'));
      const evenWithTables = { retirement: { ...settings.retirement, evenWithTables: ['acme'] } };
      expect(
        subjects(await planOf(out, off(), { settings: evenWithTables }), 'retirementDeletes'),
      ).toMatchObject([{ detail: expect.stringContaining('dropped, also with tables registered in it; ') }]);
    }));

  test('is no change while it retires; another policy is one, with the risk of the new one', () =>
    withCommitted(both, async (out) => {
      await synthOf(out, off());
      expect(await planOf(out, off())).toMatchObject({ changes: [], orgs: { leaving: 0, retiring: 1 } });
      const planned = await planOf(out, off(), { settings });
      expect(planned).toMatchObject({
        risk: 'critical',
        changes: [
          { kind: 'retirementDeletes', variants: [{ what: 'policy', from: 'retain', to: 'delete' }] },
        ],
      });
    }));

  test('and whose settings change otherwise has these changes', () =>
    withCommitted(both, async (out) => {
      await synthOf(out, off());
      const image = 'registry.example.com/lakekeeper-gitops:v9.0.0';
      const planned = await planOf(out, off(), { settings: { registration: { image } } });
      const ofAcme = planned.changes.filter(({ variants }) =>
        variants.some(({ subjects }) => subjects.some(({ org }) => org === 'acme')),
      );
      expect(ofAcme.length).toBeGreaterThan(0);
      expect(ofAcme.map(({ kind }) => kind)).not.toContain('retirementRetains');
    }));

  test('is removed without harm when its retirement is recorded', () =>
    withCommitted(both, async (out) => {
      await synthOf(out, off());
      const planned = await planOf(out, off({ iceberg_state: 'retired' }));
      expect(planned).toMatchObject({ risk: 'low', heldBack: null, orgs: { retiring: 0, removed: 1 } });
      expect(planned.changes).toMatchObject([{ kind: 'retirementEnded', orgs: 1 }]);
      expect(planned.files).toMatchObject({ removed: 1, created: 0 });
    }));

  test('comes back', () =>
    withCommitted(both, async (out) => {
      await synthOf(out, off());
      expect(await planOf(out, both)).toMatchObject({
        risk: 'medium',
        changes: [{ kind: 'catalogReturns', orgs: 1 }],
        orgs: { changed: 1, leaving: 0, removed: 0 },
      });
    }));

  test('is not taken over by another org without a word', () =>
    withCommitted(both, async (out) => {
      await synthOf(out, off());
      const taken = { orgs: { newcomer: { name: 'lakekeeper-acme' } }, moves: { confirm: ['newcomer'] } };
      const planned = await planOf(out, [row('newcomer'), row('globex')], { settings: taken });
      expect(subjects(planned, 'catalogTakenOver')).toMatchObject([{ org: 'newcomer' }]);
    }));

  test('and cannot be retired is rejected, with the file', () =>
    withCommitted(both, async (out) => {
      const file = join(out, 'orgs/lakekeeper-acme/registration.yaml');
      await writeFile(file, (await readFile(file, 'utf8')).replace('acme', 'globex'));
      const planned = await planOf(out, off());
      expect(planned).toMatchObject({ changes: [], orgs: { leaving: 0, removed: 0 } });
      expect(planned.rejected).toMatchObject([{ org: 'acme', problems: [{ at: file }] }]);
    }));
});

describe('orgs that come, and that are elsewhere', () => {
  test('an org under another name is moved, neither added nor removed', () =>
    withCommitted([row('acme')], async (out) => {
      const settings = { orgs: { acme: { name: 'catalog-of-acme' } }, moves: { confirm: ['acme'] } };
      const planned = await planOf(out, [row('acme')], { settings });
      expect(brief(planned)).toEqual(['catalogMoved: 1']);
      expect(planned.changes[0]?.variants[0]).toMatchObject({
        what: 'name',
        from: 'lakekeeper-acme',
        to: 'catalog-of-acme',
      });
      expect(planned.orgs).toMatchObject({ added: 0, leaving: 0, changed: 1 });
    }));

  test('a new org that takes the name of a removed one is reported as that', () =>
    withCommitted([row('acme')], async (out) => {
      const settings = {
        orgs: { newcomer: { name: 'lakekeeper-acme' } },
        moves: { confirm: ['newcomer'] },
      };
      const planned = await planOf(out, [row('newcomer')], { settings });
      expect(planned.changes).toContainEqual(
        expect.objectContaining({
          kind: 'catalogTakenOver',
          risk: 'critical',
          variants: [
            { from: 'acme', to: 'newcomer', subjects: [{ org: 'newcomer', name: 'lakekeeper-acme' }] },
          ],
        }),
      );
      expect(brief(planned)).toContain('metadataStoreMoved: 1');
    }));

  test.each<[string, Row]>([
    ['rejected', row('acme', { metadata_store_endpoint: '' })],
    ['skipped for a while', row('acme', { state: 'failed' })],
  ])('an org that is %s stays as it is committed', (_, acme) =>
    withCommitted([row('acme')], async (out) => {
      const planned = await planOf(out, [acme]);
      expect(planned.changes).toEqual([]);
      expect([...planned.rejected, ...planned.skipped]).toMatchObject([{ org: 'acme' }]);
    }),
  );

  test('a run that synth would hold back is reported, with its changes', () =>
    withCommitted(
      ['a', 'b', 'c', 'd'].map((id) => row(id)),
      async (out) => {
        const held = await planOf(out, [row('a')]);
        expect(held.heldBack).toBe('3 of 4 committed orgs would leave at once');
        expect(held.risk).toBe('critical');
        expect(brief(held)).toEqual(['retirementRetains: 3']);
        const allowed = await planOf(out, [row('a')], { allowRemoval: true });
        expect(allowed).toEqual({ ...held, heldBack: null, risk: 'high' });
      },
    ));

  test('a run is held back, also below three orgs, when the rows of most of the fleet are skipped now', () =>
    withCommitted([row('acme'), row('globex')], async (out) => {
      const off = { iceberg_enabled: false };
      const held = await planOf(out, [row('acme', off), row('globex', off)]);
      expect(held).toMatchObject({
        heldBack: '2 of 2 committed orgs would leave at once, 2 of them because their rows are skipped now',
        risk: 'critical',
      });
    }));

  test('files of others are listed, and are no change', () =>
    withCommitted([row('acme')], async (out) => {
      for (const path of [
        'orgs/lakekeeper-acme/extra.yaml',
        'orgs/elsewhere/app.json',
        'platform/more.yml',
      ]) {
        await mkdir(dirname(join(out, path)), { recursive: true });
        await writeFile(join(out, path), 'kind: ConfigMap\n');
      }
      // Argo CD follows links; this one leads to a file of ours.
      await symlink('../lakekeeper-acme/catalog.yaml', join(out, 'orgs/elsewhere/link.yaml'));
      const planned = await planOf(out, [row('acme')]);
      expect(planned.changes).toEqual([]);
      expect(planned.foreignFiles).toEqual([
        'orgs/elsewhere/app.json',
        'orgs/elsewhere/link.yaml',
        'orgs/lakekeeper-acme/extra.yaml',
        'platform/more.yml',
      ]);
    }));
});
