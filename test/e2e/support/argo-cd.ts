import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { ClusterObject } from './cluster.ts';
import { readYaml } from './manifests.ts';

const module = new URL('../go/argo-cd/', import.meta.url).pathname;

/** Kubernetes warns of a name that is Argo CD's: its finalizer, from before names had paths. */
export function isNotOfFinalizerName(warning: string): boolean {
  return !warning.includes('resources-finalizer.argocd.argoproj.io');
}

/** Argo CD's own definitions of its resources, from its Go module. */
export async function argoCDDefinitions(): Promise<ClusterObject[]> {
  const { stdout } = await promisify(execFile)(
    'go',
    ['mod', 'download', '-json', 'github.com/argoproj/argo-cd/v3'],
    { cwd: module },
  );
  const directory = join(JSON.parse(stdout).Dir, 'manifests/crds');
  return Promise.all(
    ['application', 'applicationset', 'appproject'].map((name) =>
      readYaml<ClusterObject>(join(directory, `${name}-crd.yaml`)),
    ),
  );
}
