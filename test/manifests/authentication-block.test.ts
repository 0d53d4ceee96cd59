import type { V1ClusterRoleBinding, V1ConfigMap, V1Job } from '@kubernetes/client-node';
import { describe, expect, test } from 'vitest';
import { amendedVariables } from '../../src/manifests/amendments.ts';
import {
  catalog,
  fleetObjects,
  type Manifest,
  orgObjects,
  platform,
  platformObjects,
  type SettingsOverrides,
  the,
} from '../support/fleet.ts';

interface Resource extends Manifest {
  readonly spec: {
    readonly authentication?: Record<string, Record<string, unknown>>;
    readonly bootstrap: unknown;
  };
}

function resource(overrides: SettingsOverrides = {}): Resource {
  const settings = platform(overrides);
  return the(orgObjects(catalog('acme', settings), settings), 'Lakekeeper', 'lakekeeper-acme');
}
const fork = { operator: { flavor: 'fork' } } as const;
const amended = { operator: { amendments: true } } as const;
const kubernetes = { mode: 'kubernetes' } as const;
const publicIssuer = { mode: 'openID', issuer: 'cluster', providerURI: 'https://oidc.example.com' } as const;
const apiServer = { ...publicIssuer, providerURI: 'https://kubernetes.default.svc.cluster.local' } as const;

describe('the custom resource', () => {
  test('none: there is no block, and the operator bootstraps', () => {
    const { spec } = resource({ catalog: { bootstrapCheckInterval: '20s' } });
    expect(spec).not.toHaveProperty('authentication');
    expect(spec.bootstrap).toEqual({ enabled: true, checkInterval: '20s' });
  });

  test.each([
    ['openID', { authentication: publicIssuer }],
    ['kubernetes', { authentication: kubernetes, operator: { amendments: true } }],
    ['kubernetes, fork', { authentication: kubernetes, ...fork }],
  ])(
    '%s: the operator does not bootstrap, and hardly ever asks, because it sends no token',
    (_, settings) => {
      expect(resource(settings).spec.bootstrap).toEqual({ enabled: false, checkInterval: '24h' });
    },
  );

  test.each<[string, SettingsOverrides]>([
    ['openID', { authentication: { ...publicIssuer, rollout: 'prepare' } }],
    ['kubernetes', { authentication: { ...kubernetes, rollout: 'prepare' }, ...amended }],
    ['kubernetes, fork', { authentication: { ...kubernetes, rollout: 'prepare' }, ...fork }],
  ])('%s, prepared: the server is as without authentication, and all else is there', (_, settings) => {
    const of = (authentication: SettingsOverrides['authentication']) => {
      const parsed = platform({ ...settings, authentication });
      return orgObjects(catalog('acme', parsed), parsed);
    };
    const objectsOf = (from: readonly Manifest[], ...kinds: string[]) =>
      from.filter(({ kind, metadata }) => kinds.includes(kind) || /-amendments$/.test(metadata.name));
    const server = ['Lakekeeper'];
    const others = ['NetworkPolicy', 'Role', 'RoleBinding', 'ClusterRoleBinding', 'Job', 'ServiceAccount'];
    const { authentication } = settings;
    const enforced = { ...authentication, rollout: 'enforce' } as typeof authentication;
    expect(objectsOf(of(authentication), ...server)).toEqual(objectsOf(of({ mode: 'none' }), ...server));
    const withoutAmendments = (from: readonly Manifest[]) =>
      objectsOf(from, ...others).filter(({ kind }) => kind !== 'ConfigMap');
    expect(withoutAmendments(of(authentication))).toEqual(withoutAmendments(of(enforced)));
  });

  test.each(['postSync', 'split'] as const)(
    '%s: a Job before the resource lets it be enforced',
    (hookMode) => {
      const settings = platform({ authentication: kubernetes, ...amended, registration: { hookMode } });
      const from = orgObjects(catalog('acme', settings), settings);
      const wave = ({ metadata }: Manifest) =>
        Number(metadata.annotations?.['argocd.argoproj.io/sync-wave'] ?? 0);
      const job = the<V1Job>(from, 'Job', 'lakekeeper-acme-authentication');
      expect(job.metadata?.annotations).toMatchObject({
        'argocd.argoproj.io/hook': 'Sync',
        'argocd.argoproj.io/sync-wave': '-1',
      });
      expect(job.spec?.template.spec?.containers[0]?.args?.slice(-2)).toEqual(['--until', 'authentication']);
      const { name, annotations } = the(from, 'Lakekeeper', 'lakekeeper-acme').metadata ?? {};
      expect(annotations).toMatchObject({ 'lakekeeper-gitops/authentication': 'kubernetes lakekeeper-acme' });
      const waves = (wanted: (object: Manifest) => boolean) => [...new Set(from.filter(wanted).map(wave))];
      expect(
        waves(({ kind, metadata }) => kind === 'Lakekeeper' || metadata.name === `${name}-amendments`),
      ).toEqual([0]);
      expect(waves(({ kind }) => kind === 'Role' || kind === 'RoleBinding')).toEqual([-2]);
      expect(waves(({ metadata }) => /(\.register|-registration)$/.test(metadata.name))).toEqual([-2]);
    },
  );

  test('openID with the issuer of the cluster: an audience of the org, and the claims that such tokens have', () => {
    expect(resource({ authentication: publicIssuer }).spec.authentication).toEqual({
      openID: {
        providerURI: 'https://oidc.example.com',
        audience: 'lakekeeper-acme',
        subjectClaim: 'sub',
        rolesClaim: 'roles',
      },
    });
  });

  test('openID with an issuer outside: claims as the settings name them', () => {
    const authentication = {
      ...publicIssuer,
      issuer: 'external',
      audience: 'catalog-of-{org}',
      subjectClaim: 'oid',
      rolesClaim: 'groups',
      tokenEndpoint: 'https://oidc.example.com/token',
      client: { id: 'registration', secret: { name: 'client', key: 'secret' } },
    } as const;
    expect(resource({ authentication }).spec.authentication).toEqual({
      openID: {
        providerURI: 'https://oidc.example.com',
        audience: 'catalog-of-acme',
        subjectClaim: 'oid',
        rolesClaim: 'groups',
      },
    });
  });

  test('kubernetes is never rendered for the upstream operator: the server would stay open', () => {
    const settings = { authentication: kubernetes, operator: { amendments: true } };
    expect(resource(settings).spec).not.toHaveProperty('authentication');
  });

  test('kubernetes with the fork: one audience of the org', () => {
    expect(resource({ authentication: kubernetes, ...fork }).spec.authentication).toEqual({
      kubernetes: { enabled: true, audiences: ['lakekeeper-acme'] },
    });
  });
});

describe('one audience per org', () => {
  test.each([
    ['kubernetes', { authentication: kubernetes, ...amended }],
    ['kubernetes, fork', { authentication: kubernetes, ...fork }],
    ['openID', { authentication: publicIssuer }],
  ])('%s: the catalog asks for the audience that its Job has a token for', (_, overrides) => {
    const settings = platform(overrides);
    const audiences = ['a-b', 'a_b', 'A-B'].map((org) => {
      const desired = catalog(org, settings);
      const { kubernetes: name } = desired.names;
      const from = orgObjects(desired, settings);
      const { authentication } = the<Resource>(from, 'Lakekeeper', name).spec;
      const variables = amendedVariables(desired, settings);
      const checked =
        authentication?.openID?.audience ??
        authentication?.kubernetes?.audiences ??
        variables.LAKEKEEPER__KUBERNETES_AUTHENTICATION_AUDIENCE;
      const { spec } = the<V1Job>(from, 'Job', `${name}-register`);
      const token = spec?.template.spec?.volumes?.find((volume) => volume.name === 'token');
      const audience = token?.projected?.sources?.[0]?.serviceAccountToken?.audience;
      expect([checked].flat()).toEqual([audience]);
      return audience;
    });
    expect(new Set(audiences).size).toBe(3);
  });
});

describe('what token checks need of the cluster', () => {
  const clusterBindings = (from: Manifest[]) => from.filter(({ kind }) => kind === 'ClusterRoleBinding');
  const everything = (overrides: SettingsOverrides) => {
    const settings = platform(overrides);
    return fleetObjects([catalog('acme', settings), catalog('initech', settings)], settings);
  };

  test.each([
    ['none', {}],
    ['openID with a public issuer', { authentication: publicIssuer }],
  ])('%s: nothing', (_, overrides) => {
    for (const tenancy of ['sharedNamespace', 'namespacePerOrg'] as const)
      expect(clusterBindings(everything({ tenancy, ...overrides }))).toEqual([]);
  });

  test('kubernetes, shared namespace: all of its accounts may ask for TokenReviews', () => {
    const [binding, ...others] = clusterBindings(everything({ authentication: kubernetes, ...amended }));
    expect(others).toEqual([]);
    expect(binding).toMatchObject({
      metadata: { name: 'lakekeeper-gitops-token-review' },
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'system:auth-delegator' },
      subjects: [
        { apiGroup: 'rbac.authorization.k8s.io', kind: 'Group', name: 'system:serviceaccounts:lakekeeper' },
      ],
    });
  });

  test('kubernetes, namespace per org: the one account of each org', () => {
    const tenancy = 'namespacePerOrg';
    const bindings = clusterBindings(everything({ tenancy, authentication: kubernetes, ...amended }));
    expect(bindings.map(({ metadata }) => metadata.name)).toEqual([
      'lakekeeper-acme-token-review',
      'lakekeeper-initech-token-review',
    ]);
    for (const { metadata } of bindings) expect(metadata).not.toHaveProperty('namespace');
    const [acme] = bindings as unknown as V1ClusterRoleBinding[];
    expect(acme?.roleRef.name).toBe('system:auth-delegator');
    expect(acme?.subjects).toEqual([
      { kind: 'ServiceAccount', name: 'lakekeeper-acme', namespace: 'lakekeeper-acme' },
    ]);
  });

  test("the API server's issuer: its discovery document is open, because the catalog sends no token", () => {
    for (const tenancy of ['sharedNamespace', 'namespacePerOrg'] as const) {
      const bindings = clusterBindings(everything({ tenancy, authentication: apiServer, ...amended }));
      expect(bindings).toMatchObject([
        {
          metadata: { name: 'lakekeeper-gitops-issuer-discovery' },
          roleRef: { kind: 'ClusterRole', name: 'system:service-account-issuer-discovery' },
          subjects: [{ kind: 'Group', name: 'system:unauthenticated' }],
        },
      ]);
    }
  });

  test('one org that checks tokens is enough to need it', () => {
    const orgs = { initech: { authentication: kubernetes } };
    const shared = platformObjects(platform({ orgs, ...amended }));
    the(shared, 'ClusterRoleBinding', 'lakekeeper-gitops-token-review');
    const own = clusterBindings(everything({ tenancy: 'namespacePerOrg', orgs, ...amended }));
    expect(own.map(({ metadata }) => metadata.name)).toEqual(['lakekeeper-initech-token-review']);
    const issuer = platformObjects(
      platform({ orgs: { initech: { authentication: apiServer } }, ...amended }),
    );
    the(issuer, 'ClusterRoleBinding', 'lakekeeper-gitops-issuer-discovery');
  });

  test("the API server's certificate is trusted, by an amendment", () => {
    const settings = platform({ authentication: apiServer, ...amended });
    const from = orgObjects(catalog('acme', settings), settings);
    expect(the<V1ConfigMap>(from, 'ConfigMap', 'lakekeeper-acme-amendments').data).toEqual({
      SSL_CERT_FILE: '/var/run/secrets/kubernetes.io/serviceaccount/ca.crt',
      SSL_CERT_DIR: '/etc/ssl/certs',
    });
  });
});
