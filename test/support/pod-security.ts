import type { V1Container, V1PodSpec } from '@kubernetes/client-node';

/**
 * What the profile "restricted" of the Pod Security Standards (v1.28) says against a pod; empty means admitted.
 * Source: https://kubernetes.io/docs/concepts/security/pod-security-standards/
 */
export function againstRestricted(pod: V1PodSpec): string[] {
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
