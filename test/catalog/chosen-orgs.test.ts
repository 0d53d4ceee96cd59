import { expect, test } from 'vitest';
import { chooseOrgs } from '../../src/catalog/chosen-orgs.ts';
import type { Fleet } from '../../src/catalog/fleet.ts';
import { UsageError } from '../../src/report/errors.ts';
import { catalog, platform } from '../support/fleet.ts';

const settings = platform();
const catalogs = ['acme', 'Acme', 'globex'].map((org) => catalog(org, settings));
const fleet: Fleet = {
  size: catalogs.length,
  orgs: catalogs.map(({ org, names }) => ({ org, name: names.kubernetes })),
  catalogs,
  skipped: [{ org: 'off', reason: 'Iceberg is not enabled (iceberg_enabled)', keep: false }],
  rejected: [
    { org: 'broken', problems: [] },
    { org: undefined, problems: [] },
  ],
  unknownOverrides: [],
};
const chosen = (...orgs: string[]) => {
  const { catalogs: found, skipped, rejected } = chooseOrgs(fleet, orgs);
  return [...found, ...skipped, ...rejected].map(({ org }) => org);
};

test('picks by the id to the letter, whatever became of the record', () => {
  expect(chosen('acme', 'off', 'broken')).toEqual(['acme', 'off', 'broken']);
  expect(chosen('Acme')).toEqual(['Acme']);
  expect(chosen()).toEqual([]);
});

test.each([
  ['acmee', 'the source has no org "acmee"; did you mean "acme"?'],
  ['initech', 'the source has no org "initech"'],
  ['', 'the source has no org ""'],
])('says that %j is not there', (org, message) => {
  expect(() => chosen('acme', org)).toThrow(UsageError);
  expect(() => chosen('acme', org)).toThrow(new RegExp(`^${message.replaceAll('?', '\\?')}$`));
});
