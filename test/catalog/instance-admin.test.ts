import { expect, test } from 'vitest';
import { instanceAdmin, proofAccount } from '../../src/catalog/instance-admin.ts';
import { registrationInputs } from '../../src/catalog/registration-inputs.ts';
import { catalog, platform, type SettingsOverrides } from '../support/fleet.ts';

const image = (version: string) => ({ catalog: { image: `quay.io/lakekeeper/catalog:${version}` } });
const amended = { operator: { amendments: true } } as const;
const kubernetes: SettingsOverrides = { ...amended, authentication: { mode: 'kubernetes' } };
const issued = {
  mode: 'openID',
  issuer: 'cluster',
  providerURI: 'https://kubernetes.default.svc.cluster.local',
} as const;
const external = {
  mode: 'openID',
  issuer: 'external',
  providerURI: 'https://login.example.com',
  tokenEndpoint: 'https://login.example.com/token',
  client: { id: 'registration', secret: { name: 'client', key: 'secret' } },
} as const;
const provided: SettingsOverrides = {
  ...amended,
  ...image('v0.13.3'),
  authentication: external,
  network: { openID: [{ cidr: '203.0.113.0/24' }] },
};
const user = 'system:serviceaccount:lakekeeper:lakekeeper-acme.register';

function known(settings: SettingsOverrides) {
  const checked = platform(settings);
  const acme = catalog('acme', checked);
  return {
    admin: instanceAdmin(acme, checked),
    proof: proofAccount(acme, checked),
    inputs: registrationInputs(acme, checked).lakekeeperWarehouse,
  };
}

test.each<[string, SettingsOverrides, object]>([
  [
    'ServiceAccount tokens from 0.13.3: by its name',
    { ...kubernetes, ...image('v0.13.3') },
    { userId: `kubernetes~${user}` },
  ],
  ['0.13.0 to 0.13.2: by its uid', { ...kubernetes, ...image('v0.13.1') }, { claim: 'uid' }],
  [
    'a namespace with which its name is too long: by its uid',
    { ...kubernetes, ...image('v0.13.3'), namespace: 'n'.repeat(60) },
    { claim: 'uid' },
  ],
  [
    "the cluster's issuer: by its name",
    { ...amended, ...image('v0.13.0'), authentication: issued },
    { userId: `oidc~${user}` },
  ],
  [
    "the cluster's issuer, by another claim",
    { ...amended, ...image('v0.13.0'), authentication: { ...issued, subjectClaim: 'jti' } },
    { claim: 'jti' },
  ],
  ['an external provider: by the subject of its client', provided, { claim: 'sub' }],
])('%s', (_, settings, admin) => {
  const found = known(settings);
  expect(found.admin).toEqual(admin);
  expect(found.inputs).toMatchObject({ managedBy: 'instance-admin' });
  expect(found.inputs.instanceAdminClaim).toBe('claim' in admin ? admin.claim : undefined);
});

test.each<[string, SettingsOverrides]>([
  ['before 0.13', { ...kubernetes, ...image('v0.12.4') }],
  ['without authentication', { ...amended, ...image('v0.13.3') }],
  [
    'while the server is open',
    { ...amended, ...image('v0.13.3'), authentication: { mode: 'kubernetes', rollout: 'prepare' } },
  ],
  [
    'without amendments',
    { operator: { flavor: 'fork' }, ...image('v0.13.3'), authentication: { mode: 'kubernetes' } },
  ],
  ['of a version that the image does not state', { ...kubernetes, ...image('main') }],
])('nobody is the instance admin %s', (_, settings) => {
  const { admin, proof, inputs } = known(settings);
  expect([admin, proof]).toEqual([undefined, undefined]);
  expect(Object.keys(inputs).sort()).toEqual(['dataStore', 'name']);
});

test('a token like that of a worker is for the proof where the catalog knows ServiceAccounts', () => {
  expect(known({ ...kubernetes, ...image('v0.13.3') }).inputs.proofAccount).toBe('lakekeeper-acme.proof');
  expect(known({ ...kubernetes, ...image('v0.13.1') }).inputs.proofAccount).toBe('lakekeeper-acme.proof');
  expect(known(provided).inputs.proofAccount).toBe(undefined);
});
