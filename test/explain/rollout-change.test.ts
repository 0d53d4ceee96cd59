import { describe, expect, test } from 'vitest';
import { plan } from '../../src/plan.ts';
import { synth } from '../../src/synth.ts';
import { readWorkTree } from '../../src/tree/work-tree.ts';
import { platform, rawRecords } from '../support/fleet.ts';
import { withDirectory } from '../support/tree.ts';

const image = 'quay.io/lakekeeper/catalog:v0.13.3';
const stages = [{ orgs: ['canary'] }, { percent: 100 }];
const records = rawRecords([{ org_id: 'canary' }, { org_id: 'acme' }]);
const at = (stage: number) => ({
  records,
  platform: platform({ rollout: { image, stages, stage } }),
  ducklings: new Map(),
});

const registered = { org: 'canary', name: 'lakekeeper-canary', verdict: 'registered', version: '0.13.3' };

/** What a pull request that moves from one stage to another changes. */
async function planned(from: number, to: number, orgs?: (typeof registered)[], outdated?: string) {
  return withDirectory(async (out) => {
    await synth({ ...at(from), out, check: false, allowRemoval: false });
    const status = orgs && { orgs, ...(outdated && { outdated }) };
    return plan({ ...at(to), committed: await readWorkTree(out), allowRemoval: false, status });
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

  test.each<[string, (typeof registered)[] | undefined, string]>([
    ['broken', [{ ...registered, verdict: 'broken' }], 'broken'],
    ['waiting', [{ ...registered, verdict: 'waiting' }], 'waiting'],
    ['of the former version still', [{ ...registered, version: '0.12.2' }], 'runs 0.12.2'],
    ['not in the status', [], 'not in the status'],
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
