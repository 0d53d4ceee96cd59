import type { V1Job, V1PodDisruptionBudget } from '@kubernetes/client-node';
import { describe, expect, test } from 'vitest';
import { workerNeeds } from '../../src/worker/patch/worker-needs.ts';
import {
  catalog,
  type Manifest,
  orgObjects,
  platform,
  type SettingsOverrides,
  the,
} from '../support/fleet.ts';
import { acceptedByKubernetes } from '../support/kubernetes-types.ts';

const render = (overrides: object) => {
  const settings = platform(overrides as SettingsOverrides);
  return orgObjects(catalog('acme', settings), settings);
};
const jobOf = (pods: object, more: object = {}) =>
  the<V1Job>(render({ registration: { pods, ...more } }), 'Job', 'lakekeeper-acme-register');

describe("the registration Job's pods", () => {
  const affinity = {
    nodeAffinity: {
      requiredDuringSchedulingIgnoredDuringExecution: {
        nodeSelectorTerms: [{ matchExpressions: [{ key: 'pool', operator: 'In', values: ['jobs'] }] }],
      },
    },
  };
  const pods = {
    labels: { 'cost-center': '{org}' },
    annotations: { 'example.com/of': '{name} in {namespace}' },
    imagePullSecrets: [{ name: 'registry-{org}' }],
    nodeSelector: { 'example.com/pool': 'jobs' },
    tolerations: [{ key: 'dedicated', operator: 'Exists', effect: 'NoSchedule' }],
    affinity,
    topologySpreadConstraints: [
      { maxSkew: 1, topologyKey: 'topology.kubernetes.io/zone', whenUnsatisfiable: 'ScheduleAnyway' },
    ],
    priorityClassName: 'jobs',
  };

  test('have what the settings say, with the texts of the org', () => {
    const job = jobOf(pods);
    const { metadata, spec } = job.spec?.template ?? {};
    expect(metadata?.labels).toMatchObject({
      'cost-center': 'acme',
      'lakekeeper-gitops/catalog': 'lakekeeper-acme',
    });
    expect(metadata?.annotations).toMatchObject({ 'example.com/of': 'lakekeeper-acme in lakekeeper' });
    const { topologySpreadConstraints, labels, annotations, ...others } = pods;
    expect(spec).toMatchObject({ ...others, imagePullSecrets: [{ name: 'registry-acme' }] });
    expect(spec?.topologySpreadConstraints?.[0]?.labelSelector?.matchLabels).toMatchObject({
      'lakekeeper-gitops/catalog': 'lakekeeper-acme',
    });
    expect(acceptedByKubernetes(job)).toEqual([]);
  });

  test('are placed by the org too: tolerations, affinity and spread have its texts', () => {
    const ofOrg = { matchLabels: { org: '{org}' } };
    const term = { topologyKey: 'zone', labelSelector: ofOrg, namespaces: ['{namespace}', 'jobs-{org}'] };
    const node = { key: 'org', operator: 'In', values: ['{org}', 'all'] };
    const nodeSelectorTerms = [{ matchExpressions: [node] }];
    const of = {
      tolerations: [
        { key: 'org', operator: 'Equal', value: '{org}', effect: 'NoExecute', tolerationSeconds: 5 },
      ],
      affinity: {
        nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms } },
        podAntiAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [term] },
      },
      topologySpreadConstraints: [
        { maxSkew: 1, topologyKey: 'zone', whenUnsatisfiable: 'DoNotSchedule', labelSelector: ofOrg },
      ],
    };
    const job = jobOf(of);
    const filledIn = JSON.parse(
      JSON.stringify(of).replaceAll('{org}', 'acme').replaceAll('{namespace}', 'lakekeeper'),
    );
    expect(job.spec?.template.spec).toMatchObject(filledIn);
    expect(acceptedByKubernetes(job)).toEqual([]);
    const settings = platform({
      registration: { pods: { tolerations: [{ key: 'a', value: 'of-the-{org}' }] } },
    });
    expect(() => catalog('x'.repeat(60), settings)).toThrow(
      /registration\.pods\.tolerations\.value \(of-the-\{org\}\) gives .* not a label value/,
    );
  });

  test('name a pull Secret once, also where two templates give the same name', () => {
    const { spec } =
      jobOf({ imagePullSecrets: [{ name: '{org}-x' }, { name: 'acme-x' }] }).spec?.template ?? {};
    expect(spec?.imagePullSecrets).toEqual([{ name: 'acme-x' }]);
  });

  test('are kept out of meshes, whose sidecar would not let the Job end, unless the settings say otherwise', () => {
    const metadata = (of: object) => jobOf(of).spec?.template.metadata;
    expect(metadata({})).toMatchObject({
      labels: { 'sidecar.istio.io/inject': 'false' },
      annotations: { 'linkerd.io/inject': 'disabled' },
    });
    const labels = { 'sidecar.istio.io/inject': 'true' };
    expect(metadata({ labels })?.labels).toMatchObject(labels);
  });

  test('have fixed ids where the settings name them, and so has the sidecar of the broker', async () => {
    const securityContext = { runAsUser: 1000, runAsGroup: 2000 };
    expect(jobOf({}, { securityContext }).spec?.template.spec?.securityContext).toMatchObject(
      securityContext,
    );
    const sidecar = async (registration: object) => {
      const settings = platform({
        operator: { amendments: true },
        authentication: { mode: 'kubernetes' },
        registration,
      } as SettingsOverrides);
      return (await workerNeeds(catalog('acme', settings), settings)).sidecar.securityContext;
    };
    expect(await sidecar({ securityContext })).toMatchObject({ runAsNonRoot: true, ...securityContext });
    expect(JSON.stringify(await sidecar({}))).not.toMatch(/runAs(User|Group)/);
  });

  test.each([
    [
      { labels: { 'app.kubernetes.io/name': 'x' } },
      'labels.app.kubernetes.io/name: is set by lakekeeper-gitops',
    ],
    [{ labels: { 'job-name': 'x' } }, 'labels.job-name: is set by lakekeeper-gitops'],
    [{ labels: { a: 'b c' } }, 'labels.a: is not a label value'],
    [{ annotations: { 'a b': 'c' } }, "annotations.a b: is not an annotation's key"],
    [{ nodeSelector: { 'a b': 'c' } }, 'nodeSelector.a b: is not a label key'],
    [{ imagePullSecrets: [{ name: 'A_B' }] }, 'imagePullSecrets[0].name: is not a name in Kubernetes'],
    [{ tolerations: [{ effect: 'NoSchedule' }] }, 'tolerations[0].operator: is not Exists'],
    [{ tolerations: [{ key: 'a', operator: 'Exists', value: 'b' }] }, 'tolerations[0].value: has no effect'],
    [
      { tolerations: [{ key: 'a', tolerationSeconds: 1 }] },
      'tolerations[0].tolerationSeconds: has no effect',
    ],
    [
      { topologySpreadConstraints: [{ maxSkew: 0, topologyKey: 'a', whenUnsatisfiable: 'DoNotSchedule' }] },
      'topologySpreadConstraints[0].maxSkew',
    ],
    [
      {
        topologySpreadConstraints: [1, 2].map((maxSkew) => ({
          maxSkew,
          topologyKey: 'a',
          whenUnsatisfiable: 'DoNotSchedule',
        })),
      },
      'topologySpreadConstraints[1]: has a DoNotSchedule, as another one has',
    ],
    [
      {
        affinity: {
          nodeAffinity: {
            preferredDuringSchedulingIgnoredDuringExecution: [
              { weight: 0, preference: { matchExpressions: [{ key: 'a', operator: 'Exists' }] } },
            ],
          },
        },
      },
      'weight',
    ],
    [
      {
        affinity: {
          nodeAffinity: {
            requiredDuringSchedulingIgnoredDuringExecution: {
              nodeSelectorTerms: [{ matchExpressions: [{ key: 'a', operator: 'Gt', values: ['b'] }] }],
            },
          },
        },
      },
      'values: of Gt: expected one whole number',
    ],
    [
      {
        topologySpreadConstraints: [
          { maxSkew: 2 ** 31, topologyKey: 'a', whenUnsatisfiable: 'DoNotSchedule' },
        ],
      },
      'topologySpreadConstraints[0].maxSkew',
    ],
    [{ imagePullSecrets: [{ name: 'a' }, { name: 'a' }] }, 'imagePullSecrets: has a name twice'],
    [{ priorityClassName: 'High Priority' }, 'priorityClassName: is not a name in Kubernetes'],
    [{ nodeName: 'a' }, 'nodeName: is not a setting'],
  ])('%j is refused', (of, message) => {
    expect(() => jobOf(of)).toThrow(message);
  });
});

describe("the catalogs' pods", () => {
  const catalogOf = (pods: object, operator: object) => () => render({ catalog: { pods }, operator });

  test('have them through amendments alone: the operator has no field for them', () => {
    expect(catalogOf({ priorityClassName: 'high' }, {})).toThrow(
      /catalog\.pods: would not reach the pods.*operator\.amendments: true/,
    );
  });

  test('are amended by one policy for all orgs, so that a placeholder is refused', () => {
    expect(catalogOf({ nodeSelector: { pool: '{org}' } }, { amendments: true })).toThrow(
      /catalog\.pods: has a placeholder, but one policy amends the pods of all orgs/,
    );
  });
});

describe('a disruption budget', () => {
  const budgets = (catalogSettings: object, orgs: object = {}) =>
    render({ catalog: catalogSettings, orgs }).filter(({ kind }) => kind === 'PodDisruptionBudget');

  test.each([0, 1])('is for catalogs with more than one replica, not with %d', (replicas) => {
    expect(budgets({ replicas })).toEqual([]);
    expect(budgets({}, { acme: { replicas } })).toEqual([]);
  });

  test('lets one server go at a time, and selects servers, not migrations', () => {
    const [budget] = budgets({ replicas: 2 }) as (Manifest & V1PodDisruptionBudget)[];
    expect(budget?.spec).toEqual({
      maxUnavailable: 1,
      selector: {
        matchLabels: {
          'app.kubernetes.io/name': 'lakekeeper',
          'app.kubernetes.io/managed-by': 'lakekeeper-operator',
          'app.kubernetes.io/instance': 'lakekeeper-acme',
        },
      },
      unhealthyPodEvictionPolicy: 'AlwaysAllow',
    });
    expect(acceptedByKubernetes(budget)).toEqual([]);
  });

  test('is there where something else scales the catalog, whose replicas are left out', () => {
    const objects = render({ catalog: { replicas: 'external' } });
    expect(objects.filter(({ kind }) => kind === 'PodDisruptionBudget')).toHaveLength(1);
    expect(
      the<Manifest & { spec: object }>(objects, 'Lakekeeper', 'lakekeeper-acme').spec,
    ).not.toHaveProperty('replicas');
    expect(() => render({ catalog: { replicas: 'auto' } })).toThrow(/catalog\.replicas/);
  });
});
