import type { ClusterObject } from './cluster.ts';
import { readModuleFiles } from './go-module.ts';
import { ask } from './tools.ts';

/** Cilium's own definition of its policies, from its Go module. */
export function ciliumDefinitions(): Promise<ClusterObject[]> {
  const file = 'pkg/k8s/apis/cilium.io/client/crds/v2/ciliumnetworkpolicies.yaml';
  return readModuleFiles('cilium', 'github.com/cilium/cilium', [file]);
}

/** A policy as Cilium reads it, or why it refuses it. */
interface Answer {
  readonly rules?: readonly object[];
  readonly refused?: string;
}

/** What Cilium's agent makes of policies, by its own types. */
export function readByCilium(policies: readonly ClusterObject[]): Promise<Answer[]> {
  return ask('cilium', policies);
}
