import type { V1Job, V1NetworkPolicySpec, V1PolicyRule } from '@kubernetes/client-node';
import { describe, expect, test } from 'vitest';
import { inputsKey, registrationInputs } from '../../src/catalog/registration-inputs.ts';
import { decodeRetirement, type RetirementInputs } from '../../src/catalog/retirement-inputs.ts';
import { deriveRetiring } from '../../src/catalog/retiring-org.ts';
import { retiringManifests } from '../../src/manifests/org-manifests.ts';
import {
  baseSettings,
  catalog,
  type Manifest,
  orgObjects,
  platform,
  type SettingsOverrides,
  the,
} from '../support/fleet.ts';
import { acceptedByKubernetes } from '../support/kubernetes-types.ts';
import { byRestrictedV2 } from '../support/openshift-scc.ts';
import { againstRestricted } from '../support/pod-security.ts';

type Policy = RetirementInputs['policy'];
interface CiliumSpec {
  readonly endpointSelector: { readonly matchLabels: Readonly<Record<string, string>> };
  readonly ingress?: unknown;
  readonly egress?: unknown;
}

/** What is rendered for an org before it leaves, and while it retires. */
function objects(overrides: SettingsOverrides, policy: Policy = 'retain', columns = {}) {
  const settings = platform(overrides);
  const acme = catalog('acme', settings, columns);
  const inputs: RetirementInputs = {
    version: 1,
    policy,
    registration: registrationInputs(acme, settings),
  };
  const derived = deriveRetiring(inputs, settings, 'registration.yaml');
  if (!derived.ok) throw new Error(JSON.stringify(derived.problems));
  const retiring = [...retiringManifests(derived.retiring, settings).values()].flat() as Manifest[];
  return { inputs, before: orgObjects(acme, settings), retiring };
}

const tenancies = ['sharedNamespace', 'namespacePerOrg'] as const;
const policies = ['retain', 'delete'] as const;
const cases = tenancies.flatMap((tenancy) => policies.map((policy) => [tenancy, policy] as const));

const podOf = (retiring: readonly Manifest[]) =>
  the<{ spec: V1Job['spec'] }>(retiring, 'Job', 'lakekeeper-acme-retire').spec?.template.spec ?? {
    containers: [],
  };

describe.each(cases)('%s, policy %s', (tenancy, policy) => {
  const { inputs, before, retiring } = objects({ tenancy }, policy);

  test('every object is accepted by the types of Kubernetes, and has the label of its org', () => {
    for (const object of retiring) {
      expect(acceptedByKubernetes(object), object.metadata.name).toEqual([]);
      expect(object.metadata.annotations).toHaveProperty(['lakekeeper-gitops/org'], 'acme');
    }
  });

  test('nothing is left that runs the catalog', () => {
    const kinds = retiring.map(({ kind }) => kind);
    expect(kinds).not.toContain('Lakekeeper');
    expect(before.map(({ kind }) => kind)).toContain('Lakekeeper');
  });

  test('its own namespace is left out by repair, whose Role in it is pruned, and by nothing else', () => {
    if (tenancy !== 'namespacePerOrg') return;
    const labelsOf = (objects: readonly Manifest[]) =>
      the(objects, 'Namespace', 'lakekeeper-acme').metadata.labels;
    const retired = { 'lakekeeper-gitops/retired': 'true' };
    expect(labelsOf(retiring)).toEqual({ ...labelsOf(before), ...retired });
  });

  test('the Job reads the inputs, and runs after the custom resource is pruned', () => {
    const { data } = the<{ data: Record<string, string> }>(
      retiring,
      'ConfigMap',
      'lakekeeper-acme-retirement',
    );
    expect(decodeRetirement(data[inputsKey] ?? '')).toEqual(inputs);
    const { metadata } = the(retiring, 'Job', 'lakekeeper-acme-retire');
    expect(metadata.annotations).toMatchObject({ 'argocd.argoproj.io/hook': 'PostSync' });
    const pod = podOf(retiring);
    expect(pod.serviceAccountName).toBe('lakekeeper-acme.retire');
    expect(pod.volumes).toContainEqual(
      expect.objectContaining({ configMap: { name: 'lakekeeper-acme-retirement' } }),
    );
  });

  test("its pod is admitted by the profile restricted and by OpenShift's restricted-v2", () => {
    const pod = podOf(retiring);
    expect(againstRestricted(pod)).toEqual([]);
    expect(byRestrictedV2(pod).problems).toEqual([]);
  });

  test('its rights name their objects, and reach no Secret but its own and those of credentials', () => {
    const rules = retiring
      .filter(({ kind }) => kind === 'Role')
      .flatMap(({ rules }) => rules as V1PolicyRule[]);
    const unnamed = rules.filter(({ resourceNames }) => resourceNames === undefined);
    expect(unnamed.map(({ resources, verbs }) => `${resources}: ${verbs}`)).toEqual(['configmaps: create']);
    const writable = rules.filter(
      ({ resources, verbs }) => resources?.includes('secrets') && verbs.some((verb) => verb !== 'get'),
    );
    expect(writable).toEqual([
      expect.objectContaining({
        resourceNames: ['lakekeeper-acme'],
        verbs: ['get', policy === 'delete' ? 'delete' : 'patch'],
      }),
    ]);
  });

  test('its rights are bound before it begins, and Argo CD ends that when it has succeeded', () => {
    const bindings = retiring.filter(({ kind }) => kind === 'RoleBinding');
    expect(bindings.length).toBeGreaterThan(1);
    const { metadata: job } = the(retiring, 'Job', 'lakekeeper-acme-retire');
    expect(job.annotations).not.toHaveProperty(['argocd.argoproj.io/sync-wave']);
    for (const { metadata } of bindings)
      expect(metadata.annotations).toMatchObject({
        'argocd.argoproj.io/hook': 'PostSync',
        'argocd.argoproj.io/hook-delete-policy': 'BeforeHookCreation,HookSucceeded',
        'argocd.argoproj.io/sync-wave': '-3',
      });
  });

  test('the policies that opened the catalog close it, before anything is pruned', () => {
    const opening = (from: readonly Manifest[]) =>
      from
        .filter(({ kind }) => kind === 'NetworkPolicy')
        .filter(({ spec }) => {
          const { podSelector, ingress = [], egress = [] } = spec as V1NetworkPolicySpec;
          const isOfJob = podSelector?.matchLabels?.['app.kubernetes.io/name'] === 'lakekeeper-gitops';
          return !isOfJob && ingress.length + egress.length > 0;
        })
        .map(({ metadata }) => metadata.name);
    // Until Argo CD prunes, a policy that is no longer in Git still opens what it opened.
    const names = new Set(retiring.map(({ metadata }) => metadata.name));
    const left = before.filter(({ metadata }) => !names.has(metadata.name));
    expect(opening(before).length).toBeGreaterThan(1);
    expect(opening([...left, ...retiring]).filter((name) => !name.startsWith('admit-'))).toEqual([]);
  });

  test("so do Cilium's own, in the same wave", () => {
    const network = {
      policies: 'cilium',
      postgres: [{ entity: 'remote-node' }],
      objectStore: [{ fqdn: 's3.example.com' }],
      apiServer: [{ entity: 'kube-apiserver' }],
    };
    const { before, retiring } = objects(
      { tenancy, network: { ...baseSettings.network, ...network } } as SettingsOverrides,
      policy,
    );
    const ofCatalog = (from: readonly Manifest[]) =>
      from.filter(
        ({ kind, spec }) =>
          kind === 'CiliumNetworkPolicy' &&
          (spec as CiliumSpec).endpointSelector.matchLabels['app.kubernetes.io/name'] === 'lakekeeper',
      );
    const names = (from: readonly Manifest[]) => from.map(({ metadata }) => metadata.name);
    const closing = ofCatalog(retiring);
    expect(ofCatalog(before).length).toBeGreaterThan(1);
    expect(names(closing)).toEqual(expect.arrayContaining(names(ofCatalog(before))));
    const wave = (name: string) =>
      the(retiring, 'NetworkPolicy', name).metadata.annotations?.['argocd.argoproj.io/sync-wave'];
    for (const { metadata, spec } of closing) {
      // A rule without peers allows nothing, and isolates.
      const { ingress, egress } = spec as CiliumSpec;
      expect({ ingress, egress }).toEqual({ ingress: [{}], egress: [{}] });
      expect(metadata.annotations?.['argocd.argoproj.io/sync-wave']).toBe(wave(metadata.name));
    }
  });

  test('the namespace stays for as long as something is kept in it', () => {
    const namespaces = retiring.filter(({ kind }) => kind === 'Namespace');
    expect(namespaces).toHaveLength(tenancy === 'namespacePerOrg' ? 1 : 0);
    for (const { metadata } of namespaces)
      expect(metadata.annotations?.['argocd.argoproj.io/sync-options']).toContain(
        policy === 'retain' ? 'Prune=false' : 'Prune=confirm',
      );
  });
});

test('nothing of a pre-provisioned store is deleted, so its Secret stays', () => {
  const { retiring } = objects({}, 'delete', { metadata_store_kind: 'cnpg-shard' });
  const verbs = retiring
    .filter(({ kind }) => kind === 'Role')
    .flatMap(({ rules }) => (rules as V1PolicyRule[]).flatMap((rule) => rule.verbs));
  expect(verbs).not.toContain('delete');
});

test('so does its namespace, where it is its own', () => {
  const { retiring } = objects({ tenancy: 'namespacePerOrg' }, 'delete', {
    metadata_store_kind: 'cnpg-shard',
  });
  const { metadata } = the(retiring, 'Namespace', 'lakekeeper-acme');
  expect(metadata.annotations?.['argocd.argoproj.io/sync-options']).toBe('Prune=false,Delete=false');
});

test('the Job reaches the database of its record at the port of the settings, in a row or a table', () => {
  const url = { namespace: 'duckgres', name: 'records', key: 'url' };
  for (const record of [{ warehouseDatabase: { url, port: 6001 } }, { table: { url, port: 6001 } }]) {
    const { retiring } = objects({
      registration: { ...baseSettings.registration, record },
    } as SettingsOverrides);
    const { egress = [] } = the<{ spec: V1NetworkPolicySpec }>(
      retiring,
      'NetworkPolicy',
      'lakekeeper-acme-retire',
    ).spec;
    const ports = egress.flatMap(({ ports = [] }) => ports.map(({ port }) => port));
    expect(ports).toContain(6001);
  }
});
