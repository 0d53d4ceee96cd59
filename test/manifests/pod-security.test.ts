import type { V1Container, V1Job, V1PodSpec } from '@kubernetes/client-node';
import { describe, expect, test } from 'vitest';
import { catalog, orgObjects, platform } from '../support/fleet.ts';

/**
 * What the profile "restricted" of the Pod Security Standards (v1.28) says against a pod; empty means admitted.
 * Source: https://kubernetes.io/docs/concepts/security/pod-security-standards/
 */
function againstRestricted(pod: V1PodSpec): string[] {
  const containers = [
    ...pod.containers,
    ...(pod.initContainers ?? []),
    ...((pod.ephemeralContainers ?? []) as V1Container[]),
  ];
  return [
    ...(pod.hostNetwork || pod.hostPID || pod.hostIPC ? ['host namespaces'] : []),
    ...(pod.securityContext?.windowsOptions?.hostProcess ? ['hostProcess'] : []),
    ...(pod.securityContext?.seLinuxOptions?.user || pod.securityContext?.seLinuxOptions?.role
      ? ['seLinuxOptions']
      : []),
    ...((pod.securityContext?.sysctls ?? []).length > 0 ? ['sysctls'] : []),
    ...(pod.volumes ?? []).flatMap((volume) =>
      Object.keys(volume)
        .filter((type) => type !== 'name' && !allowedVolumes.includes(type))
        .map((type) => `volume ${volume.name}: ${type}`),
    ),
    ...containers.flatMap((container) =>
      againstContainer(pod, container).map((problem) => `${container.name}: ${problem}`),
    ),
  ];
}

const allowedVolumes = [
  'configMap',
  'csi',
  'downwardAPI',
  'emptyDir',
  'ephemeral',
  'persistentVolumeClaim',
  'projected',
  'secret',
];

function againstContainer(pod: V1PodSpec, { securityContext: own, ports = [] }: V1Container): string[] {
  const either = <K extends 'runAsNonRoot' | 'runAsUser' | 'seccompProfile'>(key: K) =>
    own?.[key] ?? pod.securityContext?.[key];
  const { drop = [], add = [] } = own?.capabilities ?? {};
  const seccomp = either('seccompProfile');
  const rules: [problem: string, broken: boolean][] = [
    ['privileged', own?.privileged === true],
    ['allowPrivilegeEscalation', own?.allowPrivilegeEscalation !== false],
    ['capabilities.drop', !drop.includes('ALL')],
    ['capabilities.add', add.some((capability) => capability !== 'NET_BIND_SERVICE')],
    ['runAsNonRoot', either('runAsNonRoot') !== true],
    ['runAsUser', either('runAsUser') === 0],
    [
      'seccompProfile',
      typeof seccomp !== 'object' || !['RuntimeDefault', 'Localhost'].includes(seccomp?.type ?? ''),
    ],
    ['procMount', (own?.procMount ?? 'Default') !== 'Default'],
    ['hostPort', ports.some(({ hostPort }) => hostPort !== undefined && hostPort !== 0)],
  ];
  return rules.filter(([, broken]) => broken).map(([problem]) => problem);
}

const pods = (['postSync', 'split'] as const).flatMap((arrangement) =>
  (['none', 'kubernetes'] as const).flatMap((mode) => {
    const settings = platform({
      operator: { amendments: true },
      authentication: { mode },
      registration: { arrangement },
    });
    return orgObjects(catalog('acme', settings), settings)
      .filter(({ kind }) => kind === 'Job')
      .map(({ metadata, spec }): [string, V1PodSpec] => [
        `${metadata.name}, ${arrangement}, authentication ${mode}`,
        (spec as V1Job['spec'])?.template.spec ?? { containers: [] },
      ]);
  }),
);

describe.each(pods)('%s', (_, pod) => {
  test('is admitted by the profile "restricted"', () => {
    expect(againstRestricted(pod)).toEqual([]);
  });

  test('cannot write to its image, and is nobody in particular', () => {
    expect(pod.securityContext).toMatchObject({ runAsUser: 65532, runAsGroup: 65532 });
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
