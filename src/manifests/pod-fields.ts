import type { k8s } from 'cdk8s-plus-28';
import type { PodSettings } from '../platform/platform-settings.ts';

/** Fields of a pod's spec from the settings, without empty ones. */
export type PodFields = Pick<
  k8s.PodSpec,
  | 'imagePullSecrets'
  | 'nodeSelector'
  | 'tolerations'
  | 'affinity'
  | 'topologySpreadConstraints'
  | 'priorityClassName'
>;

/**
 * @param ownPods the selector of the pods themselves, for affinities and spread constraints without a selector.
 *   Without it they would select no pods.
 */
export function podFields({ labels, annotations, ...fields }: PodSettings, ownPods: object): PodFields {
  return withSelectors(fields, ownPods) as PodFields;
}

function withSelectors(value: unknown, ownPods: object): unknown {
  if (Array.isArray(value)) return value.map((inner) => withSelectors(inner, ownPods));
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).map(([key, inner]) => [key, withSelectors(inner, ownPods)]);
  const isSelecting = 'topologyKey' in value && !('labelSelector' in value && value.labelSelector);
  return {
    ...Object.fromEntries(entries),
    ...(isSelecting ? { labelSelector: { matchLabels: ownPods } } : {}),
  };
}

/**
 * Labels and annotations against the sidecars of service meshes, with which a Job would not end. Istio's webhook
 * selects by the label, Linkerd's reads the annotation.
 */
export const withoutSidecars = {
  labels: { 'sidecar.istio.io/inject': 'false' },
  annotations: { 'linkerd.io/inject': 'disabled' },
} as const;
