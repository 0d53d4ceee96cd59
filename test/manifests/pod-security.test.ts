import type { V1Container, V1Job, V1PodSpec } from '@kubernetes/client-node';
import { describe, expect, test } from 'vitest';
import { catalog, orgObjects, platform } from '../support/fleet.ts';
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
