import { describe, expect, test } from 'vitest';
import { deriveCatalog } from '../../../src/catalog/derive.ts';
import {
  baseSettings,
  catalog,
  ducklings,
  type Manifest,
  orgObjects,
  platform,
  platformObjects,
  record,
  type SettingsOverrides,
  systemIdentity,
  the,
} from '../../support/fleet.ts';

const argocd = { repoURL: 'https://github.com/acme/catalogs.git' };
const server = 'https://kubernetes.default.svc';

interface AppProject {
  readonly spec: {
    readonly sourceRepos: string[];
    readonly destinations: { server: string; namespace: string }[];
    readonly clusterResourceWhitelist: { group: string; kind: string; name?: string }[];
    readonly namespaceResourceWhitelist: { group: string; kind: string }[];
    readonly namespaceResourceBlacklist?: { group: string; kind: string }[];
  };
}

/**
 * Argo CD's rule: a kind must be listed, an object of a namespace also needs a destination that its namespace meets.
 */
function isPermitted({ spec }: AppProject, { apiVersion, kind, metadata }: Manifest): boolean {
  const group = apiVersion.includes('/') ? apiVersion.split('/')[0] : '';
  const isOf = (item: { group: string; kind: string }) => item.group === group && item.kind === kind;
  const meets = (glob: string, text: string) => new RegExp(`^${glob.replaceAll('*', '.*')}$`).test(text);
  const { namespace, name } = metadata;
  if (namespace === undefined)
    return spec.clusterResourceWhitelist.some((item) => isOf(item) && meets(item.name ?? '*', name));
  return (
    spec.namespaceResourceWhitelist.some(isOf) &&
    spec.destinations.some((to) => to.server === server && meets(to.namespace, namespace))
  );
}

const openID = { mode: 'openID', providerURI: 'https://login.example.com' } as const;
const variations: Record<string, SettingsOverrides> = {
  'as small as it gets': {},
  'split arrangement': { registration: { arrangement: 'split' } },
  'amendments, identities, tokens reviewed': {
    operator: { amendments: true },
    authentication: { mode: 'kubernetes' },
    dataStores: systemIdentity,
    identity: { provider: 'irsa', annotations: { 'eks.amazonaws.com/role-arn': 'arn:{org}' } },
  },
  'tokens reviewed for one org': {
    operator: { flavor: 'fork' },
    orgs: { acme: { authentication: { mode: 'kubernetes' } } },
  },
  'Secrets elsewhere': {
    authentication: {
      ...openID,
      issuer: 'external',
      tokenEndpoint: 'https://login.example.com/token',
      client: { id: 'job', secret: { namespace: 'clients-{org}', name: 'client', key: 'secret' } },
    },
    orgs: {
      acme: {
        name: 'catalog-of-acme',
        metadataStore: {
          provisioning: 'admin',
          admin: { password: { duckling: { namespace: 'ducklings-of-acme' } } },
        },
      },
    },
  },
  'peers of Cilium': {
    network: { policies: 'cilium', objectStore: [{ fqdn: '*.s3.example.com' }], dns: [{ entity: 'host' }] },
  },
  'record in a ConfigMap': { registration: { record: { configMap: true } } },
};

describe.each(['sharedNamespace', 'namespacePerOrg'] as const)('%s', (tenancy) => {
  const orgs = ['acme', 'Ümlaut & Co', '018d351a-9ff7-0000-eaff-4628875ad045'];

  test.each(Object.entries(variations))(
    'the projects permit all that is rendered, each its own: %s',
    (_, overrides) => {
      const settings = platform({ tenancy, argocd, ...overrides });
      const shared = platformObjects(settings);
      const ofOrgs = orgs.flatMap((org) => orgObjects(catalog(org, settings), settings));
      const project = the<AppProject>(shared, 'AppProject', 'lakekeeper-orgs');
      expect(ofOrgs.length).toBeGreaterThan(20);
      expect(ofOrgs.filter((object) => !isPermitted(project, object))).toEqual([]);
      const applied = shared.filter(({ metadata }) => metadata.namespace !== 'argocd');
      const platformProject = the<AppProject>(shared, 'AppProject', 'lakekeeper-platform');
      expect(applied.filter((object) => !isPermitted(platformProject, object))).toEqual([]);
    },
  );

  test('no project permits what is not rendered', () => {
    const settings = platform({ tenancy, argocd });
    const strangers = [
      { apiVersion: 'v1', kind: 'Secret', metadata: { namespace: 'lakekeeper', name: 's' } },
      { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { namespace: 'lakekeeper', name: 'd' } },
      { apiVersion: 'v1', kind: 'ConfigMap', metadata: { namespace: 'kube-system', name: 'c' } },
      { apiVersion: 'batch/v1', kind: 'Job', metadata: { namespace: 'argocd', name: 'j' } },
      {
        apiVersion: 'argoproj.io/v1alpha1',
        kind: 'AppProject',
        metadata: { namespace: 'argocd', name: 'p' },
      },
      { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'kube-system' } },
      {
        apiVersion: 'rbac.authorization.k8s.io/v1',
        kind: 'ClusterRoleBinding',
        metadata: { name: 'cluster-admin' },
      },
    ];
    for (const name of ['lakekeeper-orgs', 'lakekeeper-platform']) {
      const project = the<AppProject>(platformObjects(settings), 'AppProject', name);
      expect(strangers.filter((object) => isPermitted(project, object))).toEqual([]);
      expect(project.spec.sourceRepos).toEqual([argocd.repoURL]);
    }
  });

  test('a list of kinds is never left to be dropped: no list would permit all', () => {
    const shared = platformObjects(platform({ tenancy, argocd }));
    const { spec } = the<AppProject>(shared, 'AppProject', 'lakekeeper-platform');
    if (spec.namespaceResourceWhitelist.length === 0)
      expect(spec.namespaceResourceBlacklist).toEqual([{ group: '*', kind: '*' }]);
    else expect(spec.namespaceResourceBlacklist).toBeUndefined();
  });
});

test('every kind that the project of the orgs permits is one that some org has', () => {
  const permitted = new Set<string>();
  const seen = new Set<string>();
  for (const overrides of Object.values(variations)) {
    const settings = platform({ argocd, ...overrides });
    const { spec } = the<AppProject>(platformObjects(settings), 'AppProject', 'lakekeeper-orgs');
    for (const { kind } of spec.namespaceResourceWhitelist) permitted.add(kind);
    for (const { kind } of orgObjects(catalog('acme', settings), settings)) seen.add(kind);
  }
  expect([...permitted].sort()).toEqual([...seen].sort());
});

describe('an org whose objects the project would not permit', () => {
  const duckling = (namespace: string) =>
    ducklings({
      kind: 'Duckling',
      metadata: { name: 'duckling-acme', namespace },
      status: { metadataStore: { endpoint: 'pg.example.com' } },
    });
  const metadataStores = {
    ...baseSettings.metadataStores,
    external: { provisioning: 'admin', admin: { password: { duckling: {} } } },
  } as const;

  test('is rejected, with what to do', () => {
    const settings = platform({ argocd, metadataStores });
    expect(deriveCatalog(record('acme'), settings, duckling('elsewhere'))).toMatchObject({
      ok: false,
      problems: [{ at: 'warehouses[acme]', message: expect.stringMatching(/elsewhere.*argocd\.namespaces/) }],
    });
    const permitting = platform({ argocd: { ...argocd, namespaces: ['elsewhere'] }, metadataStores });
    expect(deriveCatalog(record('acme'), permitting, duckling('elsewhere')).ok).toBe(true);
    expect(deriveCatalog(record('acme'), settings, duckling('ducklings')).ok).toBe(true);
  });
});
