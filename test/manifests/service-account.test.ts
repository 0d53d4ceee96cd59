import type { V1ServiceAccount } from '@kubernetes/client-node';
import { describe, expect, test } from 'vitest';
import { catalog, orgObjects, platform, type SettingsOverrides } from '../support/fleet.ts';

/** The account of the catalog's pods; registration has others. */
function accounts(overrides: SettingsOverrides = {}, org = 'acme'): V1ServiceAccount[] {
  const settings = platform(overrides);
  return orgObjects(catalog(org, settings), settings).filter(
    ({ kind, metadata }) => kind === 'ServiceAccount' && !/\.(register|proof)$/.test(metadata.name),
  ) as unknown as V1ServiceAccount[];
}
const namesOf = (found: V1ServiceAccount[]) =>
  found.map(({ metadata }) => `${metadata?.namespace}/${metadata?.name}`);
const amended = { operator: { amendments: true } } as const;
const fork = { operator: { flavor: 'fork' } } as const;

describe('whose it is', () => {
  test('none in a shared namespace with the upstream operator, whose pods are all one account', () => {
    expect(accounts()).toEqual([]);
  });

  test('the one that pods run as anyway, in a namespace of its own', () => {
    expect(namesOf(accounts({ tenancy: 'namespacePerOrg' }))).toEqual(['lakekeeper-acme/default']);
  });

  test.each([
    ['amendments', amended],
    ['the fork', fork],
  ])('one of its own with %s, in either tenancy', (_, settings) => {
    expect(namesOf(accounts(settings))).toEqual(['lakekeeper/lakekeeper-acme']);
    expect(namesOf(accounts({ tenancy: 'namespacePerOrg', ...settings }))).toEqual([
      'lakekeeper-acme/lakekeeper-acme',
    ]);
  });
});

describe('what it may', () => {
  test('carries the cloud identity of the org', () => {
    const annotations = { 'eks.amazonaws.com/role-arn': 'arn:aws:iam::123456789012:role/catalog-{org}' };
    const identity = { provider: 'irsa', annotations } as const;
    for (const settings of [amended, fork, { tenancy: 'namespacePerOrg' } as const]) {
      const [account] = accounts({ identity, ...settings });
      expect(account?.metadata?.annotations).toEqual({
        'lakekeeper-gitops/org': 'acme',
        'eks.amazonaws.com/role-arn': 'arn:aws:iam::123456789012:role/catalog-acme',
      });
    }
  });

  const providerURI = 'https://kubernetes.default.svc.cluster.local';
  test.each([
    ['TokenReview', { authentication: { mode: 'kubernetes' }, ...amended }],
    ['TokenReview, fork', { authentication: { mode: 'kubernetes' }, ...fork }],
    [
      "the API server's issuer",
      { authentication: { mode: 'openID', issuer: 'cluster', providerURI }, ...amended },
    ],
  ] as const)('has a token where the catalog talks to the API server: %s', (_, settings) => {
    expect(accounts(settings).map((account) => account.automountServiceAccountToken)).toEqual([true]);
  });

  test.each([
    ['none', amended],
    ['none, namespace per org', { tenancy: 'namespacePerOrg' }],
    [
      'a public issuer',
      {
        authentication: { mode: 'openID', issuer: 'cluster', providerURI: 'https://oidc.example.com' },
        ...amended,
      },
    ],
  ] as const)('has none otherwise: %s', (_, settings) => {
    expect(accounts(settings).map((account) => account.automountServiceAccountToken)).toEqual([false]);
  });
});
