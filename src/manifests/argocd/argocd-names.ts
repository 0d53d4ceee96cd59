import type { ArgoCDSettings, Platform } from '../../platform/platform-settings.ts';

/** Settings of a platform that uses Argo CD. */
export type PlatformWithArgoCD = Platform & { readonly argocd: ArgoCDSettings };

/** The cluster of the catalogs, as a destination says it. */
export function destinationCluster({ argocd }: PlatformWithArgoCD): { server: string } | { name: string } {
  const { cluster } = argocd;
  return cluster.includes('://') ? { server: cluster } : { name: cluster };
}

export const argoCDApiVersion = 'argoproj.io/v1alpha1';

/**
 * Names of Argo CD's objects. An org's Application has the name of its catalog, which has no dot. The other names have
 * a dot, so that no org can have the same one.
 */
export function argoCDNames({ prefix }: Platform) {
  return {
    applicationSet: `${prefix}.orgs`,
    /** A Go template: the basename is the catalog's name. */
    orgApplication: '{{.path.basename}}',
    /** A Go template: the basename is the shard's number. */
    shardApplication: `${prefix}.shard-{{.path.basename}}`,
    platformApplication: `${prefix}.platform`,
    orgProject: `${prefix}-orgs`,
    platformProject: `${prefix}-platform`,
  };
}

/**
 * Files in `platform/` that an administrator of Argo CD applies. They are in no Application: an Application that may
 * write AppProjects can give itself any right.
 */
export const argoCDFiles = { objects: 'argocd.yaml', healthCheck: 'argocd-health-check.yaml' } as const;
export const argoCDFilesGlob = 'argocd*.yaml';
