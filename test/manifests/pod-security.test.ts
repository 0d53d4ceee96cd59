import type { V1Container, V1Job, V1PodSpec } from '@kubernetes/client-node';
import { describe, expect, test } from 'vitest';
import { workerNeeds } from '../../src/worker/patch/worker-needs.ts';
import { catalog, orgObjects, platform, type SettingsOverrides } from '../support/fleet.ts';
import { byRestrictedV2, namespaceRanges } from '../support/openshift-scc.ts';
import { againstRestricted } from '../support/pod-security.ts';

const pods = (['postSync', 'split'] as const).flatMap((hookMode) =>
  (['none', 'kubernetes'] as const).flatMap((mode) => {
    const settings = platform({
      operator: { amendments: true },
      authentication: { mode },
      registration: { hookMode },
    });
    return orgObjects(catalog('acme', settings), settings)
      .filter(({ kind }) => kind === 'Job')
      .map(({ metadata, spec }): [string, V1PodSpec] => [
        `${metadata.name}, ${hookMode}, authentication ${mode}`,
        (spec as V1Job['spec'])?.template.spec ?? { containers: [] },
      ]);
  }),
);

describe.each(pods)('%s', (_, pod) => {
  test('is admitted by the profile "restricted"', () => {
    expect(againstRestricted(pod)).toEqual([]);
  });

  test('cannot write to its image, and names no ids: OpenShift chooses them', () => {
    expect(pod.securityContext).toEqual({ runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } });
    for (const { securityContext } of pod.containers)
      expect(securityContext?.readOnlyRootFilesystem).toBe(true);
  });

  test('mounts everything read-only, and nothing of the host', () => {
    expect(pod.containers.flatMap(({ volumeMounts = [] }) => volumeMounts).every((m) => m.readOnly)).toBe(
      true,
    );
    expect((pod.volumes ?? []).filter(({ hostPath }) => hostPath)).toEqual([]);
  });
});

describe("OpenShift's restricted-v2", () => {
  const uid = Number.parseInt(namespaceRanges['openshift.io/sa.scc.uid-range'], 10);

  /** The Job of a registration, and a worker with the broker's sidecar. */
  async function podsOf(settings: SettingsOverrides = {}): Promise<V1PodSpec[]> {
    const parsed = platform({
      authentication: { mode: 'kubernetes' },
      operator: { amendments: true },
      ...settings,
    });
    const acme = catalog('acme', parsed, { duckling_name: 'acme' });
    const jobs = orgObjects(acme, parsed).filter(({ kind }) => kind === 'Job');
    const { sidecar, volume } = await workerNeeds(acme, parsed);
    const worker = { containers: [{ name: 'worker' }], initContainers: [sidecar], volumes: [volume] };
    return [...jobs.map(({ spec }) => (spec as V1Job['spec'])?.template.spec as V1PodSpec), worker];
  }

  test.each<[string, SettingsOverrides]>([
    ['by default', {}],
    ['with the certificates of private authorities', { trustedCertificates: { secret: { name: 'ca' } } }],
    ['with an id of the namespace', { registration: { securityContext: { runAsUser: uid + 1 } } }],
  ])('admits Job and broker %s, and chooses the ids', async (_, settings) => {
    for (const pod of await podsOf(settings)) {
      const { problems, admitted } = byRestrictedV2(pod);
      expect(problems).toEqual([]);
      const containers = [...(admitted.initContainers ?? []), ...admitted.containers];
      for (const { securityContext } of containers)
        expect(securityContext?.runAsUser).toBeGreaterThanOrEqual(uid);
      expect(admitted.securityContext?.fsGroup).toBe(uid);
    }
  });

  test('refuses a fixed id, in Job and broker', async () => {
    const pods = await podsOf({ registration: { securityContext: { runAsUser: 65532 } } });
    const expected = `: runAsUser 65532: expected ${uid} to ${uid + 9999}`;
    for (const pod of pods) expect(byRestrictedV2(pod).problems).toEqual([expect.stringContaining(expected)]);
  });

  test.each<[string, V1PodSpec]>([
    ['fsGroup 1: expected 1000660000', { containers: [], securityContext: { fsGroup: 1 } }],
    ['volume v: hostPath', { containers: [], volumes: [{ name: 'v', hostPath: { path: '/' } }] }],
    ['host namespaces', { containers: [], hostNetwork: true }],
    ['c: privileged', { containers: [{ name: 'c', securityContext: { privileged: true } }] }],
    [
      'seccompProfile Unconfined',
      { containers: [], securityContext: { seccompProfile: { type: 'Unconfined' } } },
    ],
  ])('refuses %s', (problem, pod) => {
    expect(byRestrictedV2(pod).problems).toEqual([problem]);
  });
});

describe('the profile itself', () => {
  const admitted: V1PodSpec = {
    securityContext: { runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } },
    containers: [
      {
        name: 'c',
        securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } },
      },
    ],
  };
  const withContainer = (securityContext: V1Container['securityContext']): V1PodSpec => ({
    ...admitted,
    containers: [{ name: 'c', ...(securityContext ? { securityContext } : {}) }],
  });

  test('admits a pod that states what it has to', () => {
    expect(againstRestricted(admitted)).toEqual([]);
  });

  test('refuses a pod that states nothing', () => {
    expect(againstRestricted({ containers: [{ name: 'c' }] })).toEqual([
      'c: allowPrivilegeEscalation',
      'c: capabilities.drop',
      'c: runAsNonRoot',
      'c: seccompProfile',
    ]);
  });

  const own = admitted.containers[0]?.securityContext;
  test.each<[string, V1PodSpec]>([
    ['host namespaces', { ...admitted, hostNetwork: true }],
    ['volume v: hostPath', { ...admitted, volumes: [{ name: 'v', hostPath: { path: '/' } }] }],
    ['c: privileged', withContainer({ ...own, privileged: true })],
    ['c: runAsUser', withContainer({ ...own, runAsUser: 0 })],
    ['c: seccompProfile', withContainer({ ...own, seccompProfile: { type: 'Unconfined' } })],
    ['c: capabilities.add', withContainer({ ...own, capabilities: { drop: ['ALL'], add: ['SYS_ADMIN'] } })],
    [
      'c: hostPort',
      {
        ...admitted,
        containers: [
          { name: 'c', ...(own ? { securityContext: own } : {}), ports: [{ containerPort: 1, hostPort: 1 }] },
        ],
      },
    ],
  ])('refuses %s', (problem, pod) => {
    expect(againstRestricted(pod)).toEqual([problem]);
  });
});
