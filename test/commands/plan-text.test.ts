import { expect, test } from 'vitest';
import { planAsText } from '../../src/commands/plan-text.ts';
import { isPrintable } from '../../src/text/printable.ts';
import { hostileIds } from '../support/arbitrary.ts';
import { everyKindOf, planOf } from '../support/plans.ts';

const names = (org: string) => ({ org, name: `lakekeeper-${org}` });

test('lists changes from the highest risk, with effect and orgs', () => {
  const plan = planOf(
    [
      { names: names('acme'), change: { kind: 'scaled', from: '2', to: '3' } },
      {
        names: names('acme'),
        change: { kind: 'metadataStoreMoved', what: 'host', from: 'a', to: 'b', detail: 'migration Job x' },
      },
      ...Array.from({ length: 1204 }, (_, i) => ({
        names: names(`org-${i}`),
        change: { kind: 'imageUpgraded' as const, from: 'v0.12.4', to: 'v0.13.3' },
      })),
    ],
    {
      rejected: [{ org: 'wonka', problems: [{ at: 'warehouses[7].org_id', message: 'is empty' }] }],
      skipped: [{ org: 'off', reason: 'Iceberg is not enabled', keep: false }],
      foreignFiles: ['orgs/lakekeeper-acme/extra.yaml'],
    },
  );
  expect(
    planAsText(plan),
  ).toBe(`Compared with dist in the work tree: 3 orgs: 0 new, 0 leaving, 0 removed, 3 changed, 0 unchanged; 3 files would change. Risk: critical.

CRITICAL
  metadata store: another database: 1 org
    The catalog uses the new database. Its warehouse, namespaces and tables have to be there already, and its org in moves.confirm: registration does not start it empty. The old database stays (docs/moves.md).
    - host: a → b: acme (migration Job x)

MEDIUM
  image upgraded: 1,204 orgs
    A migration runs, then the pods are replaced: at once where the Job of a former migration to this image still exists. Since v0.13.0 a downgrade needs a backup.
    - v0.12.4 → v0.13.3: 1,204 orgs: org-0, org-1, org-10, org-100, org-1000, org-1001, org-1002, org-1003 and 1,196 more

LOW
  replicas changed: 1 org
    Pods are started or stopped.
    - 2 → 3: acme

REJECTED: 1 org; committed manifests stay
  wonka: warehouses[7].org_id: is empty

SKIPPED: 1 org
  Iceberg is not enabled: off

OTHER FILES: synth did not write them and does not change them, but Argo CD applies them
  orgs/lakekeeper-acme/extra.yaml

Rendered by lakekeeper-gitops v1.2.3.`);
});

test('names the version that renders, and the image of the Jobs if it is another version', () => {
  const registrationImage = 'example.com/lakekeeper-gitops:v1.0.0';
  const plan = planOf([], { program: { version: '1.2.3', registrationImage } });
  expect(planAsText(plan).split('\n').at(-1)).toBe(
    'Rendered by lakekeeper-gitops v1.2.3. The registration Jobs run example.com/lakekeeper-gitops:v1.0.0, ' +
      'as registration.image says.',
  );
});

test('no untrusted text moves the cursor or begins a line', () => {
  const plan = planOf(everyKindOf(hostileIds), {
    heldBack: 'a\u001b[2Jb',
    rejected: hostileIds.map((org) => ({ org, problems: [{ at: org, message: org }] })),
    skipped: hostileIds.map((org) => ({ org, reason: org, keep: true })),
    foreignFiles: hostileIds,
  });
  const text = planAsText(plan);
  expect(isPrintable(text)).toBe(true);
  expect(text).not.toMatch(/^(break|return|line)/m);
});

test('stays short for many orgs', () => {
  const changes = Array.from({ length: 3000 }, (_, i) => ({
    names: names(`org-${i}`),
    change: { kind: 'metadataStoreMoved' as const, what: 'host', from: `a${i}`, to: `b${i}` },
  }));
  expect(planAsText(planOf(changes)).split('\n').length).toBeLessThan(40);
});

test('lists fifty problems of rejected orgs, and counts the others', () => {
  const rejected = Array.from({ length: 60 }, (_, i) => ({
    org: `org-${i}`,
    problems: [{ at: 'moves.confirm', message: `lacks org-${i}` }],
  }));
  const lines = planAsText(planOf([], { rejected })).split('\n');
  expect(lines.filter((line) => line.includes('moves.confirm: lacks'))).toHaveLength(50);
  expect(lines).toContain('REJECTED: 60 orgs; committed manifests stay');
  expect(lines).toContain('  … and 10 more problems (--output json)');
});

test('colours are for terminals without NO_COLOR', () => {
  const plan = planOf([{ names: names('acme'), change: { kind: 'retirementRetains' } }]);
  expect(planAsText(plan)).not.toContain('\u001b');
  expect(planAsText(plan, { colour: true })).toContain('\u001b');
});
