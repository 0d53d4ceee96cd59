import type { V1PolicyRule, V1RoleBinding, V1ServiceAccount } from '@kubernetes/client-node';
import { describe, expect, test } from 'vitest';
import {
  type Columns,
  catalog,
  type Manifest,
  orgObjects,
  platform,
  type SettingsOverrides,
  the,
} from '../support/fleet.ts';

function objects(overrides: SettingsOverrides, columns: Columns = {}): Manifest[] {
  const settings = platform(overrides);
  return orgObjects(catalog('acme', settings, columns), settings);
}

describe.each(['sharedNamespace', 'namespacePerOrg'] as const)('%s', (tenancy) => {
  const fleets = [objects({ tenancy }), objects({ tenancy }, { metadata_store_kind: 'cnpg-shard' })];
  const rules = fleets.flatMap((from) =>
    from
      .filter(({ kind }) => kind === 'Role')
      .flatMap(({ metadata, rules }) =>
        (rules as V1PolicyRule[]).map((rule) => ({ namespace: metadata.namespace, ...rule })),
      ),
  );
  const own = tenancy === 'sharedNamespace' ? 'lakekeeper' : 'lakekeeper-acme';
  const unnamed = [
    'secrets: create',
    'events: create patch',
    'pods: get list watch',
    'pods/eviction: create',
  ];

  test('no rule has a wildcard, and none may delete, update, impersonate or escalate', () => {
    expect(rules.length).toBeGreaterThan(10);
    for (const { apiGroups = [], resources = [], verbs, resourceNames = [] } of rules) {
      expect([...apiGroups, ...resources, ...verbs, ...resourceNames]).not.toContain('*');
      expect(['get', 'list', 'watch', 'create', 'patch']).toEqual(expect.arrayContaining(verbs));
    }
  });

  test('a rule names its objects, but for what RBAC cannot limit by name', () => {
    const without = rules.filter(({ resourceNames }) => resourceNames === undefined);
    const seen = without.map(({ resources, verbs }) => `${resources}: ${verbs.join(' ')}`);
    expect([...new Set(seen)].sort()).toEqual([...unnamed].sort());
    for (const { resourceNames } of rules) expect(resourceNames).not.toEqual([]);
  });

  test('secrets are never listed or watched, and ours is the only one that may be changed', () => {
    for (const { resources, verbs, resourceNames } of rules.filter(({ resources }) =>
      resources?.includes('secrets'),
    )) {
      expect(resources).toEqual(['secrets']);
      expect(verbs).not.toContain('list');
      expect(verbs).not.toContain('watch');
      if (verbs.includes('patch')) expect(resourceNames).toEqual(['lakekeeper-acme']);
    }
  });

  test('in other namespaces it only reads what is referred to', () => {
    const elsewhere = rules.filter(({ namespace }) => namespace !== own);
    expect(elsewhere.length).toBeGreaterThan(0);
    for (const { verbs } of elsewhere) expect(verbs).toEqual(['get']);
  });

  test('workers are listed, and nothing else is, only with ServiceAccount tokens', () => {
    const rights = (authentication: SettingsOverrides['authentication']) =>
      objects({ tenancy, operator: { amendments: true }, authentication }).flatMap(
        ({ kind, metadata, rules }) =>
          kind === 'Role' && metadata.namespace === 'duckgres'
            ? (rules as V1PolicyRule[]).filter(({ resources }) => resources?.includes('pods'))
            : [],
      );
    expect(rights({ mode: 'none' })).toEqual([]);
    for (const rollout of ['prepare', 'enforce'] as const)
      expect(rights({ mode: 'kubernetes', rollout })).toEqual([
        { apiGroups: [''], resources: ['pods'], verbs: ['list'] },
      ]);
  });

  test('tokens are asked for of one account, without any right, and of its own audience where that is guarded', () => {
    const audienceGuard = { workersCreatedBy: ['system:serviceaccount:duckgres:control-plane'] };
    const managed = (more: object) =>
      objects({
        tenancy,
        operator: { amendments: true },
        catalog: { image: 'quay.io/lakekeeper/catalog:v0.13.3' },
        authentication: { mode: 'kubernetes', ...more },
      });
    const rights = (from: Manifest[]) =>
      from.flatMap(({ kind, rules }) =>
        kind !== 'Role'
          ? []
          : (rules as V1PolicyRule[]).flatMap(({ resources = [], verbs, resourceNames }) =>
              ['serviceaccounts/token', 'audiences'].includes(resources.join())
                ? [`${verbs} ${resources} ${resourceNames}`]
                : [],
            ),
      );
    const tokens = 'create serviceaccounts/token lakekeeper-acme.proof';
    expect(rights(managed({}))).toEqual([tokens]);
    expect(rights(managed({ audienceGuard }))).toEqual([tokens, 'create audiences lakekeeper-acme']);
    expect(rights(objects({ tenancy }))).toEqual([]);
    const from = managed({});
    expect(the<V1ServiceAccount>(from, 'ServiceAccount', 'lakekeeper-acme.proof')).toMatchObject({
      metadata: { namespace: own },
      automountServiceAccountToken: false,
    });
    const bindings = from.filter(({ kind }) => kind.endsWith('RoleBinding')) as unknown as V1RoleBinding[];
    const bound = bindings.flatMap(({ subjects = [] }) => subjects.map(({ name }) => name));
    expect(bound).not.toContain('lakekeeper-acme.proof');
  });

  test("every Role is bound, in its namespace, to the org's registration account alone", () => {
    for (const from of fleets) {
      const inNamespace = (kind: string) => from.filter((object) => object.kind === kind);
      expect(inNamespace('RoleBinding').map(({ metadata }) => metadata)).toEqual(
        inNamespace('Role').map(({ metadata }) => metadata),
      );
      for (const binding of inNamespace('RoleBinding') as unknown as V1RoleBinding[]) {
        const name = 'lakekeeper-acme.register';
        expect(binding.roleRef).toEqual({ apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name });
        expect(binding.subjects).toEqual([{ kind: 'ServiceAccount', name, namespace: own }]);
      }
      const account = the<V1ServiceAccount>(from, 'ServiceAccount', 'lakekeeper-acme.register');
      expect(account.metadata?.namespace).toBe(own);
    }
  });

  test('nothing of it holds in the whole cluster', () => {
    expect(fleets.flat().filter(({ kind }) => kind.startsWith('ClusterRole'))).toEqual([]);
  });
});
