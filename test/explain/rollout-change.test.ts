import { describe, expect, test } from 'vitest';
import type { ReportedStatus } from '../../src/explain/rollout-change.ts';
import { plan } from '../../src/plan.ts';
import type { Rollout } from '../../src/platform/rollout-settings.ts';
import { synth } from '../../src/synth.ts';
import { readWorkTree } from '../../src/tree/work-tree.ts';
import { platform, rawRecords } from '../support/fleet.ts';
import { withDirectory } from '../support/tree.ts';

const image = 'quay.io/lakekeeper/catalog:v0.13.3';
const stages = [{ orgs: ['canary'] }, { percent: 100 }];
const records = rawRecords([{ org_id: 'canary' }, { org_id: 'acme' }, { org_id: 'globex' }]);
const at = (stage: number, some: Rollout['stages'] = stages) => ({
  records,
  platform: platform({ rollout: { image, stages: some, stage } }),
  ducklings: new Map(),
});

type Reported = ReportedStatus['orgs'][number] & { readonly name: string };
const registered: Reported = {
  org: 'canary',
  name: 'lakekeeper-canary',
  verdict: 'registered',
  version: '0.13.3',
};

/** What a pull request that moves from one stage to another changes. */
async function planned(
  from: number,
  to: number,
  orgs?: Reported[],
  outdated?: string,
  some?: Rollout['stages'],
) {
  return withDirectory(async (out) => {
    await synth({ ...at(from, some), out, check: false, allowRemoval: false });
    const status = orgs && { orgs, ...(outdated && { outdated }) };
    return plan({ ...at(to, some), committed: await readWorkTree(out), allowRemoval: false, status });
  });
}
const kindsOf = ({ changes }: Awaited<ReturnType<typeof planned>>) => changes.map(({ kind }) => kind);

describe('a stage more', () => {
  test('says who gets the image, and that a migration runs', async () => {
    const first = await planned(0, 1);
    expect(first.changes.slice(0, 1)).toMatchObject([
      {
        kind: 'imageUpgraded',
        effect: expect.stringContaining('A migration runs'),
        variants: [{ from: 'v0.12.2', to: 'v0.13.3', subjects: [{ org: 'canary' }] }],
      },
    ]);
    expect(first.risk).toBe('medium');
  });

  test('is no risk of its own when the orgs of the earlier stages are well', async () => {
    const second = await planned(1, 2, [registered]);
    expect(kindsOf(second)).toEqual(['imageUpgraded', 'registrationAgain']);
    expect(second.risk).toBe('medium');
  });

  test.each<[string, Reported[] | undefined, string]>([
    ['broken', [{ ...registered, verdict: 'broken' }], 'broken'],
    ['waiting', [{ ...registered, verdict: 'waiting' }], 'waiting'],
    ['of the former version still', [{ ...registered, version: '0.12.2' }], 'runs 0.12.2'],
    ['not in the status', [], 'not in the status'],
    ['of a version that is not in the status', [{ ...registered, version: null }], 'runs an unknown version'],
    ['of a version without numbers', [{ ...registered, version: 'main' }], 'runs an unknown version'],
    ['unknown, as nobody looked', undefined, 'no status was given (--status)'],
  ])('is critical when one of them is %s', async (_, orgs, what) => {
    const second = await planned(1, 2, orgs);
    expect(second.risk).toBe('critical');
    expect(second.changes[0]).toMatchObject({ kind: 'rolloutAheadOfStatus', variants: [{ what }] });
  });
});

test('is critical when the status that was given does not count', async () => {
  const outdated = 'status.json does not count';
  const second = await planned(1, 2, [registered], outdated);
  expect(second.changes[0]).toMatchObject({ kind: 'rolloutAheadOfStatus', variants: [{ what: outdated }] });
});

test('two stages at once are critical, whatever the status says', async () => {
  const both = await planned(0, 2, [registered]);
  expect(both.risk).toBe('critical');
  expect(both.changes[0]).toMatchObject({
    kind: 'rolloutAheadOfStatus',
    variants: [{ what: 'stages 1, 2 at once' }],
  });
});

test('two stages at once do not hide that an org of a former one is not well', async () => {
  const broken = { ...registered, verdict: 'broken' };
  const three = [stages[0], { orgs: ['acme'] }, { orgs: ['globex'] }] as Rollout['stages'];
  const after = await planned(1, 3, [broken], undefined, three);
  const [change] = after.changes;
  expect(change?.variants.map(({ what }) => what).sort()).toEqual(['broken', 'stages 2, 3 at once']);
});

test('while nobody gets the image, how the orgs are is not asked', async () => {
  expect(kindsOf(await planned(1, 1))).toEqual([]);
});

test('a stage back is a downgrade: the org is rejected at the setting, and keeps its files', async () => {
  const back = await planned(1, 0, [registered]);
  expect(kindsOf(back)).toEqual([]);
  expect(back.rejected).toMatchObject([
    {
      org: 'canary',
      problems: [{ at: 'rollout.stage', message: expect.stringMatching(/^is .*v0\.12\.2; expected /) }],
    },
  ]);
});

describe('an org of an earlier stage that is not rendered with its image is looked up in the status', () => {
  const broken = { ...registered, verdict: 'broken' };
  // Where they are committed.
  const acme = { org_id: 'acme', data_store_bucket_name: 'bucket-1' };
  const globex = { org_id: 'globex', data_store_bucket_name: 'bucket-2' };
  const bad = rawRecords([{ org_id: 'canary', data_store_bucket_name: 'NO BUCKET' }, acme, globex]);

  /** What fails the check of the next stage, when the fleet has become another one. */
  async function failing(
    orgs: Reported[],
    {
      records = bad,
      some = stages,
      pins = {},
    }: { records?: typeof bad; some?: Rollout['stages']; pins?: object },
  ) {
    return withDirectory(async (out) => {
      const settings = (stage: number) => platform({ rollout: { image, stages: some, stage }, orgs: pins });
      const [before, after] = [
        { ...at(1, some), platform: settings(1) },
        { ...at(2, some), platform: settings(2) },
      ];
      await synth({ ...before, out, check: false, allowRemoval: false });
      const committed = await readWorkTree(out);
      const { changes } = await plan({ ...after, records, committed, allowRemoval: false, status: { orgs } });
      return changes
        .filter(({ kind }) => kind === 'rolloutAheadOfStatus')
        .flatMap(({ variants }) => variants)
        .map(({ what, subjects }) => `${subjects.map(({ org }) => org)}: ${what}`);
    });
  }

  test('rejected', async () => {
    expect(await failing([broken], {})).toEqual(['canary: broken']);
  });

  test('rejected, and in the stage by its place', async () => {
    const some: Rollout['stages'] = [{ percent: 60 }, { percent: 100 }];
    const without = rawRecords([
      { org_id: 'canary' },
      { ...acme, data_store_bucket_name: 'NO BUCKET' },
      globex,
    ]);
    const ofAcme = { ...registered, org: 'acme' };
    const ofGlobex = { ...registered, org: 'globex' };
    expect(await failing([ofAcme, ofGlobex], { records: without, some })).toEqual([]);
    const reported = [{ ...ofAcme, verdict: 'broken' }, ofGlobex];
    expect(await failing(reported, { records: without, some })).toEqual(['acme: broken']);
  });

  test('not in the source any more, or never', async () => {
    const records = rawRecords([acme, globex]);
    expect(await failing([], { records })).toEqual([
      'canary: not in the status, but named by rollout.stages',
    ]);
    expect(await failing([registered], { records })).toEqual([]);
  });

  test('pinned to another image', async () => {
    const pins = { canary: { image: 'quay.io/lakekeeper/catalog:v0.12.2' } };
    const reported = { ...registered, version: '0.12.2' };
    expect(await failing([reported], { records, pins })).toEqual(['canary: runs 0.12.2']);
  });
});
