import { ApiObject } from 'cdk8s';
import type { Construct } from 'constructs';
import { partOf } from '../metadata.ts';
import {
  applicationAnnotations,
  applicationAnnotationsExplained,
  applicationSpec,
  applicationSpecExplained,
} from './application-spec.ts';
import { argoCDApiVersion, argoCDNames, type PlatformWithArgoCD } from './argocd-names.ts';
import type { Explanations } from './explanations.ts';

/**
 * One Application for each directory of orgs, found in Git: an org's, or a shard's. Directories rather than a list, so that an org
 * that comes or goes changes nothing but its own files.
 */
export function applicationSet(scope: Construct, platform: PlatformWithArgoCD): void {
  const { argocd } = platform;
  const names = argoCDNames(platform);
  const sharded = argocd.shards !== undefined;
  const revision = `refs/heads/${argocd.branch}`;
  new ApiObject(scope, 'application-set', {
    apiVersion: argoCDApiVersion,
    kind: 'ApplicationSet',
    metadata: {
      name: names.applicationSet,
      namespace: argocd.namespace,
      labels: partOf,
      finalizers: ['resources-finalizer.argocd.argoproj.io'],
    },
    spec: {
      goTemplate: true,
      goTemplateOptions: ['missingkey=error'],
      generators: [
        {
          git: {
            repoURL: argocd.repoURL,
            revision,
            requeueAfterSeconds: 180,
            directories: [{ path: `${argocd.path}/${sharded ? 'shards' : 'orgs'}/*` }],
          },
        },
      ],
      syncPolicy: { applicationsSync: 'create-update', preserveResourcesOnDeletion: true },
      preservedFields: { annotations: ['argocd.argoproj.io/deletion-approved'] },
      ignoreApplicationDifferences: [{ jsonPointers: ['/spec/syncPolicy/automated/enabled'] }],
      template: {
        metadata: {
          name: sharded ? names.shardApplication : names.orgApplication,
          labels: partOf,
          annotations: applicationAnnotations,
        },
        spec: applicationSpec(platform, {
          project: names.orgProject,
          path: '{{.path.path}}',
          directory: sharded ? { recurse: true } : undefined,
          namespace: destinationNamespace(platform),
        }),
      },
    },
  });
}

/** Must be one that the project permits, although every object names its own. */
export function destinationNamespace({ tenancy, namespace, argocd }: PlatformWithArgoCD): string {
  return tenancy === 'namespacePerOrg' && argocd.shards === undefined ? '{{.path.basename}}' : namespace;
}

export const applicationSetExplained: Explanations = {
  metadata: {
    finalizers:
      'Deleting the ApplicationSet leaves its Applications: with create-update the controller takes them out of its ownership first, and this finalizer lets it.',
  },
  spec: {
    goTemplateOptions: 'A template that names something unknown is an error, and not an empty text.',
    generators: {
      0: {
        git: {
          revision: 'The branch by its full name: a tag of the same name must not be taken for it.',
          requeueAfterSeconds: 'How often Git is asked for new directories, without a webhook.',
        },
      },
    },
    syncPolicy: {
      applicationsSync:
        'An Application is never deleted because its directory is gone: a renamed directory, or a generator that fails, takes no catalog down. Delete the Application of an org that is retired by hand.',
      preserveResourcesOnDeletion:
        'Deleting an Application leaves what it made: without the finalizer that this keeps away, it would delete the catalog.',
    },
    preservedFields:
      'What "Confirm Pruning" writes on an Application; the controller would take it away before the sync has seen it.',
    ignoreApplicationDifferences:
      'Syncing can be paused for one Application by hand (enabled: false), while somebody looks into it.',
    template: {
      metadata: { annotations: applicationAnnotationsExplained },
      spec: {
        ...applicationSpecExplained,
        source: {
          ...(applicationSpecExplained.source as Explanations),
          directory: "The orgs' directories are below the shard's.",
        },
      },
    },
  },
};
