import { describe, expect, test } from 'vitest';
import { deriveFleet } from '../../src/catalog/fleet.ts';
import { UsageError } from '../../src/text/errors.ts';
import {
  catalog,
  fleetObjects,
  type Manifest,
  platform,
  record,
  type SettingsOverrides,
} from '../support/fleet.ts';

function namespaces(overrides: SettingsOverrides): Manifest[] {
  const settings = platform(overrides);
  const catalogs = ['acme', 'hooli_labs'].map((org) => catalog(org, settings));
  return fleetObjects(catalogs, settings).filter(({ kind }) => kind === 'Namespace');
}
const namesOf = (found: Manifest[]) => found.map(({ metadata }) => metadata.name);

describe('namespaces', () => {
  test('one for all, of the name that the settings give', () => {
    expect(namesOf(namespaces({}))).toEqual(['lakekeeper']);
    expect(namesOf(namespaces({ namespace: 'catalogs' }))).toEqual(['catalogs']);
  });

  test('one for each org, with the name of its catalog', () => {
    expect(namesOf(namespaces({ tenancy: 'namespacePerOrg' }))).toEqual([
      'lakekeeper-acme',
      'lakekeeper-hooli-labs-ccd58c50',
    ]);
  });

  test.each(['sharedNamespace', 'namespacePerOrg'] as const)(
    '%s: asks before it goes, with everything in it',
    (tenancy) => {
      for (const { metadata } of namespaces({ tenancy }))
        expect(metadata.annotations).toHaveProperty(
          ['argocd.argoproj.io/sync-options'],
          'Prune=confirm,Delete=confirm',
        );
    },
  );

  test.each(['sharedNamespace', 'namespacePerOrg'] as const)(
    '%s: admits the pods of the operator, which state no security context',
    (tenancy) => {
      for (const { metadata } of namespaces({ tenancy })) {
        expect(metadata.labels).toMatchObject({
          'pod-security.kubernetes.io/enforce': 'baseline',
          'lakekeeper-gitops/catalogs': 'true',
          'app.kubernetes.io/part-of': 'lakekeeper-gitops',
        });
        expect(metadata).not.toHaveProperty('namespace');
      }
    },
  );
});

test('every namespace that something is rendered into is rendered, but for those of others', () => {
  for (const tenancy of ['sharedNamespace', 'namespacePerOrg'] as const) {
    const settings = platform({ tenancy });
    const objects = fleetObjects([catalog('acme', settings), catalog('initech', settings)], settings);
    const used = new Set(objects.flatMap(({ metadata }) => metadata.namespace ?? []));
    const made = new Set(namesOf(objects.filter(({ kind }) => kind === 'Namespace')));
    expect([...used].filter((name) => !made.has(name)).sort()).toEqual(['duckgres', 'ducklings']);
  }
});

test.each([
  ['the operator', 'operator-system', {}],
  ['the workers', 'initech', { iceberg_lakekeeper_endpoint: 'http://duckgres.duckgres.svc:8181/catalog' }],
  ['Prometheus', 'initech', { iceberg_lakekeeper_endpoint: 'http://monitoring.monitoring.svc:8181/catalog' }],
])(
  'no org takes the namespace of %s for its own: its default deny would cut everybody else off',
  (_, org, columns) => {
    const settings = platform({ tenancy: 'namespacePerOrg' });
    const { catalogs, rejected } = deriveFleet(
      [{ ok: true, record: record(org, columns) }],
      settings,
      new Map(),
    );
    expect(catalogs).toEqual([]);
    expect(rejected.map((one) => one.org)).toEqual([org]);
  },
);

test.each([
  ['the workers', 'duckgres'],
  ['the operator', 'lakekeeper-operator-system'],
  ['Prometheus', 'monitoring'],
])('the shared namespace is not that of %s either', (_, namespace) => {
  expect(() => platform({ namespace })).toThrow(UsageError);
});
