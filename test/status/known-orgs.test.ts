import { expect, test } from 'vitest';
import { knownOrgs } from '../../src/status/known-orgs.ts';
import { synth } from '../../src/synth.ts';
import { readWorkTree } from '../../src/tree/work-tree.ts';
import { fleet, platform, type Row, rawRecords, type SettingsOverrides } from '../support/fleet.ts';
import { withDirectory } from '../support/tree.ts';

const [acme, globex, hooli] = [{ org_id: 'acme' }, { org_id: 'globex' }, { org_id: 'hooli' }];
const gone = { ...globex, iceberg_enabled: false };

const render = (out: string, rows: readonly Row[]) =>
  synth({
    ...{ records: rawRecords(rows), platform: platform(), ducklings: new Map(), out },
    ...{ check: false, allowRemoval: false },
  });

test.each<[string, Row[], SettingsOverrides]>([
  ['would have another name', [acme, globex, hooli], { orgs: { acme: { name: 'other' } } }],
  [
    'would have the database of an org that retires',
    [acme, gone, hooli],
    { orgs: { acme: { database: 'lakekeeper_globex' } } },
  ],
])('an org is known once, as refused, when it %s', (_, rows, overrides) =>
  withDirectory(async (out) => {
    await render(out, [acme, globex, hooli]);
    if (rows.includes(gone)) await render(out, rows);
    const settings = platform(overrides);
    const known = await knownOrgs(fleet(rows, settings), settings, await readWorkTree(out), undefined);
    expect(known.orgs.map(({ inputs }) => inputs.org)).not.toContain('acme');
    expect(known.others.filter(({ org }) => org === 'acme')).toMatchObject([{ verdict: 'broken' }]);
  }),
);

test('an org whose row is gone is asked for by its id, as long as it is committed', () =>
  withDirectory(async (out) => {
    await render(out, [acme, globex, hooli]);
    const rows = [acme, hooli];
    const known = async (...orgs: string[]) =>
      knownOrgs(fleet(rows), platform(), await readWorkTree(out), orgs);
    for (const state of ['begins', 'continues']) {
      const { others } = await known('globex');
      expect(others, state).toMatchObject([{ org: 'globex', verdict: 'retiring' }]);
      await render(out, rows);
    }
    expect((await known('acme')).others).toEqual([]);
    await expect(known('globx')).rejects.toThrow('the source has no org "globx"; did you mean "globex"?');
  }));

test.each<[string, Row[], string]>([
  ['has no records', [], 'the source has no records at all'],
  ['skips most of its rows', [acme, gone, { ...hooli, iceberg_enabled: false }], '2 of 3 committed orgs'],
])('a person has to look where synth would hold back, as the source %s', (_, rows, why) =>
  withDirectory(async (out) => {
    await render(out, [acme, globex, hooli]);
    const { others } = await knownOrgs(fleet(rows), platform(), await readWorkTree(out), undefined);
    expect(new Set(others.map(({ verdict }) => verdict))).toEqual(new Set(['broken']));
    for (const { findings } of others) expect(findings[0]?.what).toContain(why);
  }),
);
