import { destinationCluster, type PlatformWithArgoCD } from './argocd-names.ts';
import type { Explanations } from './explanations.ts';

/** The spec that all Applications share: their source and their sync policy. */
export function applicationSpec(
  platform: PlatformWithArgoCD,
  specific: { project: string; path: string; directory: object | undefined; namespace: string },
): object {
  const { argocd } = platform;
  const { project, path, directory, namespace } = specific;
  return {
    project,
    source: {
      repoURL: argocd.repoURL,
      targetRevision: `refs/heads/${argocd.branch}`,
      path,
      ...(directory ? { directory } : {}),
    },
    destination: { ...destinationCluster(platform), namespace },
    syncPolicy: {
      automated: { prune: argocd.prune, selfHeal: true, allowEmpty: false },
      syncOptions: ['PruneLast=true'],
      retry: { limit: 5, refresh: true, backoff: { duration: '30s', factor: 2, maxDuration: '10m' } },
    },
  };
}

/** An Application depends on its own directory of the repository only. */
export const applicationAnnotations = { 'argocd.argoproj.io/manifest-generate-paths': '.' };

export const applicationAnnotationsExplained: Explanations = {
  'argocd.argoproj.io/manifest-generate-paths':
    'A commit refreshes only the Applications whose directory it changes. Without this, each commit ' +
    'refreshes the whole fleet.',
};

export const applicationSpecExplained: Explanations = {
  source: {
    targetRevision: 'The full name of the branch, so that a tag of the same name is not used instead.',
  },
  destination: {
    namespace: 'For objects without a namespace. All rendered objects have one.',
  },
  syncPolicy: {
    automated: {
      prune:
        'Objects that are no longer in Git are deleted. Catalogs and namespaces have Prune=confirm: ' +
        'a person confirms in Argo CD.',
      selfHeal:
        'Manual changes are reverted. Such a sync runs no hooks: registration runs again with the ' +
        'next commit, or by the repair run.',
      allowEmpty: 'A directory that is empty by mistake deletes nothing.',
    },
    syncOptions: 'Objects are deleted after all others are applied and healthy.',
    retry: {
      limit:
        'Finite, because newer commits wait for a running sync. After the last retry, only a new commit is synced.',
      refresh:
        'A retry syncs the newest commit, so that a fix need not wait for the failing commit (Argo CD 3.2 and newer).',
    },
  },
};
