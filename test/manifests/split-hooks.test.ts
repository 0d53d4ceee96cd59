import type { V1Job } from '@kubernetes/client-node';
import { describe, expect, test } from 'vitest';
import { catalog, type Manifest, orgObjects, platform, the } from '../support/fleet.ts';
import type { Labels } from '../support/network.ts';

/**
 * Hook mode `split`: what the operator waits for is made before the custom resource comes
 * (docs/facts/argo-cd.md).
 */
function objects(tenancy: 'sharedNamespace' | 'namespacePerOrg' = 'sharedNamespace'): Manifest[] {
  const settings = platform({ tenancy, registration: { hookMode: 'split' } });
  return orgObjects(catalog('acme', settings), settings);
}
const job = (from: Manifest[], suffix: string) => the<V1Job>(from, 'Job', `lakekeeper-acme-${suffix}`);
const hook = (object: { metadata?: { annotations?: Labels } }) =>
  object.metadata?.annotations?.['argocd.argoproj.io/hook'];
const wave = (object: { metadata?: { annotations?: Labels } }) =>
  Number(object.metadata?.annotations?.['argocd.argoproj.io/sync-wave'] ?? 0);

describe('two Jobs', () => {
  test('one of an earlier wave makes the credentials, one after the sync does the rest', () => {
    const from = objects();
    const jobs = from.filter(({ kind }) => kind === 'Job');
    expect(jobs.map((one) => [one.metadata.name, hook(one), wave(one)])).toEqual([
      ['lakekeeper-acme-prepare', 'Sync', -1],
      ['lakekeeper-acme-register', 'PostSync', 0],
    ]);
    const args = (suffix: string) => job(from, suffix).spec?.template.spec?.containers[0]?.args ?? [];
    expect(args('prepare').slice(-2)).toEqual(['--until', 'credentials']);
    expect(args('register')).not.toContain('--until');
  });

  test('both replace the one before them', () => {
    for (const suffix of ['prepare', 'register'])
      expect(job(objects(), suffix).metadata?.annotations).toHaveProperty(
        ['argocd.argoproj.io/hook-delete-policy'],
        'BeforeHookCreation',
      );
  });

  test('are the same but for what they are told to do', () => {
    const from = objects();
    const [prepare, register] = ['prepare', 'register'].map((suffix) => {
      const { spec } = structuredClone(job(from, suffix));
      const container = spec?.template.spec?.containers[0];
      container?.args?.splice(5);
      return spec;
    });
    expect(prepare).toEqual(register);
  });
});

describe.each(['sharedNamespace', 'namespacePerOrg'] as const)('waves, %s', (tenancy) => {
  const from = objects(tenancy);
  const prepareWave = wave(job(from, 'prepare'));
  const needed: [what: string, kind: string, name: string][] = [
    ['its account', 'ServiceAccount', 'lakekeeper-acme.register'],
    ['its rights', 'Role', 'lakekeeper-acme.register'],
    ['the binding of its rights', 'RoleBinding', 'lakekeeper-acme.register'],
    ['its inputs', 'ConfigMap', 'lakekeeper-acme-registration'],
    ['the policy that opens the network for it', 'NetworkPolicy', 'lakekeeper-acme-register'],
  ];
  if (tenancy === 'namespacePerOrg') needed.push(['the namespace', 'Namespace', 'lakekeeper-acme']);

  test.each(needed)('%s comes before the first Job', (_, kind, name) => {
    const found = from.filter((object) => object.kind === kind && object.metadata.name === name);
    expect(found.length).toBeGreaterThan(0);
    for (const object of found) expect(wave(object)).toBeLessThan(prepareWave);
  });

  test('the namespace comes no later than anything in it', () => {
    const namespaces = from.filter(({ kind }) => kind === 'Namespace');
    const first = Math.min(...from.map(wave));
    for (const namespace of namespaces) expect(wave(namespace)).toBe(first);
  });

  test('the custom resource comes after the first Job', () => {
    expect(wave(the(from, 'Lakekeeper', 'lakekeeper-acme'))).toBeGreaterThan(prepareWave);
  });
});

test('hook mode postSync has no waves: nothing waits for anything', () => {
  const settings = platform();
  const from = orgObjects(catalog('acme', settings), settings);
  expect(from.filter((object) => wave(object) !== 0)).toEqual([]);
  expect(from.filter(({ kind }) => kind === 'Job').map(hook)).toEqual(['PostSync']);
});
