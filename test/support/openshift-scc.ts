import type { V1Container, V1PodSpec } from '@kubernetes/client-node';

/**
 * The annotations that OpenShift puts on a namespace, as `first/count`. The SecurityContextConstraints `restricted-v2`
 * take their ranges from them (docs/facts/openshift.md §1).
 */
export const namespaceRanges = {
  'openshift.io/sa.scc.uid-range': '1000660000/10000',
  'openshift.io/sa.scc.supplemental-groups': '1000660000/10000',
};

/**
 * What `restricted-v2` makes of a pod, and what it has against it; nothing means admitted. Rules:
 * docs/facts/openshift.md §1 and §2.
 */
export function byRestrictedV2(pod: V1PodSpec): {
  readonly problems: string[];
  readonly admitted: V1PodSpec;
} {
  const uid = rangeOf(namespaceRanges['openshift.io/sa.scc.uid-range']);
  const { first: group } = rangeOf(namespaceRanges['openshift.io/sa.scc.supplemental-groups']);
  const { runAsUser, fsGroup = group, seccompProfile } = pod.securityContext ?? {};
  const all = [...(pod.initContainers ?? []), ...pod.containers];
  const problems = [
    ...(pod.hostNetwork || pod.hostPID || pod.hostIPC ? ['host namespaces'] : []),
    ...(pod.volumes ?? []).flatMap(({ name, ...source }) =>
      Object.keys(source)
        .filter((type) => !allowedVolumes.includes(type))
        .map((type) => `volume ${name}: ${type}`),
    ),
    ...(fsGroup === group ? [] : [`fsGroup ${fsGroup}: expected ${group}`]),
    ...[undefined, ...all].flatMap((container) => {
      const own = container ? container.securityContext?.runAsUser : runAsUser;
      const isOutside = own !== undefined && (own < uid.first || own > uid.last);
      const where = container?.name ?? 'pod';
      return isOutside ? [`${where}: runAsUser ${own}: expected ${uid.first} to ${uid.last}`] : [];
    }),
    ...[seccompProfile, ...all.map(({ securityContext }) => securityContext?.seccompProfile)]
      .filter((profile) => profile !== undefined && profile.type !== 'RuntimeDefault')
      .map((profile) => `seccompProfile ${profile?.type}`),
    ...all.flatMap(againstContainer),
  ];
  const withId = (container: V1Container): V1Container => {
    const { runAsUser: own = runAsUser ?? uid.first, ...context } = container.securityContext ?? {};
    return { ...container, securityContext: { ...context, runAsUser: own } };
  };
  const admitted = {
    ...pod,
    securityContext: { ...pod.securityContext, fsGroup },
    containers: pod.containers.map(withId),
    ...(pod.initContainers && { initContainers: pod.initContainers.map(withId) }),
  };
  return { problems, admitted };
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

function againstContainer({ name, securityContext: own, ports = [] }: V1Container): string[] {
  const { add = [] } = own?.capabilities ?? {};
  const rules: [problem: string, isBroken: boolean][] = [
    ['privileged', own?.privileged === true],
    ['allowPrivilegeEscalation', own?.allowPrivilegeEscalation === true],
    ['capabilities.add', add.some((capability) => capability !== 'NET_BIND_SERVICE')],
    ['hostPort', ports.some(({ hostPort }) => Boolean(hostPort))],
  ];
  return rules.filter(([, isBroken]) => isBroken).map(([problem]) => `${name}: ${problem}`);
}

function rangeOf(annotation: string): { readonly first: number; readonly last: number } {
  const [first = 0, count = 0] = annotation.split('/').map(Number);
  return { first, last: first + count - 1 };
}
