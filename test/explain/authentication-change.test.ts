import { describe, expect, test } from 'vitest';
import { kinds as allKinds } from '../../src/explain/change.ts';
import { changesOf } from '../support/plan.ts';

const amended = { operator: { amendments: true } };
const none = { ...amended, authentication: { mode: 'none' as const } };
const kubernetes = (audience?: string) => ({
  ...amended,
  authentication: { mode: 'kubernetes' as const, ...(audience ? { audience } : {}) },
});
const cluster = (providerURI: string) => ({
  ...amended,
  authentication: { mode: 'openID' as const, issuer: 'cluster' as const, providerURI },
});
const prepare = ({ operator, authentication }: { operator: object; authentication: object }) => ({
  operator,
  authentication: { ...authentication, rollout: 'prepare' as const },
});
const issuer = 'https://oidc.example.com/id/1';

const kinds = (before: object, after: object) =>
  changesOf({ settings: before }, { settings: after }).filter(({ kind }) =>
    kind.startsWith('authentication'),
  );

describe('what a worker may do', () => {
  const at = (version: string) => ({ catalog: { image: `quay.io/lakekeeper/catalog:${version}` } });
  const rights = (before: object, after: object) =>
    changesOf({ settings: before }, { settings: after }).filter(({ kind }) => kind.startsWith('workers'));
  const limited = { ...kubernetes(), ...at('v0.13.3') };

  test('is less from the version on that knows instance admins, and with authentication', () => {
    expect(rights({ ...kubernetes(), ...at('v0.12.4') }, limited)).toEqual([{ kind: 'workersLimited' }]);
    expect(rights({ ...prepare(kubernetes()), ...at('v0.13.3') }, limited)).toEqual([
      { kind: 'workersLimited' },
    ]);
    expect(rights(limited, { ...none, ...at('v0.13.3') })).toEqual([{ kind: 'workersUnlimited' }]);
    expect(
      rights(limited, { ...limited, authentication: { mode: 'kubernetes', audience: 'x-{org}' } }),
    ).toEqual([]);
  });

  test('is no change of the object store, and the variables of the server are listed', () => {
    const changes = changesOf(
      { settings: { ...kubernetes(), ...at('v0.12.4') } },
      { settings: { ...kubernetes(), ...at('v0.13.3') } },
    );
    const kinds = changes.map(({ kind, what = '' }) => `${kind} ${what.split(' ')[0]}`);
    expect(kinds.filter((kind) => /storage|Warehouse|objectChanged/.test(kind))).toEqual([]);
    expect(kinds).toContain('serverChanged LAKEKEEPER__INSTANCE_ADMINS');
    expect(kinds).toContain('serverChanged LAKEKEEPER__KUBERNETES_AUTHENTICATION_SUBJECT_SOURCE');
  });

  test('is said: what remains is to create further warehouses', () => {
    for (const kind of ['workersLimited', 'authenticationOn'] as const)
      expect(allKinds[kind].effect).toContain('create further warehouses');
  });
});

describe('authentication', () => {
  test.each([
    ['ServiceAccount tokens', kubernetes()],
    ['OpenID', cluster(issuer)],
  ])('goes by preparation, each way: %s', (to, enforced) => {
    const prepared = prepare(enforced);
    expect(kinds(none, prepared)).toEqual([{ kind: 'authenticationPrepared' }]);
    expect(kinds(prepared, enforced)).toEqual([
      { kind: 'authenticationOn', from: 'prepared', to, detail: 'audience lakekeeper-acme' },
    ]);
    expect(kinds(enforced, prepared)).toEqual([{ kind: 'authenticationOff', from: to, to: 'prepared' }]);
    expect(kinds(prepared, none)).toEqual([{ kind: 'authenticationWithdrawn' }]);
  });

  test('that is enforced without preparation is critical, so that every --fail-on refuses it', () => {
    for (const on of [kubernetes(), cluster(issuer)])
      expect(kinds(none, on)).toMatchObject([{ kind: 'authenticationJump', from: 'none' }]);
    expect(allKinds.authenticationJump.risk).toBe('critical');
  });

  test('switched off is reported for every mode', () => {
    for (const on of [kubernetes(), cluster(issuer)])
      expect(kinds(on, none)).toMatchObject([{ kind: 'authenticationOff', to: 'none' }]);
  });

  test('of the fork counts by its own field', () => {
    const fork = { operator: { flavor: 'fork' as const } };
    expect(
      kinds(
        { ...fork, authentication: { mode: 'none' } },
        { ...fork, authentication: { mode: 'kubernetes' } },
      ),
    ).toMatchObject([{ kind: 'authenticationJump', to: 'ServiceAccount tokens' }]);
  });

  test('with another audience', () => {
    expect(kinds(kubernetes(), kubernetes('lake-{org}'))).toEqual([
      { kind: 'authenticationChanged', what: 'audience', from: 'lakekeeper-acme', to: 'lake-acme' },
    ]);
  });

  test('by another provider', () => {
    expect(kinds(cluster(issuer), cluster('https://oidc.example.com/id/2'))).toEqual([
      {
        kind: 'authenticationChanged',
        what: 'providerURI',
        from: issuer,
        to: 'https://oidc.example.com/id/2',
      },
    ]);
  });

  test('from one kind of token to another is never reported as off', () => {
    const changes = kinds(kubernetes(), cluster(issuer));
    expect(new Set(changes.map(({ kind }) => kind))).toEqual(new Set(['authenticationChanged']));
  });
});
