import type { ClusterObject } from './cluster.ts';
import { readModuleFiles } from './go-module.ts';
import { ask } from './tools.ts';

/** Kyverno's own definition of its policies, from its Go module. */
export function kyvernoDefinitions(): Promise<ClusterObject[]> {
  const file = 'config/crds/policies.kyverno.io/policies.kyverno.io_mutatingpolicies.yaml';
  return readModuleFiles('kyverno', 'github.com/kyverno/kyverno', [file]);
}

/** A pod as Kyverno's engine changes it by a policy, or why it refuses it. */
export async function amendedByKyverno(
  policy: ClusterObject,
  pod: ClusterObject,
): Promise<{ pod: ClusterObject; refused?: string }> {
  const [answer] = await ask<{ pod?: ClusterObject; refused?: string }[]>('kyverno', { policy, pods: [pod] });
  return { pod, ...answer };
}
