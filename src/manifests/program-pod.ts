import { k8s } from 'cdk8s-plus-28';
import type { Platform, PodSettings, Resources } from '../platform/platform-settings.ts';
import {
  certificateMount,
  certificatePath,
  certificateSource,
  certificateVolume,
} from '../platform/trusted-certificates.ts';
import { podFields, withoutSidecars } from './pod-fields.ts';

/** A pod that runs a command of this program: for registration, retirement or repair. */
export interface ProgramPod {
  readonly container: string;
  readonly args: string[];
  readonly resources: Resources;
  readonly pods: PodSettings;
  readonly serviceAccountName: string;
  /** Labels by which network policies, affinities and spread constraints select these pods. */
  readonly ownLabels: Readonly<Record<string, string>>;
  readonly labels: Readonly<Record<string, string>>;
  readonly volumes: k8s.Volume[];
  readonly mounts: k8s.VolumeMount[];
}

export function programPod(platform: Platform, pod: ProgramPod): k8s.PodTemplateSpec {
  const { pods, labels, ownLabels, volumes, mounts } = pod;
  const { registration } = platform;
  const certificates = certificateSource(platform);
  return {
    metadata: {
      labels: { ...withoutSidecars.labels, ...pods.labels, ...labels, ...ownLabels },
      annotations: { ...withoutSidecars.annotations, ...pods.annotations },
    },
    spec: {
      ...podFields(pods, ownLabels),
      serviceAccountName: pod.serviceAccountName,
      restartPolicy: 'Never',
      securityContext: {
        runAsNonRoot: true,
        ...registration.securityContext,
        seccompProfile: { type: 'RuntimeDefault' },
      },
      containers: [
        {
          name: pod.container,
          image: registration.image,
          command: ['lakekeeper-gitops'],
          args: pod.args,
          resources: quantities(pod.resources),
          // Node.js adds these to its own.
          ...(certificates ? { env: [{ name: 'NODE_EXTRA_CA_CERTS', value: certificatePath }] } : {}),
          securityContext: {
            allowPrivilegeEscalation: false,
            readOnlyRootFilesystem: true,
            capabilities: { drop: ['ALL'] },
          },
          ...listed('volumeMounts', [...mounts, ...(certificates ? [certificateMount] : [])]),
        },
      ],
      ...listed('volumes', [
        ...volumes,
        ...(certificates ? [{ name: certificateVolume, ...certificates }] : []),
      ]),
    },
  };
}

/** The rules for the exit codes of this program, which tell whether a retry can help. */
export function failureRules(
  container: string,
  { codes, action }: { readonly codes: number[]; readonly action: 'FailJob' | 'FailIndex' },
): k8s.PodFailurePolicy {
  return {
    rules: [
      // The types require onPodConditions, which Kubernetes refuses beside onExitCodes.
      {
        action,
        onExitCodes: { containerName: container, operator: 'In', values: codes },
      } as k8s.PodFailurePolicyRule,
      // A drained node or a preempted pod is no failure of the program and uses up no try.
      { action: 'Ignore', onPodConditions: [{ type: 'DisruptionTarget', status: 'True' }] },
    ],
  };
}

/** A field that is left out when its list is empty. */
function listed<K extends string, T>(field: K, values: T[]): { [F in K]?: T[] } {
  return (values.length > 0 ? { [field]: values } : {}) as { [F in K]?: T[] };
}

function quantities({ requests, limits }: Resources): k8s.ResourceRequirements {
  const typed = (values: Record<string, string | number>) =>
    Object.fromEntries(
      Object.entries(values).map(([name, value]) => [name, k8s.Quantity.fromString(String(value))]),
    );
  return { ...(requests ? { requests: typed(requests) } : {}), ...(limits ? { limits: typed(limits) } : {}) };
}
