import { expect, test } from 'vitest';
import { chooseOrgs } from '../../src/catalog/chosen-orgs.ts';
import { UsageError } from '../../src/text/errors.ts';
import { fleet } from '../support/fleet.ts';

const row = (org_id: unknown, more = {}) => ({ org_id, ...more });
const derived = fleet([
  row('acme'),
  row('Acme'),
  row('globex'),
  row('off', { iceberg_enabled: false }),
  row('broken', { state: 1 }),
  row(7),
]);
const chosen = (...orgs: string[]) => {
  const { catalogs, skipped, rejected } = chooseOrgs(derived, orgs);
  return [...catalogs, ...skipped, ...rejected].map(({ org }) => org);
};

test('orgs are chosen by their exact ids, whether rendered, skipped or rejected', () => {
  expect(chosen('acme', 'off', 'broken')).toEqual(['acme', 'off', 'broken']);
  expect(chosen('Acme')).toEqual(['Acme']);
  expect(chosen()).toEqual([]);
});

test.each([
  ['acmee', 'the source has no org "acmee"; did you mean "acme"?'],
  ['initech', 'the source has no org "initech"'],
  ['', 'the source has no org ""'],
])('the error says that %j is not in the source', (org, message) => {
  expect(() => chosen('acme', org)).toThrow(UsageError);
  expect(() => chosen('acme', org)).toThrow(new RegExp(`^${message.replaceAll('?', '\\?')}$`));
});
