import { mkdir, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { type SynthInputs, type SynthReport, synth } from '../src/synth.ts';
import { header } from '../src/tree/header.ts';
import { hostileIds, orgIds } from './support/arbitrary.ts';
import { platform, rawRecords } from './support/fleet.ts';
import { readTree, stamps, withDirectory } from './support/tree.ts';

interface Row {
  org_id: unknown;
  [column: string]: unknown;
}
const rows = (...ids: unknown[]): Row[] => ids.map((org_id) => ({ org_id }));
const records = (source: Row[]) =>
  rawRecords(source.map((row) => ({ data_store_bucket_name: 'lake', duckling_name: 'duckling', ...row })));
const run = (out: string, source: Row[], inputs: Partial<SynthInputs> = {}): Promise<SynthReport> =>
  synth({
    records: records(source),
    platform: platform(),
    ducklings: new Map(),
    out,
    check: false,
    allowRemoval: false,
    ...inputs,
  });
const directories = async (out: string) =>
  [
    ...new Set(Object.keys(await readTree(out)).flatMap((path) => /^orgs\/([^/]+)\//.exec(path)?.[1] ?? [])),
  ].sort();

/** Directories with a catalog, not those of orgs that retire. */
const catalogs = async (out: string) =>
  Object.keys(await readTree(out)).flatMap((path) => /^(orgs\/.*)\/catalog\.yaml$/.exec(path)?.[1] ?? []);

test('renders every org into a directory of its own, and the platform beside them', async () => {
  await withDirectory(async (out) => {
    const report = await run(out, rows('acme', 'globex'));
    expect(Object.keys(await readTree(out))).toEqual([
      'orgs/lakekeeper-acme/catalog.yaml',
      'orgs/lakekeeper-acme/network-policies.yaml',
      'orgs/lakekeeper-acme/registration.yaml',
      'orgs/lakekeeper-globex/catalog.yaml',
      'orgs/lakekeeper-globex/network-policies.yaml',
      'orgs/lakekeeper-globex/registration.yaml',
      'platform/namespace.yaml',
      'platform/network-policies.yaml',
    ]);
    expect(report.rendered).toEqual([
      { org: 'acme', name: 'lakekeeper-acme', directory: join(out, 'orgs/lakekeeper-acme'), changed: true },
      {
        org: 'globex',
        name: 'lakekeeper-globex',
        directory: join(out, 'orgs/lakekeeper-globex'),
        changed: true,
      },
    ]);
    expect(report.files).toEqual({ written: 8, unchanged: 0, removed: 0 });
  });
});

test('a second run writes no file', async () => {
  await withDirectory(async (out) => {
    await run(out, rows('acme', 'globex'));
    const before = await stamps(out);
    const report = await run(out, rows('globex', 'acme'));
    expect(await stamps(out)).toEqual(before);
    expect(report.files).toEqual({ written: 0, unchanged: 8, removed: 0 });
    expect(report.rendered.map(({ changed }) => changed)).toEqual([false, false]);
  });
});

test('of a fleet with one changed org, only that org is written', async () => {
  await withDirectory(async (out) => {
    await run(out, rows('acme', 'globex'));
    const report = await run(out, [{ org_id: 'acme' }, { org_id: 'globex', data_store_region: 'eu-west-1' }]);
    expect(report.rendered.map(({ org, changed }) => [org, changed])).toEqual([
      ['acme', false],
      ['globex', true],
    ]);
    expect(report.changes.every(({ path }) => path.startsWith('orgs/lakekeeper-globex/'))).toBe(true);
  });
});

test('the files do not depend on the order of the records, nor on the environment that cdk8s reads', async () => {
  await withDirectory(async (out) => {
    await run(join(out, 'a'), rows('acme', 'globex', 'initech'));
    process.env.CDK8S_DISABLE_SORT = '1';
    try {
      await run(join(out, 'b'), rows('initech', 'acme', 'globex'));
    } finally {
      delete process.env.CDK8S_DISABLE_SORT;
    }
    expect(await readTree(join(out, 'b'))).toEqual(await readTree(join(out, 'a')));
  });
});

test('a file that was edited by hand is written again, and one at a rendered path is replaced', async () => {
  await withDirectory(async (out) => {
    await run(out, rows('acme'));
    const before = await readTree(out);
    await writeFile(join(out, 'orgs/lakekeeper-acme/catalog.yaml'), 'edited: true\n');
    const report = await run(out, rows('acme'));
    expect(report.files.written).toBe(1);
    expect(await readTree(out)).toEqual(before);
  });
});

test('files that are no longer rendered are removed; files of others and their directory stay', async () => {
  await withDirectory(async (out) => {
    await run(out, rows('acme', 'globex'));
    await writeFile(join(out, 'orgs/lakekeeper-acme/old.yaml'), `${header}\nkind: Old\n`);
    await writeFile(join(out, 'platform/old.yaml'), `${header}\nkind: Old\n`);
    await writeFile(join(out, 'orgs/lakekeeper-acme/mine.yaml'), 'kind: Mine\n');
    await writeFile(join(out, 'orgs/lakekeeper-globex/README.md'), 'mine\n');
    await mkdir(join(out, 'orgs/by-hand'));
    await writeFile(join(out, 'orgs/by-hand/mine.yaml'), 'kind: Mine\n');
    const gone = { org_id: 'globex', iceberg_enabled: false };
    await run(out, [...rows('acme'), gone]);
    const report = await run(out, [...rows('acme'), { ...gone, iceberg_state: 'retired' }]);
    expect(report.removed.map(({ org }) => org)).toEqual(['globex']);
    const files = Object.keys(await readTree(out));
    expect(files).not.toContain('orgs/lakekeeper-acme/old.yaml');
    expect(files).not.toContain('platform/old.yaml');
    expect(files.filter((file) => /mine|README/.test(file))).toEqual([
      'orgs/by-hand/mine.yaml',
      'orgs/lakekeeper-acme/mine.yaml',
      'orgs/lakekeeper-globex/README.md',
    ]);
    expect(files.filter((file) => file.startsWith('orgs/lakekeeper-globex/'))).toHaveLength(1);
  });
});

describe('a mistake in a row removes no catalog', () => {
  test.each<[string, Row[]]>([
    ['a record that is broken', [{ org_id: 'acme' }, { org_id: 'globex', metadata_store_port: 'x' }]],
    ['a record that lacks a value', [{ org_id: 'acme' }, { org_id: 'globex', metadata_store_endpoint: '' }]],
    ['a state that passes', [{ org_id: 'acme' }, { org_id: 'globex', state: 'failed' }]],
    ['another state that passes', [{ org_id: 'acme' }, { org_id: 'globex', state: 'pending' }]],
    ['a state that nobody knows', [{ org_id: 'acme' }, { org_id: 'globex', state: 'paused' }]],
    ['a record that does not say whose it is', [{ org_id: 'acme' }, { org_id: 7 }]],
  ])('%s: what is committed stays as it is', async (_, later) => {
    await withDirectory(async (out) => {
      await run(out, rows('acme', 'globex'));
      const before = await readTree(out);
      const report = await run(out, later);
      expect([report.retiring, report.removed]).toEqual([[], []]);
      expect(await readTree(out)).toEqual(before);
    });
  });

  test.each<[string, Row[]]>([
    ['an org that is gone', [{ org_id: 'acme' }]],
    ['an org without Iceberg', [{ org_id: 'acme' }, { org_id: 'globex', iceberg_enabled: false }]],
    ['an org of another backend', [{ org_id: 'acme' }, { org_id: 'globex', iceberg_backend: 'other' }]],
    ['an org that is being deleted', [{ org_id: 'acme' }, { org_id: 'globex', state: 'deleting' }]],
  ])('but %s begins to retire, and the report names it', async (_, later) => {
    await withDirectory(async (out) => {
      await run(out, rows('acme', 'globex'));
      const report = await run(out, later);
      const directory = join(out, 'orgs/lakekeeper-globex');
      expect(report.retiring).toEqual([
        { org: 'globex', name: 'lakekeeper-globex', directory, policy: 'retain', begins: true },
      ]);
      expect(await readdir(directory)).toEqual(['retirement.yaml']);
      expect(report.removed).toEqual([]);
    });
  });

  test('an org under another name is removed under the old name and written under the new one', async () => {
    await withDirectory(async (out) => {
      await run(out, rows('acme', 'globex'));
      const report = await run(out, rows('acme', 'globex'), {
        platform: platform({
          orgs: { globex: { name: 'lakekeeper-globex-2' } },
          moves: { confirm: ['globex'] },
        }),
      });
      expect(report.removed.map(({ org, name }) => [org, name])).toEqual([['globex', 'lakekeeper-globex']]);
      expect(await directories(out)).toEqual(['lakekeeper-acme', 'lakekeeper-globex-2']);
    });
  });
});

describe('a source that has fewer orgs than before', () => {
  const many = (count: number) => rows(...Array.from({ length: count }, (_, i) => `org-${i}`));

  // committed, then in the source, held back
  test.each([
    [10, 8, false],
    [10, 7, true],
    [30, 27, false],
    [30, 26, true],
    [3, 1, false],
    [4, 1, true],
  ])('from %j to %j orgs is held back: %j', async (committed, left, heldBack) => {
    await withDirectory(async (out) => {
      await run(out, many(committed));
      const before = await readTree(out);
      const report = await run(out, [...many(left), { org_id: 'new' }]);
      expect(report.heldBack === undefined).toBe(!heldBack);
      expect(report.retiring).toHaveLength(committed - left);
      if (heldBack) expect(await readTree(out)).toEqual(before);
      else expect(await catalogs(out)).toHaveLength(left + 1);
      if (heldBack) expect(report.files).toEqual({ written: 0, unchanged: 0, removed: 0 });
    });
  });

  test.each<[string, number, Row]>([
    ['Iceberg switched off', 2, { org_id: '', iceberg_enabled: false }],
    ['another backend', 3, { org_id: '', iceberg_backend: 'other' }],
    ['states that say they leave', 1, { org_id: '', state: 'deleting' }],
  ])(
    'by rows that turned skipped (%s) is held back below three orgs too, when it is most of the fleet',
    (_, leaving, row) =>
      withDirectory(async (out) => {
        const orgs = Array.from({ length: leaving + (leaving > 1 ? 1 : 0) }, (__, i) => `org-${i}`);
        await run(out, rows(...orgs));
        const before = await readTree(out);
        const later = rows(...orgs).map((one, i) => (i < leaving ? { ...row, ...one } : one));
        const report = await run(out, later);
        expect(report.heldBack).toBe(
          `${leaving} of ${orgs.length} committed orgs would leave at once, ${leaving} of them ` +
            'because their rows are skipped now',
        );
        expect(report.retiring.map(({ org }) => org)).toEqual(orgs.slice(0, leaving));
        expect(await readTree(out)).toEqual(before);
        expect((await run(out, later, { allowRemoval: true })).heldBack).toBeUndefined();
        expect(await catalogs(out)).toHaveLength(orgs.length - leaving);
      }),
  );

  test('counts orgs whose rows are skipped now with those that have no row', () =>
    withDirectory(async (out) => {
      await run(out, many(20));
      const later = many(19).map((row, i) => (i < 2 ? { ...row, iceberg_enabled: false } : row));
      expect((await run(out, later)).heldBack).toBe(
        '3 of 20 committed orgs would leave at once, 2 of them because their rows are skipped now',
      );
    }));

  test('is held back when it has none, whatever is committed', async () => {
    await withDirectory(async (out) => {
      expect((await run(out, [])).heldBack).toBe('the source has no records at all');
      await run(out, many(2));
      expect((await run(out, [])).heldBack).toBeDefined();
      expect(await directories(out)).toHaveLength(2);
    });
  });

  test('is applied with allowRemoval', async () => {
    await withDirectory(async (out) => {
      await run(out, many(10));
      await run(out, many(1), { allowRemoval: true });
      expect(await catalogs(out)).toEqual(['orgs/lakekeeper-org-0']);
      await run(out, [], { allowRemoval: true });
      expect(await catalogs(out)).toEqual([]);
    });
  });
});

describe('--check', () => {
  test('writes nothing and lists what differs', async () => {
    await withDirectory(async (out) => {
      await run(out, rows('acme', 'globex'));
      await rm(join(out, 'platform/namespace.yaml'));
      const before = { ...(await stamps(out)) };
      const report = await run(out, [{ org_id: 'acme', metadata_store_port: 6432 }], {
        check: true,
        platform: platform({ moves: { confirm: ['acme'] } }),
      });
      expect(await stamps(out)).toEqual(before);
      expect(report.changes.map(({ path, change }) => `${change} ${path}`)).toEqual([
        'updated orgs/lakekeeper-acme/catalog.yaml',
        'updated orgs/lakekeeper-acme/network-policies.yaml',
        'updated orgs/lakekeeper-acme/registration.yaml',
        'removed orgs/lakekeeper-globex/catalog.yaml',
        'removed orgs/lakekeeper-globex/network-policies.yaml',
        'removed orgs/lakekeeper-globex/registration.yaml',
        'created orgs/lakekeeper-globex/retirement.yaml',
        'created platform/namespace.yaml',
      ]);
    });
  });

  test('finds nothing after a run', async () => {
    await withDirectory(async (out) => {
      await run(out, rows('acme'));
      expect((await run(out, rows('acme'), { check: true })).changes).toEqual([]);
    });
  });

  test('does not create the directory', async () => {
    await withDirectory(async (out) => {
      await run(join(out, 'dist'), rows('acme'), { check: true });
      expect(await readTree(out)).toEqual({});
    });
  });
});

test('two runs at once leave the files that one of them would have written', async () => {
  await withDirectory(async (out) => {
    const ids = Array.from({ length: 20 }, (_, i) => `org-${i}`);
    const ports = [6432, 7432];
    await Promise.all(
      ports.map((metadata_store_port) =>
        run(
          join(out, 'both'),
          ids.map((org_id) => ({ org_id, metadata_store_port })),
        ),
      ),
    );
    const alone = await Promise.all(
      ports.map(async (metadata_store_port) => {
        await run(
          join(out, `${metadata_store_port}`),
          ids.map((org_id) => ({ org_id, metadata_store_port })),
        );
        return readTree(join(out, `${metadata_store_port}`));
      }),
    );
    expect(alone).toContainEqual(await readTree(join(out, 'both')));
  });
});

test('a symbolic link in place of a directory of the tree is refused', async () => {
  await withDirectory(async (directory) => {
    await mkdir(join(directory, 'out'));
    await mkdir(join(directory, 'elsewhere'));
    await symlink(join(directory, 'elsewhere'), join(directory, 'out/orgs'));
    await expect(run(join(directory, 'out'), rows('acme'))).rejects.toThrow(/link/);
    expect(await readTree(join(directory, 'elsewhere'))).toEqual({});
  });
});

describe('orgs in shards', () => {
  const sharded = (shards: number) =>
    platform({ argocd: { repoURL: 'https://github.com/acme/catalogs.git', shards } });
  const fleet = Array.from({ length: 30 }, (_, i) => ({
    org_id: `org-${i}`,
    data_store_bucket_name: `lake-${i}`,
  }));
  const places = async (out: string) =>
    Object.keys(await readTree(out)).filter((path) => path.endsWith('/catalog.yaml'));

  test('are below the directory of their shard, and an org that comes or leaves moves no other', async () => {
    await withDirectory(async (out) => {
      const settings = { platform: sharded(4) };
      await run(out, fleet, settings);
      const before = await places(out);
      expect(before).toHaveLength(30);
      expect(new Set(before.map((path) => path.split('/')[1]))).toEqual(
        new Set(['000', '001', '002', '003']),
      );
      expect(before.every((path) => /^shards\/00[0-3]\/lakekeeper-org-\d+\//.test(path))).toBe(true);

      const came = await run(out, [...fleet, { org_id: 'acme' }], settings);
      expect(came.changes.every(({ path }) => /^shards\/00\d\/lakekeeper-acme\//.test(path))).toBe(true);
      const placeOfAcme = came.rendered.find(({ org }) => org === 'acme')?.directory;
      expect(placeOfAcme).toMatch(/\/shards\/00\d\/lakekeeper-acme$/);
      const went = await run(out, fleet, settings);
      expect(went.retiring).toMatchObject([{ org: 'acme', directory: placeOfAcme }]);
      expect((await readdir(placeOfAcme ?? '')).join()).toBe('retirement.yaml');
      expect(await places(out)).toEqual(before);
    });
  });

  test('move with all files when the settings change, and are in one place only', async () => {
    await withDirectory(async (out) => {
      await run(out, fleet);
      const moved = await run(out, fleet, { platform: sharded(4) });
      expect({ heldBack: moved.heldBack, removed: moved.removed }).toEqual({
        heldBack: undefined,
        removed: [],
      });
      const inFour = await places(out);
      expect(inFour).toHaveLength(30);
      await run(out, fleet, { platform: sharded(5) });
      const inFive = await places(out);
      expect(inFive).toHaveLength(30);
      expect(inFive.filter((path) => !path.startsWith('shards/004/') && !inFour.includes(path))).toEqual([]);
      await run(out, fleet);
      expect(await directories(out)).toHaveLength(30);
      expect((await places(out)).every((path) => path.startsWith('orgs/'))).toBe(true);
    });
  });

  test('an org whose record is rejected stays where it is committed', async () => {
    await withDirectory(async (out) => {
      await run(out, fleet);
      const broken = fleet.map((row, i) => (i === 0 ? { ...row, metadata_store_port: 'x' } : row));
      await run(out, broken, { platform: sharded(4) });
      expect(await directories(out)).toEqual(['lakekeeper-org-0']);
      expect(await places(out)).toHaveLength(30);
    });
  });

  test('a symbolic link in place of a shard or an org is refused', async () => {
    await withDirectory(async (directory) => {
      const out = join(directory, 'dist');
      await mkdir(join(directory, 'elsewhere'));
      await mkdir(join(out, 'shards/001'), { recursive: true });
      await symlink(join(directory, 'elsewhere'), join(out, 'shards/001/lakekeeper-acme'));
      await expect(run(out, fleet, { platform: sharded(4) })).rejects.toThrow(
        /shards\/001\/lakekeeper-acme is a symbolic link/,
      );
      await rm(join(out, 'shards/001'), { recursive: true });
      await symlink(join(directory, 'elsewhere'), join(out, 'shards/001'));
      await expect(run(out, fleet, { platform: sharded(4) })).rejects.toThrow(
        /shards\/001 is a symbolic link/,
      );
    });
  });
});

describe('hostile org ids', () => {
  const objects = (files: Record<string, string>) =>
    Object.entries(files).flatMap(([path, text]) => {
      const documents = parseAllDocuments(text, { version: '1.1' });
      expect(documents.flatMap(({ errors, warnings }) => [...errors, ...warnings])).toEqual([]);
      return documents.map((document) => ({
        path,
        ...(document.toJS() as {
          kind: string;
          metadata: { name: string; annotations?: Record<string, string> };
        }),
      }));
    });

  test('each is rendered into its own directory, as well-formed documents, and changes no other org', async () => {
    await withDirectory(async (directory) => {
      const out = join(directory, 'a/b/dist');
      const source = hostileIds.map((org_id, i) => ({ org_id, duckling_name: `duckling-${i}` }));
      const report = await run(out, source);
      expect(report.rejected).toEqual([]);
      expect(report.rendered).toHaveLength(hostileIds.length);
      expect(
        Object.keys(await readTree(directory)).every((path) =>
          /^a\/b\/dist\/(platform|orgs\/lakekeeper-[a-z0-9-]+)\/[a-z-]+\.yaml$/.test(path),
        ),
      ).toBe(true);
      for (const { org, name } of report.rendered) {
        const own = objects(await readTree(join(out, 'orgs', name)));
        expect(own.map(({ kind }) => kind)).toEqual([
          'Lakekeeper',
          'PodDisruptionBudget',
          'NetworkPolicy',
          'NetworkPolicy',
          'NetworkPolicy',
          'ServiceAccount',
          'Role',
          'RoleBinding',
          'Role',
          'RoleBinding',
          'Role',
          'RoleBinding',
          'ConfigMap',
          'Job',
        ]);
        for (const { metadata } of own) {
          expect(metadata.annotations?.['lakekeeper-gitops/org']).toBe(org);
          expect(metadata.name.startsWith(name)).toBe(true);
        }
      }
    });
  });

  test('any org id is rendered or rejected, and a second run changes nothing', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(orgIds, { minLength: 1, maxLength: 6 }), (orgs) =>
        withDirectory(async (out) => {
          const source = orgs.map((org_id) => ({ org_id }));
          const report = await run(out, source);
          expect(report.rendered.length + report.rejected.length).toBe(orgs.length);
          objects(await readTree(out));
          expect((await run(out, source)).changes).toEqual([]);
        }),
      ),
      { numRuns: 15 },
    );
  });
});

describe('a second run of a large fleet', () => {
  const fleet = Array.from({ length: 500 }, (_, i) => ({ org_id: `org-${i}` }));
  const catalogOf = (out: string, org: string) => join(out, `orgs/lakekeeper-${org}/catalog.yaml`);

  test('writes nothing; a file that was edited by hand is written again', async () => {
    await withDirectory(async (out) => {
      await run(out, fleet);
      const before = await stamps(out);
      const again = await run(out, fleet);
      expect(again.orgs).toEqual({ changed: 0, unchanged: 500 });
      expect(again.files).toEqual({ written: 0, unchanged: 1502, removed: 0 });
      expect(await stamps(out)).toEqual(before);

      const rendered = await readFile(catalogOf(out, 'org-7'), 'utf8');
      await writeFile(catalogOf(out, 'org-7'), rendered.replace(/replicas: \d/, 'replicas: 9'));
      const check = await run(out, fleet, { check: true });
      const path = 'orgs/lakekeeper-org-7/catalog.yaml';
      expect(check.changes).toEqual([{ path, change: 'updated' }]);
      expect((await run(out, fleet)).changes).toEqual([{ path, change: 'updated' }]);
      expect(await readFile(catalogOf(out, 'org-7'), 'utf8')).toBe(rendered);
      expect((await run(out, fleet)).changes).toEqual([]);
    });
  });

  test('writes what changed: a record, an org that leaves, an obsolete file, the settings', async () => {
    await withDirectory(async (out) => {
      await run(out, fleet);
      const changed = fleet.map((row, i) => (i === 3 ? { ...row, data_store_region: 'eu-west-1' } : row));
      const one = await run(out, changed);
      expect(one.orgs).toEqual({ changed: 1, unchanged: 499 });
      const left = await run(out, changed.slice(1));
      expect(left.retiring.map(({ org }) => org)).toEqual(['org-0']);
      expect(left.orgs.changed).toBe(0);
      const obsolete = join(out, 'orgs/lakekeeper-org-9/old.yaml');
      await writeFile(obsolete, `${header}\nkind: Old\n`);
      expect((await run(out, changed.slice(1))).changes).toEqual([
        { path: 'orgs/lakekeeper-org-9/old.yaml', change: 'removed' },
      ]);
      const image = 'quay.io/lakekeeper/catalog:v0.12.3';
      const settings = platform({ catalog: { image } });
      expect((await run(out, changed.slice(1), { platform: settings })).orgs.changed).toBe(499);
      expect(await readFile(catalogOf(out, 'org-9'), 'utf8')).toContain(image);
    });
  });
});

test('obsolete files are removed, also when a file of the platform was replaced by hand in the meantime', async () => {
  await withDirectory(async (out) => {
    await run(out, rows('acme'));
    await writeFile(join(out, 'platform/namespace.yaml'), 'kind: Mine\n');
    await writeFile(join(out, 'orgs/lakekeeper-acme/old.yaml'), `${header}\nkind: Old\n`);
    expect((await run(out, rows('acme'))).changes).toEqual([
      { path: 'orgs/lakekeeper-acme/old.yaml', change: 'removed' },
      { path: 'platform/namespace.yaml', change: 'updated' },
    ]);
  });
});

test('an org that the settings move is written to its new directory and removed from the old one', async () => {
  await withDirectory(async (out) => {
    const argocd = { repoURL: 'https://github.com/acme/catalogs.git' };
    await run(out, rows('acme', 'globex'), { platform: platform({ argocd }) });
    const before = await readTree(out);
    const sharded = platform({ argocd: { ...argocd, shards: 2 } });
    const report = await run(out, rows('acme', 'globex'), { platform: sharded });
    expect(report.removed).toEqual([]);
    expect(await directories(out)).toEqual([]);
    const removed = report.changes.filter(({ change }) => change === 'removed').map(({ path }) => path);
    expect(removed).toEqual(Object.keys(before).filter((path) => path.startsWith('orgs/')));
    await run(out, rows('acme', 'globex'), { platform: platform({ argocd }) });
    expect(await readTree(out)).toEqual(before);
  });
});

test('the source is read under the lock: of two runs, the one that writes last has read last', async () => {
  await withDirectory(async (directory) => {
    const out = join(directory, 'dist');
    async function* whatIsThere() {
      yield* records(rows('acme'));
      expect(await readdir(out)).toEqual(['.lakekeeper-gitops.lock']);
    }
    await run(out, [], { records: whatIsThere() });
    expect(await directories(out)).toEqual(['lakekeeper-acme']);
  });
});

test('rendering starts when the source has ended; a failure of the source writes nothing', async () => {
  await withDirectory(async (out) => {
    async function* broken() {
      yield* records(rows('acme'));
      await sleep(0);
      throw new Error('connection lost');
    }
    await expect(run(out, [], { records: broken() })).rejects.toThrow('connection lost');
    expect(await readTree(out)).toEqual({});
    await expect(run(join(out, 'new'), [], { records: broken() })).rejects.toThrow('connection lost');
    expect(await readdir(out)).toEqual([]);
  });
});
