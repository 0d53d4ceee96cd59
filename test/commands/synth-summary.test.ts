import { describe, expect, test } from 'vitest';
import { asTable } from '../../src/commands/synth-summary.ts';
import type { OrgId } from '../../src/source/warehouse-record.ts';
import type { SynthReport } from '../../src/synth.ts';

type Rejected = SynthReport['rejected'][number];

/** The rows of rejected orgs in the summary: org or number, and why. */
async function rowsOf(rejected: readonly Rejected[]): Promise<(readonly [string, string])[]> {
  const report: SynthReport = {
    rejected,
    ...{ rendered: [], skipped: [], retiring: [], removed: [], changes: [], unknownOverrides: [] },
    orgs: { changed: 0, unchanged: 0 },
    files: { written: 0, unchanged: 0, removed: 0 },
    heldBack: undefined,
  };
  const lines = (await asTable(report, { check: false, out: 'dist' })).split('\n');
  expect(lines.at(-1)).toContain(`, ${rejected.length} rejected, `);
  return lines.flatMap((line) => {
    const [, subject, why] = /^(.+?) +rejected +(.*)$/.exec(line) ?? [];
    return subject === undefined || why === undefined ? [] : [[subject, why]];
  });
}

const rejected = (count: number, problem: (i: number) => Rejected['problems'][number]): Rejected[] =>
  Array.from({ length: count }, (_, i) => ({
    org: `org-${i}` as OrgId,
    name: `n-${i}`,
    problems: [problem(i)],
  }));
const bySetting = { at: 'moves.confirm', message: 'lacks it' };
const byColumn = (i: number) => ({ at: `warehouses[${i}].org_id`, message: 'is empty' });

describe('the rejected orgs of a summary', () => {
  test('are listed up to fifty, each with its reasons', async () => {
    expect(await rowsOf(rejected(50, byColumn))).toEqual(
      Array.from({ length: 50 }, (_, i) => [`org-${i}`, `warehouses[${i}].org_id: is empty`]),
    );
  });

  test('are counted by reason when there are more, the most frequent reason first', async () => {
    const [own] = rejected(1, () => ({ at: 'orgs."own".image', message: 'is older' }));
    const nameless = { org: undefined, name: undefined, problems: [byColumn(7), byColumn(7)] };
    const all = [
      own ?? expect.unreachable(),
      ...rejected(20, () => bySetting),
      nameless,
      ...rejected(30, byColumn),
    ];
    expect(await rowsOf(all)).toEqual([
      ['31 orgs', 'warehouses[7].org_id and others: is empty'],
      ['20 orgs', 'moves.confirm: lacks it'],
      ['org-0', 'orgs."own".image: is older'],
    ]);
  });

  test('stay short when each has a reason of its own', async () => {
    const rows = await rowsOf(rejected(60, (i) => ({ at: 'platform.yaml', message: `has no ${i}` })));
    expect(rows).toHaveLength(51);
    expect(rows.at(-1)).toEqual(['10 reasons', 'listed with --output json']);
  });
});
