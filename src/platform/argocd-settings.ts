import * as z from 'zod';
import { dnsLabel } from './kubernetes-names.ts';

const host = '[A-Za-z0-9.-]+';
const server = `${host}(:[0-9]+)?`;
const user = '[A-Za-z0-9._-]+';

/** Settings of Argo CD. Without them no object of Argo CD is rendered. */
export const argocd = z
  .strictObject({
    repoURL: z
      .string()
      .regex(
        new RegExp(`^(https://${server}/|ssh://(${user}@)?${server}/|${user}@${host}:)[A-Za-z0-9._~/-]+$`),
        'is not the address of a Git repository, like https://github.com/acme/catalogs.git or ' +
          'git@github.com:acme/catalogs.git, without credentials',
      )
      .describe('Repository that the rendered files are committed to, as Argo CD knows it'),
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
    cluster: z
      .url({ protocol: /^https$/ })
      .default('https://kubernetes.default.svc')
      .describe('API server of the cluster that the catalogs run in, as Argo CD knows it'),
    namespaces: z
      .array(dnsLabel)
      .default([])
      .describe("Further namespaces that orgs' objects may stand in: those of adopted catalogs"),
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
