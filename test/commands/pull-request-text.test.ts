import { expect, test } from 'vitest';
import { pullRequest } from '../../src/commands/pull-request-text.ts';
import type { Plan } from '../../src/explain/plan-schema.ts';
import { nothing } from './nothing.ts';

const orgs = (some: Partial<Plan['orgs']>): Plan => ({ ...nothing, orgs: { ...nothing.orgs, ...some } });

test.each<[Plan, string]>([
  [orgs({ added: 2 }), 'Catalogs: 2 new'],
  [
    orgs({ added: 1, leaving: 2, removed: 3, changed: 1204 }),
    'Catalogs: 1 new, 2 leaving, 3 removed, 1204 changed',
  ],
  [{ ...nothing, files: { ...nothing.files, updated: 1 } }, 'Catalogs: shared objects'],
  [nothing, 'Catalogs: no changes'],
])('the title counts what happens to orgs (%#)', (plan, title) => {
  expect(pullRequest(plan).title).toBe(title);
});

test('the commit message has the same, and the number of changed files', () => {
  const plan: Plan = {
    ...orgs({ added: 1 }),
    risk: 'low',
    files: { created: 3, updated: 0, removed: 0, unchanged: 9 },
  };
  expect(pullRequest(plan).commitMessage).toBe(
    'Catalogs: 1 new\n\nFiles: 3 created, 0 updated, 0 removed\nRisk: low\n',
  );
});

test('one label has the risk, and the labels of other risks are removed', () => {
  expect(pullRequest({ ...nothing, risk: 'high' })).toMatchObject({
    labels: ['lakekeeper-gitops', 'risk: high'],
    staleLabels: ['risk: none', 'risk: low', 'risk: medium', 'risk: critical'],
  });
});
