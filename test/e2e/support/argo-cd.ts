import type { ClusterObject } from './cluster.ts';
import { readModuleFiles } from './go-module.ts';

/** Kubernetes warns of a name that is Argo CD's: its finalizer, from before names had paths. */
export function isNotOfFinalizerName(warning: string): boolean {
  return !warning.includes('resources-finalizer.argocd.argoproj.io');
}

/** Argo CD's own definitions of its resources, from its Go module. */
export function argoCDDefinitions(): Promise<ClusterObject[]> {
  const files = ['application', 'applicationset', 'appproject'].map(
    (name) => `manifests/crds/${name}-crd.yaml`,
  );
  return readModuleFiles('argo-cd', 'github.com/argoproj/argo-cd/v3', files);
}
