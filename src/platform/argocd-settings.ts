import * as z from 'zod';
import { dnsLabel, objectName } from './kubernetes-names.ts';

const clusterMessage = 'is neither the http(s) URL of an API server nor the name of a cluster';

/** A user name, as Azure DevOps has one in its addresses. A token in its place is a credential. */
const httpsUser = '((?!gh[a-z]_|github_pat_|glpat-)[A-Za-z][A-Za-z0-9._-]{0,38}@)';

const host = '[A-Za-z0-9.-]+';
const server = `${host}(:[0-9]+)?`;
const user = '[A-Za-z0-9._-]+';

/** Settings of Argo CD. Without them no object of Argo CD is rendered. */
export const argocd = z
  .strictObject({
    repoURL: z
      .string()
      .regex(
        new RegExp(
          `^(https://${httpsUser}?${server}/|ssh://(${user}@)?${server}/|${user}@${host}:)` +
            '([A-Za-z0-9._~/-]|%[0-9A-Fa-f]{2})+$',
        ),
        'is not the address of a Git repository, like https://github.com/acme/catalogs.git or ' +
          'git@github.com:acme/catalogs.git, without credentials',
      )
      .describe('Repository of the rendered files, by the URL that Argo CD uses'),
    branch: z
      .string()
      .regex(/^[A-Za-z0-9][A-Za-z0-9._-]*(\/[A-Za-z0-9][A-Za-z0-9._-]*)*$/, 'is not the name of a branch')
      .default('main'),
    path: z
      .string()
      .regex(
        /^[A-Za-z0-9][A-Za-z0-9._-]*(\/[A-Za-z0-9][A-Za-z0-9._-]*)*$/,
        'is not a path inside the repository, like dist or clusters/eu/dist',
      )
      .default('dist')
      .describe('Output directory, inside the repository'),
    namespace: dnsLabel.default('argocd').describe('Namespace that Argo CD runs in'),
    operatorInstance: objectName
      .optional()
      .describe(
        'Name of the ArgoCD resource, where the operator of Argo CD (OpenShift GitOps) manages argocd-cm; the ' +
          'health check is a patch of it then',
      ),
    cluster: z
      .union([
        z.url({ protocol: /^https?$/ }).refine((url) => !url.includes('@'), 'has credentials in it'),
        z.string().regex(/^[A-Za-z0-9]([A-Za-z0-9._-]{0,251}[A-Za-z0-9])?$/, clusterMessage),
      ])
      .default('https://kubernetes.default.svc')
      .describe('Cluster of the catalogs in Argo CD: the URL of its API server, or its name'),
    namespaces: z
      .array(dnsLabel)
      .default([])
      .describe('Further namespaces for objects of orgs: those of adopted catalogs'),
    shards: z
      .int()
      .min(2)
      .max(999)
      .optional()
      .describe('One Application for each of so many groups of orgs, instead of one per org'),
    prune: z
      .boolean()
      .default(true)
      .describe('Whether Argo CD removes what is no longer in Git; off while orgs move between Applications'),
  })
  .describe('Renders the AppProjects, the ApplicationSet and the health check for Argo CD 3.2 and newer');
