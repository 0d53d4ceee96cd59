import type { PlatformWithArgoCD } from './argocd-names.ts';
import type { Explanations } from './explanations.ts';

/** What all Applications have in common: where the files come from, and how they are synced. */
export function applicationSpec(
  { argocd }: PlatformWithArgoCD,
  specific: { project: string; path: string; directory: object | undefined; namespace: string },
): object {
  const { project, path, directory, namespace } = specific;
  return {
    project,
    source: {
      repoURL: argocd.repoURL,
      targetRevision: `refs/heads/${argocd.branch}`,
      path,
      ...(directory ? { directory } : {}),
    },
    destination: { server: argocd.cluster, namespace },
    syncPolicy: {
      automated: { prune: argocd.prune, selfHeal: true, allowEmpty: false },
      syncOptions: ['PruneLast=true'],
      retry: { limit: 5, refresh: true, backoff: { duration: '30s', factor: 2, maxDuration: '10m' } },
    },
  };
}

/** Its directory of the repository is all that an Application is made of. */
export const applicationAnnotations = { 'argocd.argoproj.io/manifest-generate-paths': '.' };

export const applicationAnnotationsExplained: Explanations = {
  'argocd.argoproj.io/manifest-generate-paths':
    'A commit makes work only for the Applications whose own directory it changes; else every commit renders the whole fleet anew.',
};

export const applicationSpecExplained: Explanations = {
  source: {
    targetRevision: 'The branch by its full name: a tag of the same name must not be taken for it.',
  },
  destination: {
    namespace: 'For objects that name no namespace, of which there are none.',
  },
  syncPolicy: {
    automated: {
      prune:
        'What is no longer in Git goes. The catalogs and namespaces themselves say Prune=confirm: a person confirms those in Argo CD.',
      selfHeal:
        'What somebody changed by hand is put right. Such a sync runs no hooks: registration comes again with the next commit, or by the repair run.',
      allowEmpty: 'A directory that is empty by mistake prunes nothing.',
    },
    syncOptions: 'What goes, goes after everything else is applied and healthy.',
    retry: {
      limit:
        'Finite, because a sync that runs keeps newer commits waiting. After it, only a new commit is tried.',
      refresh:
        'A retry takes the newest commit, so that a correction is not kept waiting by what it corrects (Argo CD 3.2 and newer).',
    },
  },
};
