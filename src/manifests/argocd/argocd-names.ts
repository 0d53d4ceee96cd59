import type { ArgoCDSettings, Platform } from '../../platform/platform-settings.ts';

/** Settings of a platform that Argo CD takes. */
export type PlatformWithArgoCD = Platform & { readonly argocd: ArgoCDSettings };

export const argoCDApiVersion = 'argoproj.io/v1alpha1';

/**
 * Names of Argo CD's objects. An org's Application has the name of its catalog, which never has a dot; so the others have one, and no
 * org can be given theirs.
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

/** Files in `platform/` that an administrator of Argo CD applies: an Application that could write them could give itself any right. */
export const argoCDFiles = { objects: 'argocd.yaml', healthCheck: 'argocd-health-check.yaml' } as const;
export const argoCDFilesGlob = 'argocd*.yaml';
