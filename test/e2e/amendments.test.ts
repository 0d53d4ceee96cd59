import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Manifest, SettingsOverrides } from '../support/fleet.ts';
import { platform, platformObjects } from '../support/fleet.ts';
import type { ClusterObject } from './support/cluster.ts';
import { type ControlPlane, startControlPlane } from './support/control-plane.ts';
import { install } from './support/install.ts';
import { amendedByKyverno, kyvernoDefinitions } from './support/kyverno.ts';

/**
 * The policy of amendments, at work in the API server itself: as the version of Kubernetes that it is has it, as 1.34
 * and 1.35 have it, and as Kyverno's own engine applies it before the API server is given the pod.
 */

const namespace = 'lakekeeper';
const name = 'lakekeeper-acme';
const ours = { configMapRef: { name: `${name}-amendments` } };
const pods = {
  labels: { team: 'data' },
  annotations: { 'example.com/note': 'it\'s "here"' },
  imagePullSecrets: [{ name: 'registry' }, { name: 'mirror' }],
  nodeSelector: { 'example.com/pool': 'catalogs', zone: 'a' },
  tolerations: [
    { key: 'dedicated', operator: 'Equal', value: 'catalogs', effect: 'NoExecute', tolerationSeconds: 60 },
  ],
  affinity: {
    nodeAffinity: {
      requiredDuringSchedulingIgnoredDuringExecution: {
        nodeSelectorTerms: [{ matchExpressions: [{ key: 'cpu', operator: 'Gt', values: ['4'] }] }],
      },
    },
    podAntiAffinity: {
      preferredDuringSchedulingIgnoredDuringExecution: [
        { weight: 100, podAffinityTerm: { topologyKey: 'kubernetes.io/hostname' } },
      ],
    },
  },
  topologySpreadConstraints: [
    { maxSkew: 1, topologyKey: 'topology.kubernetes.io/zone', whenUnsatisfiable: 'ScheduleAnyway' },
  ],
  priorityClassName: 'catalogs',
} as const;
const ownPods = { matchLabels: { 'app.kubernetes.io/instance': name } };
const theirs = { secretRef: { name: 'proxy', optional: true } };

describe.each([
  ['v1', 'mutatingAdmissionPolicy', undefined],
  ['v1beta1', 'mutatingAdmissionPolicy', '1.35'],
  ['v1beta1', 'kyverno', undefined],
])('%s of %s', (version, engine, kubernetesVersion) => {
  let controlPlane: ControlPlane;
  let policies: (Manifest & ClusterObject)[];
  beforeAll(async () => {
    controlPlane = await startControlPlane();
    const settings = {
      operator: { amendments: { engine } },
      kubernetesVersion,
      trustedCertificates: { configMap: { name: 'private-ca' } },
      catalog: { pods },
    } as unknown as SettingsOverrides;
    const rendered = platformObjects(platform(settings)) as (Manifest & ClusterObject)[];
    policies = rendered.filter(({ kind }) => kind.startsWith('Mutating'));
    expect(new Set(policies.map(({ apiVersion }) => apiVersion.split('/')[1]))).toEqual(new Set([version]));
    await install(
      controlPlane.admin,
      ...(engine === 'kyverno' ? await kyvernoDefinitions() : []),
      ...rendered.filter(({ kind }) => kind === 'Namespace'),
      ...policies,
      { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { namespace, name } },
      { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { namespace, name: 'default' } },
      {
        apiVersion: 'scheduling.k8s.io/v1',
        kind: 'PriorityClass',
        metadata: { name: 'catalogs' },
        value: 1000,
      },
    );
  });
  afterAll(() => controlPlane?.[Symbol.asyncDispose]());

  /** What the API server makes of a pod with these containers. */
  async function admitted(containers: readonly object[], labels: object = {}, more: object = {}) {
    const metadata = {
      namespace,
      name: `pod-${Math.random().toString(36).slice(2)}`,
      labels: { 'app.kubernetes.io/name': 'lakekeeper', 'app.kubernetes.io/instance': name, ...labels },
    };
    const spec = { containers: containers.map((one) => ({ image: 'example.com/image:1', ...one })), ...more };
    const pod = { apiVersion: 'v1', kind: 'Pod', metadata, spec };
    const [policy] = policies;
    const amended =
      engine === 'kyverno' && policy ? await amendedByKyverno(policy, pod) : { pod, refused: undefined };
    if (amended.refused !== undefined)
      return { spec: { refused: `${policy?.metadata.name}: ${amended.refused}` } };
    const { status, body } = await controlPlane.admin.apply(amended.pod, { dryRun: true });
    return status < 300 ? body : { spec: { refused: body.message } };
  }
  const admit = async (...of: Parameters<typeof admitted>) => (await admitted(...of)).spec;
  const sources = async (...of: Parameters<typeof admit>) =>
    (await admit(...of)).containers?.map(({ envFrom }: { envFrom?: unknown }) => envFrom);

  test('the policy is accepted, and works a moment later', async () => {
    await expect.poll(async () => (await admit([{ name: 'lakekeeper' }])).serviceAccountName).toBe(name);
  });

  test.each(['lakekeeper', 'migrate'])(
    'the container %s is given the variables of its org, and its account',
    async (container) => {
      expect(await admit([{ name: container }])).toMatchObject({
        serviceAccountName: name,
        containers: [{ envFrom: [ours] }],
      });
    },
  );

  test('what another webhook put there stays, and ours comes last: of two, the last one wins', async () => {
    expect(await sources([{ name: 'lakekeeper', envFrom: [theirs] }])).toEqual([[theirs, ours]]);
  });

  test('it is given once, however often the policy is called', async () => {
    expect(await sources([{ name: 'lakekeeper', envFrom: [ours] }])).toEqual([[ours]]);
    expect(await sources([{ name: 'lakekeeper', envFrom: [ours, theirs] }])).toEqual([[ours, theirs]]);
  });

  test('a container that was put before the server is left alone', async () => {
    const sidecar = { name: 'istio-proxy' };
    expect(await sources([sidecar, { name: 'lakekeeper' }, { name: 'another' }])).toEqual([
      undefined,
      [ours],
      undefined,
    ]);
  });

  test('a pod without the container of the operator is refused: it would start without its settings', async () => {
    expect(await admit([{ name: 'istio-proxy' }])).toMatchObject({
      refused: expect.stringContaining('lakekeeper-gitops-amendments'),
    });
  });

  test('the pod has what the settings of pods say, beside what is there', async () => {
    const own = { key: 'own', operator: 'Exists' };
    const { metadata, spec } = await admitted([{ name: 'lakekeeper' }], {}, { tolerations: [own] });
    expect(metadata.labels).toMatchObject(pods.labels);
    expect(metadata.annotations).toMatchObject(pods.annotations);
    const { podAntiAffinity, nodeAffinity } = pods.affinity;
    const [preferred] = podAntiAffinity.preferredDuringSchedulingIgnoredDuringExecution;
    expect(spec).toMatchObject({
      imagePullSecrets: pods.imagePullSecrets,
      nodeSelector: pods.nodeSelector,
      affinity: {
        nodeAffinity,
        podAntiAffinity: {
          preferredDuringSchedulingIgnoredDuringExecution: [
            { ...preferred, podAffinityTerm: { ...preferred.podAffinityTerm, labelSelector: ownPods } },
          ],
        },
      },
      topologySpreadConstraints: [{ ...pods.topologySpreadConstraints[0], labelSelector: ownPods }],
      priorityClassName: 'catalogs',
      priority: 1000,
    });
    expect(spec.tolerations).toEqual(expect.arrayContaining([own, ...pods.tolerations]));
    expect(spec.tolerations.filter(({ key }: { key: string }) => key === 'dedicated')).toHaveLength(1);
  });

  test('the pod has the certificates of private authorities', async () => {
    const mounted = {
      name: 'lakekeeper-gitops-certificates',
      mountPath: '/etc/lakekeeper-gitops-certificates',
      readOnly: true,
    };
    const { volumes, containers } = await admit([{ name: 'istio-proxy' }, { name: 'lakekeeper' }]);
    expect(volumes).toContainEqual(
      expect.objectContaining({
        name: mounted.name,
        configMap: expect.objectContaining({
          name: 'private-ca',
          items: [{ key: 'ca.crt', path: 'ca.crt' }],
        }),
      }),
    );
    expect(containers[1].volumeMounts).toContainEqual(mounted);
    expect(JSON.stringify(containers[0].volumeMounts ?? [])).not.toContain(mounted.name);
  });

  test('no mesh puts a sidecar into a migration, which would not end; into a server it may', async () => {
    const migration = await admitted([{ name: 'migrate' }], { 'app.kubernetes.io/component': 'migration' });
    expect(migration.metadata).toMatchObject({
      labels: { 'sidecar.istio.io/inject': 'false' },
      annotations: { 'linkerd.io/inject': 'disabled' },
    });
    const { metadata } = await admitted([{ name: 'lakekeeper' }]);
    expect(JSON.stringify(metadata)).not.toContain('inject');
  });
});
